"""Vitrine's own row: its ordinary command, and what the run folder says of it."""

import importlib.metadata
import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd

ROOT = Path(__file__).parents[2]
NAME = "peers"


def prepare_command(source: Path) -> list[str]:
    """What prepares the pictures into prepared/peers of the folder it runs in."""
    return [sys.executable, str(ROOT / "data_prep.py"), f"name={NAME}", f"data.source={source}"]


def train_command(source: Path, weights: Path, epochs: int, batch_size: int, seed: int) -> list[str]:
    """All of the network, at the full size of the pictures, as the peers have it; the rest is Vitrine's defaults."""
    settings = [f"name={NAME}", f"data.source={source}", f"model.backbone={weights}", "model.trainable_part=all"]
    settings += [f"optim.epochs={epochs}", f"optim.batch_size={batch_size}", f"engine.seed={seed}"]
    return [sys.executable, str(ROOT / "train.py"), *settings]


def find_run(folder: Path) -> Path:
    return folder / "runs" / NAME / "latest"


def read_run(run: Path) -> dict[str, Any]:
    """A finished run in the words of a peer's line; see `Record.say` of sides/telling.py."""
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    history = pd.read_csv(run / "history.csv")
    test = metrics["test"]
    note = "with its report"
    return {
        "versions": {name: importlib.metadata.version(name) for name in ("transformers", "torch")},
        "images_per_second": metrics["training"]["images_per_second"],
        "epochs": list(zip(read_moments(run), history["validation_accuracy"].tolist(), strict=True)),
        "right": round(test["accuracy"] * test["pictures"]),
        "total": test["pictures"],
        "note": note,
    }


def read_moments(run: Path) -> list[float]:
    """When each epoch ended, by the curves that the run wrote meanwhile."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    curves = EventAccumulator(str(run / "tensorboard")).Reload()
    return [point.wall_time for point in curves.Scalars("validation_accuracy")]
