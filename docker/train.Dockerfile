# Trains on a GPU: docker build --file docker/train.Dockerfile --tag vitrine-train .
# docker run --gpus all --ipc host --volume "$PWD:/work" vitrine-train train configs/s2_dogs5.yaml data.source=pictures/dogs
# The wheels of torch bring NVIDIA's libraries; of the machine, only its driver and the NVIDIA Container Toolkit are needed.
FROM python:3.12.12-slim

RUN useradd --create-home --uid 1000 trainer
WORKDIR /src

# The libraries first: they stay in the cache when Vitrine changes.
COPY requirements.txt ./
RUN pip install --no-cache-dir --requirement requirements.txt

COPY pyproject.toml setup.py README.md LICENSE requirements-*.txt ./
COPY configs configs
COPY vitrine vitrine
RUN pip install --no-cache-dir --no-deps .

USER trainer
ENV PYTHONUNBUFFERED=1
# What is prepared and trained lies in the folder that is mounted here.
WORKDIR /work
ENTRYPOINT ["vitrine"]
CMD ["--help"]
