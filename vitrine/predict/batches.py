"""Predictions for many pictures: they are opened and resized ahead on all cores while the network computes."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitrine.data.images.decoding import ImageError, NotReadError
from vitrine.data.images.prefetch import map_ahead
from vitrine.predict.images import Picture
from vitrine.predict.predictions import Prediction, Predictions, join_predictions
from vitrine.predict.predictor import Predictor
from vitrine.predict.preprocessing import Pixels

BATCH_SIZE = 8
MOST_AT_ONCE = 64  # pictures in networks side by side: what a layer computes of 64 photos takes some 200 MB
# A machine that does other work shares its time out among threads: more of them than cores get more of it. Measured
# beside four busy processes: twice as fast as with one for each core; alone, nothing is lost.
BATCHES_PER_CORE = 4
MOST_PARTS = 1_000  # batches that wait to be joined, each with some kB around its answers
MOST_LOGITS = 40_000_000  # theirs: so many lie in a file from then on


@dataclass(frozen=True)
class Unreadable:
    """A picture that cannot be read or prepared: its place in the source, its name there, and why.

    Attributes:
        may_be_sound: whether its bytes could not be had, so that nothing is known of it.
    """

    place: int
    id: str
    reason: str
    may_be_sound: bool = False


@dataclass(frozen=True)
class PredictionBatch:
    """What a model says of some pictures that follow each other in a source.

    Attributes:
        places: in the source, of those that could be read, rising, `[read]`.
        predictions: theirs, `[read]`.
        unreadable: the others, in their order.
        inspected: what `inspect` said of each, `[read]`; an array where `predict_all` was told its type.
    """

    places: npt.NDArray[np.int64]
    predictions: Predictions
    unreadable: tuple[Unreadable, ...]
    inspected: tuple[Any, ...] | npt.NDArray[np.void]

    def __len__(self) -> int:
        return len(self.places) + len(self.unreadable)

    def in_order(self) -> Iterator[tuple[str, Prediction | Unreadable]]:
        """Id and prediction of each picture, or why there is none, in the order of the source."""
        rows: list[tuple[int, str, Prediction | Unreadable]] = [
            (place, name, prediction)
            for place, name, prediction in zip(
                self.places.tolist(), self.predictions.ids, self.predictions, strict=True
            )
        ]
        rows += [(one.place, one.id, one) for one in self.unreadable]
        return ((name, said) for _, name, said in sorted(rows, key=lambda row: row[0]))


@dataclass(frozen=True)
class _Opened:
    """A picture as far as it could be read; `pixels` are None where it could not."""

    place: int
    id: str
    pixels: Pixels | None = None
    inspected: Any = None
    reason: str = ""
    may_be_sound: bool = False


def predict_batches(
    predictor: Predictor,
    pictures: Iterable[Picture],
    preprocessed: bool = False,
    inspect: Callable[[Image.Image], Any] | None = None,
    batch_size: int = BATCH_SIZE,
) -> Generator[PredictionBatch, None, None]:
    """Asks a model about the pictures of any source, however many: a few dozen are in memory at once.

    On a processor several batches are computed side by side, with the threads of the runtime shared out among them:
    threads that compute one picture together wait for each other at every layer, and on a machine that does other work
    they wait long.

    Args:
        predictor: the model.
        pictures: are opened once each, ahead of what is yielded.
        preprocessed: whether stored images of the network's size are what this model's own preprocessing gives, so that
            nothing is resized again.
        inspect: is shown each picture as it is opened, on several threads; what it gives is kept.
        batch_size: pictures that the network sees at once.

    Yields:
        In the order of the source, `batch_size` pictures each, the last one fewer.
    """
    network = predictor.network
    threads = network.count_threads()
    at_once = _count_side_by_side(threads, batch_size) if network.on_processor else 1
    read = partial(_read, predictor, preprocessed, inspect)
    predict = partial(_predict, predictor)
    try:
        with closing(map_ahead(read, enumerate(pictures), on_start=partial(network.use_threads, 1))) as opened:
            batches = _divide(opened, batch_size)
            if at_once == 1:
                yield from map(predict, batches)
                return
            share = partial(network.use_threads, max(1, threads // at_once))
            with closing(map_ahead(predict, batches, at_once + 1, at_once, share)) as predicted:
                yield from predicted
    finally:
        # A thread that sets its own number sets that of all later threads, too; this takes it back.
        network.use_threads(threads)


def predict_all(
    predictor: Predictor,
    pictures: Sequence[Picture],
    preprocessed: bool = False,
    inspect: Callable[[Image.Image], Any] | None = None,
    looks: np.dtype[np.void] | None = None,
    batch_size: int = BATCH_SIZE,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> PredictionBatch:
    """All batches of `predict_batches` as one.

    Args:
        predictor: see `predict_batches`, as all that is not said here.
        pictures: likewise.
        preprocessed: likewise.
        inspect: likewise.
        looks: type of what `inspect` gives, which then takes a tenth of its memory; None: it is kept as it is.
        batch_size: likewise.
        progress: told how many pictures are done, and how many of them cannot be read.
    """
    joined: list[PredictionBatch] = []
    parts: list[PredictionBatch] = []
    done = faults = 0
    for part in predict_batches(predictor, pictures, preprocessed, inspect, batch_size):
        parts.append(part if looks is None else replace(part, inspected=np.array(list(part.inspected), looks)))
        if len(parts) == MOST_PARTS or len(parts) * batch_size * len(predictor.label_names) > MOST_LOGITS:
            joined.append(_join(parts, looks))
            parts = []
        done, faults = done + len(part), faults + len(part.unreadable)
        progress(done, faults)
    joined += [_join(parts, looks)] if parts else []
    return _join(joined, looks) if joined else _predict(predictor, [])


def _join(parts: Sequence[PredictionBatch], looks: np.dtype[np.void] | None) -> PredictionBatch:
    """Batches that follow each other as one; see `predict_all`."""
    if len(parts) == 1:
        return parts[0]
    return PredictionBatch(
        places=np.concatenate([part.places for part in parts]),
        predictions=join_predictions([part.predictions for part in parts]),
        unreadable=tuple(one for part in parts for one in part.unreadable),
        inspected=np.concatenate([part.inspected for part in parts])
        if looks is not None
        else tuple(one for part in parts for one in part.inspected),
    )


def predict_in_one_thread(
    predictor: Predictor,
    pictures: Iterable[Picture],
    note: Callable[[int | None], None],
    inspect: Callable[[Image.Image], Any] | None = None,
    batch_size: int = BATCH_SIZE,
) -> Iterator[PredictionBatch]:
    """As `predict_batches`, by the calling thread alone, for processes that share a machine with others like them.

    Args:
        predictor: the model, opened for one thread.
        pictures: are opened once each.
        note: called with the place of each picture before it is opened, and with None before the network computes.
        inspect: is shown each picture as it is opened; what it gives is kept.
        batch_size: pictures that the network sees at once.
    """

    def read(entry: tuple[int, Picture]) -> _Opened:
        note(entry[0])
        return _read(predictor, False, inspect, entry)

    from threadpoolctl import threadpool_limits  # no page needs it

    with threadpool_limits(1):  # of BLAS and OpenMP, whose rounding follows the number of threads
        predictor.network.use_threads(1)
        for batch in _divide(map(read, enumerate(pictures)), batch_size):
            note(None)
            yield _predict(predictor, batch)


def _count_side_by_side(threads: int, batch_size: int) -> int:
    """How many batches are computed at once."""
    return max(1, min(threads * BATCHES_PER_CORE, MOST_AT_ONCE // batch_size))


def _read(
    predictor: Predictor, preprocessed: bool, inspect: Callable[[Image.Image], Any] | None, entry: tuple[int, Picture]
) -> _Opened:
    place, picture = entry
    try:
        image, is_preprocessed = _open(predictor, picture, preprocessed)
        pixels = predictor.pixels([image], is_preprocessed)
    except ImageError as error:
        return _Opened(place, picture.file, reason=str(error), may_be_sound=isinstance(error, NotReadError))
    return _Opened(place, picture.file, pixels, None if inspect is None else inspect(image))


def _open(predictor: Predictor, picture: Picture, preprocessed: bool) -> tuple[Image.Image, bool]:
    """The picture, and whether it is as the network sees it."""
    if preprocessed and picture.open_preprocessed is not None:
        image = picture.open_preprocessed()
        if predictor.metadata is None or image.width == predictor.metadata.image_size:
            return image, True  # images for training may be stored larger
    return picture.open(), False


def _divide(opened: Iterator[_Opened], batch_size: int) -> Iterator[list[_Opened]]:
    while batch := list(islice(opened, batch_size)):
        yield batch


def _predict(predictor: Predictor, batch: Sequence[_Opened]) -> PredictionBatch:
    groups = _group_by_size(batch)
    computed = [one for group in groups for one in group]
    parts = [predictor.predict_pixels([one.id for one in group], _stack(group)) for group in groups]
    if not parts:
        logits = np.zeros((0, len(predictor.label_names)), np.float32)
        parts = [Predictions([], logits, predictor.label_names, trust=predictor.trust)]
    places = np.asarray([one.place for one in computed], np.int64)
    order = np.argsort(places)
    return PredictionBatch(
        places=places[order],
        predictions=join_predictions(parts).select(order),
        unreadable=tuple(
            Unreadable(one.place, one.id, one.reason, one.may_be_sound) for one in batch if one.pixels is None
        ),
        inspected=tuple(computed[row].inspected for row in order.tolist()),
    )


def _group_by_size(batch: Sequence[_Opened]) -> list[list[_Opened]]:
    """What could be read, in groups of one size: some processors keep the proportions of a picture."""
    by_size: dict[tuple[int, ...], list[_Opened]] = {}
    for one in batch:
        if one.pixels is not None:
            by_size.setdefault(one.pixels.shape, []).append(one)
    return list(by_size.values())


def _stack(group: Sequence[_Opened]) -> Pixels:
    return np.concatenate([one.pixels for one in group if one.pixels is not None])
