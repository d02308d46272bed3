"""The peers: what is installed for each, and which script trains or serves with it."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
SIDES = FOLDER / "sides"
COMMON = FOLDER / "requirements.txt"
AUTOGLUON = FOLDER / "requirements-autogluon.txt"
TORCH = ("torch", "torchvision", "pillow")


@dataclass(frozen=True)
class Peer:
    """One row of a table.

    Attributes:
        name: in the table.
        script: in `sides/`.
        packages: that it needs, pinned in `requirements`.
        requirements: file of pins; each such file has an environment of its own.
    """

    name: str
    script: str
    packages: tuple[str, ...]
    requirements: Path = COMMON


TRAINING = {
    "transformers": Peer("transformers.Trainer", "train_transformers.py", (*TORCH, "transformers", "accelerate")),
    "fastai": Peer("fastai", "train_fastai.py", (*TORCH, "fastai")),
    "keras": Peer("Keras", "train_keras.py", ("keras", "keras-hub", "tensorflow", "pillow")),
    "timm": Peer("timm train.py", "train_timm.py", (*TORCH, "timm")),
    "ultralytics": Peer("Ultralytics", "train_ultralytics.py", (*TORCH, "ultralytics")),
    "autogluon": Peer("AutoGluon", "train_autogluon.py", ("autogluon.multimodal",), AUTOGLUON),
}
SERVER = ("fastapi", "uvicorn", "python-multipart")
SERVING = {
    "pipeline": Peer("transformers.pipeline, FastAPI", "serve_pipeline.py", (*TORCH, "transformers", *SERVER)),
    "fastapi": Peer("torch, FastAPI", "serve_torch.py", (*TORCH, *SERVER)),
}
