# make demo: pictures in, classifier out, in a browser.    make test: all checks.
# Both make their own environment in .venv first; a second call goes straight on.

VENV := .venv
BIN := $(VENV)/bin
PORT ?= 7860
# The demo's recipe; its name is that of its data set and runs.
RECIPE ?= configs/digits.yaml
export PYTHON
# What must be free, in GB: 7 that stay (torch with its GPU libraries is most of it), and room to unpack them.
NEEDED_GB := 9

.PHONY: demo test lint types imports tests slow gpu bench docs links pictures notebooks clean

demo: $(VENV)/ready
	@$(BIN)/python -m vitrine demo $(RECIPE) --port $(PORT)

test: lint types imports tests

lint: $(VENV)/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/ready-dev
	$(BIN)/mypy

imports: $(VENV)/ready-dev
	$(BIN)/lint-imports

# Two processes: the tests wait for programs that they start as much as they compute.
tests: $(VENV)/ready-dev
	$(BIN)/pytest -n 2 --dist loadfile

slow: $(VENV)/ready-dev
	$(BIN)/pytest -m slow -n 2 --dist load

# On a machine with a GPU: precisions, resuming, memory that does not suffice, the processor's answers; then the speed
# of training and answering beside timm.
gpu: $(VENV)/ready-dev
	$(BIN)/pytest -m gpu
	$(BIN)/python benchmarks/device_speed.py

# Beside what users would pick instead, on drawn pictures; the peers get an environment of their own (9 GB) in
# build/peers. AutoGluon needs a second one with another torch: python -m benchmarks.peers takes it in.
BENCH ?= --peers transformers fastai keras timm ultralytics
bench: $(VENV)/ready
	@$(BIN)/python -m benchmarks.peers $(BENCH)

# The documentation site in build/site; the links to other sites, which need a network; the pictures of README.
docs: $(VENV)/ready-docs
	$(BIN)/python -m tools.build_docs

links: $(VENV)/ready
	$(BIN)/python -m tools.check_links

pictures: $(VENV)/ready-dev
	$(BIN)/python -m tools.make_pictures

# What the cells of the notebooks give, for the site; a minute.
notebooks: $(VENV)/ready-docs
	$(BIN)/python -m tools.run_notebooks

# What can be made again; your runs and prepared pictures stay.
clean:
	rm -rf $(VENV) build data/digits .mypy_cache .ruff_cache .pytest_cache

$(VENV)/ready: requirements.txt
	@sh tools/make_environment.sh $(VENV) $(NEEDED_GB)
	@$(BIN)/python -m pip install --quiet --requirement requirements.txt
	@touch $@

$(VENV)/ready-dev: requirements-dev.txt $(VENV)/ready
	@$(BIN)/python -m pip install --quiet --requirement requirements.txt --requirement requirements-dev.txt
	@touch $@

$(VENV)/ready-docs: requirements-docs.txt $(VENV)/ready
	@$(BIN)/python -m pip install --quiet --requirement requirements.txt --requirement requirements-docs.txt
	@touch $@
