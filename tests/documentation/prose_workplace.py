"""A folder in which the commands of sentences find what they name, beside what `workplace` writes."""

import json
import shutil
from pathlib import Path
from typing import Any

import fsspec
import pytest

from tests.documentation.prose import RECIPE, RUN, STORE, UNFINISHED
from tests.documentation.running import Reader
from tests.documentation.workplace import use_tiny, write_workplace
from vitrine.records.revisions import ModelLine
from vitrine.training.loop.trainer import Trainer

RECIPE_TEXT = """name: dogs
data: {source: pictures/dogs, image_size: 48, gate_fraction: 0.2}
model: {backbone: microsoft/resnet-18}
optim: {epochs: 10, learning_rate: 1e-2}
"""
TYPED = (
    "data_prep.py configs/s2_dogs5.yaml data.source=pictures/dogs",
    f"data_prep.py {RECIPE}",
    f"train.py {RECIPE}",
    f"-m vitrine export {RUN}/model dogs.onnx",
    f"-m vitrine predict {RUN}/model unsorted --run-on local --workers 2 --output answers",
    f"app.py --model {RUN} --corrections kept",
)


def write_prose_workplace(folder: Path, patched: pytest.MonkeyPatch) -> Path:
    """A run with pictures for the gate, one that was stopped, a model with two revisions, answers, and corrections."""
    write_workplace(folder)
    (folder / RECIPE).write_text(use_tiny(RECIPE_TEXT, folder), "utf-8")
    (folder / "configs/head_only.yaml").unlink()  # for `recipes` to copy
    patched.chdir(folder)
    reader = Reader(folder, patched, [])
    for line in TYPED:
        reader.type(["python", *line.split()])
    run = Path(RUN).resolve()
    _stop_training(reader, patched)
    _begin_revisions(run)
    shutil.copytree("runs", "taught/runs", symlinks=True)
    shutil.copy("photo.jpg", "photo.png")
    return folder


def fill_store(folder: Path) -> Any:
    """A bucket with the prepared data set, in the memory of this process; the file system, to empty it."""
    store = fsspec.filesystem("memory")
    store.put(f"{folder}/prepared/dogs/", f"{STORE}/prepared/s2_dogs5/", recursive=True)
    return store


def _stop_training(reader: Reader, patched: pytest.MonkeyPatch) -> None:
    save = Trainer._save

    def save_then_stop(trainer: Trainer) -> None:
        save(trainer)
        raise KeyboardInterrupt

    with patched.context() as stopping:
        stopping.setattr(Trainer, "_save", save_then_stop)
        with pytest.raises(AssertionError, match="exit code 130"):
            reader.type(["python", "train.py", RECIPE])
    (stopped,) = Path("runs/dogs").glob("*.unfinished")
    stopped.rename(UNFINISHED)


def _begin_revisions(run: Path) -> None:
    """The same model twice."""
    labels = list(json.loads((run / "model/config.json").read_text("utf-8"))["label2id"])
    line = ModelLine.begin(Path("models/dogs"), "dogs", run, 1.0, labels)
    line.add(run, "the same", 1.0, {label: number for number, label in enumerate(labels, 1)}, ())
