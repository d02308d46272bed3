"""Answers to many pictures: they are opened and resized ahead on all cores while the network computes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from vitrine.data.images.decoding import PictureError
from vitrine.data.images.prefetch import map_ahead
from vitrine.predict.predictor import Predictor
from vitrine.predict.runtimes.pytorch import Outputs

BATCH_SIZE = 16


class Picture(Protocol):
    """What can be opened, and may raise `PictureError` then."""

    @property
    def open(self) -> Callable[[], Image.Image]:
        """Decodes it, upright and in RGB."""

    @property
    def open_preprocessed(self) -> Callable[[], Image.Image] | None:
        """Gives it as it was prepared, where it was."""


@dataclass(frozen=True)
class Answers:
    """What a model says of the pictures that can be read.

    Attributes:
        rows: their places among those given, rising, `[read]`.
        logits: calibrated, `[read, labels]`.
        similarity: `[read]`; None where the model does not measure it.
        looks: what `look` said of each, `[read]`.
        problems: (place, reason) of those that cannot be read.
    """

    rows: npt.NDArray[np.int64]
    logits: npt.NDArray[np.float32]
    similarity: npt.NDArray[np.float32] | None
    looks: tuple[Any, ...]
    problems: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class _Opened:
    """A picture as far as it could be read; `pixels` are None where it could not."""

    place: int
    pixels: torch.Tensor | None = None
    look: Any = None
    problem: str = ""


def answer_many(
    predictor: Predictor,
    pictures: Sequence[Picture],
    preprocessed: bool,
    look: Callable[[Image.Image], Any] = lambda _: None,
    progress: Callable[[int], None] = lambda _: None,
    batch_size: int = BATCH_SIZE,
) -> Answers:
    """Asks a model about pictures.

    Args:
        predictor: the model.
        pictures: to be opened once each.
        preprocessed: whether stored images of the network's size are what this model's own preprocessing gives, so that
            nothing is resized again.
        look: is shown each picture as it is opened, on several threads; what it gives is kept.
        progress: told how many pictures are done.
        batch_size: pictures that the network sees at once.
    """
    side = predictor.metadata.image_size if predictor.metadata and preprocessed else None

    def read(place: int) -> _Opened:
        try:
            image, is_preprocessed = _open(pictures[place], side)
            return _Opened(place, predictor.pixels([image], prepared=is_preprocessed), look(image))
        except PictureError as error:
            return _Opened(place, problem=str(error))

    rows: list[int] = []
    looks: list[Any] = []
    outputs: list[Outputs] = []
    problems: list[tuple[int, str]] = []
    opened = map_ahead(read, range(len(pictures)))
    while batch := list(islice(opened, batch_size)):
        problems += [(one.place, one.problem) for one in batch if one.pixels is None]
        for alike in _group_by_size(batch):
            outputs.append(predictor.network.run(torch.cat([one.pixels for one in alike if one.pixels is not None])))
            rows += [one.place for one in alike]
            looks += [one.look for one in alike]
        progress(batch[-1].place + 1)
    return _join(rows, outputs, looks, problems, len(predictor.label_names))


def _open(picture: Picture, side: int | None) -> tuple[Image.Image, bool]:
    """The picture, and whether it is a square as the network sees it."""
    if side is not None and picture.open_preprocessed is not None:
        preprocessed = picture.open_preprocessed()
        if preprocessed.width == side:  # squares for training may be larger
            return preprocessed, True
    return picture.open(), False


def _group_by_size(batch: Sequence[_Opened]) -> Iterator[list[_Opened]]:
    """What could be read, in batches of one size: some processors keep the proportions of a picture."""
    by_size: dict[torch.Size, list[_Opened]] = {}
    for one in batch:
        if one.pixels is not None:
            by_size.setdefault(one.pixels.shape, []).append(one)
    yield from by_size.values()


def _join(
    rows: list[int], outputs: list[Outputs], looks: list[Any], problems: list[tuple[int, str]], labels: int
) -> Answers:
    order = np.argsort(np.asarray(rows, dtype=np.int64), kind="stable")
    logits = np.concatenate([one.logits for one in outputs]) if outputs else np.zeros((0, labels), np.float32)
    measured = [one.similarity for one in outputs if one.similarity is not None]
    return Answers(
        rows=np.asarray(rows, dtype=np.int64)[order],
        logits=logits[order],
        similarity=np.concatenate(measured)[order] if measured else None,
        looks=tuple(looks[place] for place in order),
        problems=tuple(problems),
    )
