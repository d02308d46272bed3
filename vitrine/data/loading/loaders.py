"""Batches of uint8 pictures in an order that depends on (seed, epoch) alone."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypedDict

import datasets
import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, Sampler

from vitrine.data.loading.file_window import FileWindow
from vitrine.data.loading.streamed_rows import StreamedRows, undecoded
from vitrine.data.prepared.columns import read_column
from vitrine.data.prepared.shards import read_side
from vitrine.data.prepared.training_files import TrainingFiles

BATCHES_AHEAD = 2  # of each worker


class Batch(TypedDict):
    """A batch: `pixels` uint8 `[batch, 3, height, width]`; `label_id`, `index` (row in the split) int64 `[batch]`."""

    pixels: torch.Tensor
    label_id: torch.Tensor
    index: torch.Tensor


class PreprocessedImages(Dataset[Batch]):
    """A split of a prepared data set, read a batch at a time.

    Args:
        split: its rows.
        side: of the images, in pixels; others are resized. None leaves them as they are stored.
    """

    def __init__(self, split: datasets.Dataset | StreamedRows, side: int | None = None) -> None:
        self._side = side
        self._rows = split if isinstance(split, StreamedRows) else undecoded(split)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        """Reads one batch; `DataLoader` calls this instead of `__getitem__` where it exists."""
        rows = self._rows[[index % len(self) for index in indices]]  # `BalancedSampler` counts repeats upwards
        pictures = [_read_pixels(image["bytes"], self._side) for image in rows["image"]]
        # Height, width, colour in memory: permuted, this is torch's channels_last layout without another copy.
        pixels = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)
        return {"pixels": pixels, "label_id": torch.tensor(rows["label"]), "index": torch.tensor(list(indices))}


def _read_pixels(content: bytes, wanted: int | None) -> npt.NDArray[np.uint8]:
    """A stored image, `[side, side, 3]`, without a copy: PPM is a short header ("P6 224 224 255") and the pixels."""
    side = read_side(content)
    preprocessed = np.frombuffer(content, np.uint8, offset=len(content) - 3 * side * side).reshape(side, side, 3)
    if wanted in (None, side):
        return preprocessed
    return np.asarray(Image.fromarray(preprocessed).resize((wanted, wanted), Image.Resampling.BICUBIC))


class EpochSampler(Sampler[int]):
    """A new order for every epoch, the same in every run of a seed."""

    def __init__(self, length: int, seed: int) -> None:
        self.length = length
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Chooses the order of the next iteration."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        return map(int, np.random.default_rng((self.seed, self.epoch)).permutation(self.length))

    def __len__(self) -> int:
        return self.length


class StepBatches(Sampler[list[int]]):
    """What one device takes of every optimiser step of an epoch, from any step on.

    The order of the sampler is cut into steps of nearly equal size (they differ by one picture at most), and every step
    into one share for each device. So each picture is seen once, nothing is dropped or repeated, and the pictures of a
    step depend on their number alone, not on how many devices share them.

    Attributes:
        sampler: gives all indices of an epoch; its `set_epoch` is called where it has one.
        steps: optimiser steps in an epoch.
    """

    def __init__(self, sampler: Sampler[int], step_size: int, processes: int = 1, process: int = 0) -> None:
        self.sampler = sampler
        self.length = len(sampler)  # type: ignore[arg-type]  # every sampler of ours has a length
        self.steps = math.ceil(self.length / step_size)
        self.processes = processes
        self.process = process
        self.first_step = 0

    def start(self, epoch: int, first_step: int = 0) -> None:
        """Chooses what the next iteration gives."""
        self.first_step = first_step
        if hasattr(self.sampler, "set_epoch"):
            self.sampler.set_epoch(epoch)

    def size(self, step: int) -> int:
        """Pictures of a step, over all devices."""
        start, end = _share(self.length, self.steps, step)
        return end - start

    def __iter__(self) -> Iterator[list[int]]:
        order = np.fromiter(self.sampler, np.int64, self.length)  # as a list, forty bytes each
        for step in range(self.first_step, self.steps):
            start, end = _share(self.length, self.steps, step)
            first, last = _share(end - start, self.processes, self.process)
            yield order[start + first : start + last].tolist()

    def __len__(self) -> int:
        return self.steps - self.first_step


def _share(length: int, parts: int, part: int) -> tuple[int, int]:
    """Start and end of a part when something is cut into nearly equal parts, the larger ones first."""
    size, larger = divmod(length, parts)
    start = part * size + min(part, larger)
    return start, start + size + (part < larger)


def build_step_loader(
    split: datasets.Dataset, batches: Iterable[Sequence[int]], workers: int, files: TrainingFiles | None = None
) -> DataLoader[Batch]:
    """The batches of a training, one for each optimiser step.

    Args:
        split: of a prepared data set.
        batches: rows of each step.
        workers: loader processes; 0 loads in this one.
        files: that the pictures are in, where they are streamed.

    Raises:
        UserError: there is no room for files that are streamed.
    """
    if files is None:
        return _build_batch_loader(PreprocessedImages(split), batches, workers)
    window = FileWindow(files, read_column(split, "shard").to_numpy(), batches, BATCHES_AHEAD * workers)
    return _build_batch_loader(PreprocessedImages(StreamedRows(split, window.paths)), window, workers)


def build_shard_loader(
    split: datasets.Dataset, batch_size: int, workers: int, processes: int, process: int
) -> DataLoader[Batch]:
    """The batches of an evaluation that falls to one of several devices; together they see each picture once.

    Args:
        split: of a prepared data set.
        batch_size: pictures.
        workers: loader processes.
        processes: that share the split.
        process: number of this one, from 0.
    """
    starts = range(process * batch_size, len(split), processes * batch_size)
    batches = [list(range(start, min(start + batch_size, len(split)))) for start in starts]
    return _build_batch_loader(PreprocessedImages(split), batches, workers)


def _build_batch_loader(
    pictures: PreprocessedImages, batches: Iterable[Sequence[int]], workers: int
) -> DataLoader[Batch]:
    return DataLoader(
        pictures,
        batch_sampler=batches,  # type: ignore[arg-type]  # any iterable of index lists does
        num_workers=workers,
        prefetch_factor=BATCHES_AHEAD if workers else None,
        collate_fn=_keep,
        pin_memory=torch.cuda.is_available(),
        persistent_workers=workers > 0,
    )


def build_evaluation_loader(
    split: datasets.Dataset, batch_size: int, workers: int, side: int | None = None
) -> DataLoader[Batch]:
    """Batches in the order of the split; training images may be stored larger than `side`, in pixels.

    Args:
        split: of a prepared data set.
        batch_size: pictures.
        workers: loader processes.
        side: of the pictures, in pixels; None: as they are stored.
    """
    return DataLoader(
        PreprocessedImages(split, side),
        batch_size=batch_size,
        num_workers=workers,
        collate_fn=_keep,
        pin_memory=torch.cuda.is_available(),
        persistent_workers=workers > 0,
    )


def _keep(batch: Any) -> Any:
    """`__getitems__` gives whole batches already; a lambda could not travel to worker processes."""
    return batch
