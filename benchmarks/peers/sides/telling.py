"""What each side is told, and the one line of JSON in which it says what it measured. Runs in any environment."""

import argparse
import importlib.metadata
import json
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TRAIN, VALIDATION, TEST = "train", "validation", "test"
RESULT = "result:"


def read_options(description: str) -> argparse.Namespace:
    """Options that are the same for each side.

    Returns:
        data: folder with train/, validation/ and test/, each with one folder per class; weights: folder with the same
        weights under several names (see `benchmarks/peers/weights.py`); epochs, batch_size, seed; folder: for what
        the side writes; timm_train: timm's train.py, for the side that is.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--timm-train", type=Path)
    options = parser.parse_args()
    random.seed(options.seed)
    return options


class Record:
    """What a side measures of itself while it trains.

    Attributes:
        pictures_per_epoch: None where all training pictures are; libraries may leave out the last, smaller batch.
        training_seconds: in the training alone, without validation, imports and test.
        epochs: moment (seconds of `time.time`) and validation accuracy at the end of each epoch.
    """

    def __init__(self) -> None:
        self.pictures_per_epoch: int | None = None
        self.training_seconds = 0.0
        self.epochs: list[tuple[float, float]] = []
        self._begun: float | None = None

    def begin_training(self) -> None:
        """At the start, and after each validation."""
        self._begun = time.perf_counter()

    def end_training(self) -> None:
        """Before each validation; a second call in a row changes nothing."""
        if self._begun is not None:
            self.training_seconds += time.perf_counter() - self._begun
            self._begun = None

    @contextmanager
    def training(self) -> Iterator[None]:
        """All that runs meanwhile is training, but for validations in it that say so."""
        self.begin_training()
        yield
        self.end_training()

    def end_epoch(self, validation_accuracy: float) -> None:
        """After its validation."""
        self.epochs.append((time.time(), float(validation_accuracy)))

    def say(self, options: argparse.Namespace, packages: list[str], right: int, total: int, note: str = "") -> None:
        """Prints the line.

        Args:
            options: of the side.
            packages: names whose versions the table shows.
            right: test pictures with the right answer.
            total: test pictures.
            note: what a reader of the row must know.
        """
        pictures = (self.pictures_per_epoch or len(list_pictures(options.data / TRAIN))) * len(self.epochs)
        say_line(
            versions={name: importlib.metadata.version(name) for name in packages},
            images_per_second=pictures / self.training_seconds,
            epochs=self.epochs,
            right=int(right),
            total=int(total),
            note=note,
        )


def say_line(**content: object) -> None:
    print(RESULT + json.dumps(content), flush=True)


def list_pictures(split: Path) -> list[Path]:
    return sorted(split.glob("*/*"))


def count_right(model: object, split: Path, transform: object, batch_size: int) -> tuple[int, int]:
    """Right answers of a torch network on a split, and its pictures; the answer is the largest output."""
    import torch
    from torchvision.datasets import ImageFolder

    loader = torch.utils.data.DataLoader(ImageFolder(split, transform), batch_size)
    device = next(model.parameters()).device
    model.eval()
    right = total = 0
    with torch.inference_mode():
        for pixels, label_ids in loader:
            right += int((model(pixels.to(device)).argmax(-1).cpu() == label_ids).sum())
            total += len(label_ids)
    return right, total
