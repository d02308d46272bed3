"""Small prepared data sets and run folders with chosen predictions, in the formats of the real ones."""

import json
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from vitrine.config.data import DataSection
from vitrine.data.prepare.pipeline import write_prepared
from vitrine.data.prepared.dataset import PreparedDataset, open_prepared
from vitrine.evaluation.test_metrics import measure_test
from vitrine.records.prepared import Settings

SIDE = 16


def prepare_classes(folder: Path, pictures: Mapping[str, int], size: tuple[int, int] = (40, 20)) -> PreparedDataset:
    """Prepares noise pictures of the given size; `pictures` says how many each class has."""
    generator = np.random.default_rng(0)
    source = folder / "source"
    for name, number in pictures.items():
        (source / name).mkdir(parents=True)
        for place in range(number):
            pixels = generator.integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
            Image.fromarray(pixels).save(source / name / f"{place:03d}.png")
    return prepare_source(folder)


def prepare_source(folder: Path) -> PreparedDataset:
    """Prepares `folder/source` into `folder/prepared`."""
    data = DataSection(
        source=str(folder / "source"), layout="classes", image_size=SIDE, validation_fraction=0.2, test_fraction=0.4
    )
    prepared = folder / "prepared"
    prepared.mkdir()
    write_prepared(prepared, "animals", Settings(data=data))
    return open_prepared(prepared)


def write_run(folder: Path, prepared: PreparedDataset, predicted: Sequence[int], own_code: bool = False) -> Path:
    """A run folder whose model gave these label ids to the test pictures, all with 90 %."""
    test = prepared.splits["test"]
    label_ids, names = np.asarray(test["label"]), np.asarray(prepared.label_names, dtype=object)
    answers = np.asarray(predicted)
    probabilities = np.full((len(answers), len(names)), 0.1 / max(len(names) - 1, 1))
    probabilities[np.arange(len(answers)), answers] = 0.9
    right = answers == label_ids
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "config.json").write_text(json.dumps({"auto_map": {}} if own_code else {}))
    (folder / "recipe.yaml").write_text("name: animals\n# a <comment>\n", encoding="utf-8")
    pd.DataFrame(
        {
            "file": list(test["file"]), "label_name": names[label_ids], "predicted": names[answers],
            "correct": right, "probability": 0.9,
        }
    ).to_csv(folder / "predictions.csv", index=False)  # fmt: skip
    write_history(folder, epochs=4)
    test_figures = measure_test(probabilities, label_ids, prepared.label_names, top_k=3, resamples=50)
    metrics = {
        "test": test_figures.model_dump(mode="json") | {"loss": 0.1234},
        "validation": {
            "pictures": 7, "accuracy": float(right.mean()), "loss": 0.2, "best_epoch": 3, "monitor": "calibrated_loss",
        },
        "training": {
            "seconds": 83.0, "epochs": 4, "epochs_planned": 5, "stopped_early": True, "images_per_second": 321.4,
            "pictures": len(prepared.splits["train"]), "parameters": 12345, "trainable_parameters": 678,
            "precision": "fp32", "seed": 0, "backbone": "small_cnn", "trainable_part": "all",
        },
    }  # fmt: skip
    (folder / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    environment = {
        "vitrine": "0.1.0", "python": "3.11.2", "platform": "Linux", "device": "CPU, 2 threads",
        "versions": {"torch": "2.15.0"}, "commit": None,
        "started": "2026-11-21T09:41:07+00:00", "finished": "2026-11-21T09:42:51+00:00",
    }  # fmt: skip
    (folder / "environment.json").write_text(json.dumps(environment), encoding="utf-8")
    return folder


def write_history(folder: Path, epochs: int) -> pd.DataFrame:
    """Curves that fall and rise as they should."""
    epoch = np.arange(1, epochs + 1)
    history = pd.DataFrame(
        {
            "epoch": epoch, "train_loss": 1 / epoch, "train_accuracy": 1 - 0.5 / epoch,
            "validation_loss": 1.2 / epoch, "validation_accuracy": 1 - 0.6 / epoch,
            "calibrated_loss": 1.1 / epoch,
            "learning_rate": 0.001, "images_per_second": 300.0, "seconds": 1.5,
        }
    )  # fmt: skip
    history.to_csv(folder / "history.csv", index=False)
    return history


def change_json(path: Path, section: str, **values: object) -> None:
    """Overwrites values of a section of a JSON file; a value of None takes the key out."""
    content = json.loads(path.read_text(encoding="utf-8"))
    content[section] |= values
    for key in [key for key, value in values.items() if value is None]:
        del content[section][key]
    path.write_text(json.dumps(content), encoding="utf-8")


class Page(HTMLParser):
    """What a browser would make of a page: its visible text, its tags, every address that it loads or links to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.text, self.tags, self.addresses, self.attributes = "", [], [], []
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.text += "" if tag in ("b", "wbr", "code") else " "
        self.attributes.append((tag, dict(attrs)))
        self.addresses += [value for name, value in attrs if name in ("src", "srcset", "href", "data", "action")]

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] != ["style"]:
            self.text += data

    def pictures(self, frame: str) -> list[dict[str, str | None]]:
        """Attributes of the images inside elements whose class is `frame`."""
        return [
            attributes
            for (tag, attributes), (_, before) in zip(self.attributes[1:], self.attributes, strict=False)
            if tag == "img" and frame in (before.get("class") or "").split()
        ]
