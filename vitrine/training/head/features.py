"""What the head of a frozen backbone receives, computed once for all epochs and kept until the run is finished."""

import hashlib
import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import numpy.typing as npt
import torch
from accelerate import PartialState
from accelerate.utils import gather
from transformers import PreTrainedModel

from vitrine.data.loading.loaders import Batch, build_evaluation_loader
from vitrine.data.prepared.columns import read_column
from vitrine.models.backbones.features import compute_features
from vitrine.models.backbones.normalization import Normalization
from vitrine.records.atomic import new_folder, write_text
from vitrine.training.machine.devices import Precision

BATCH_SIZE = 64
MOST_BYTES = 4 * 2**30  # they are held in memory; beyond this a training that computes them anew is safer
FEATURES = "features"  # in a checkpoint
FACTS = "facts.json"
SECONDS = "seconds.json"
ARRAYS = ("train", "train_label_ids", "validation", "validation_label_ids")
PLAIN = "plain"

# (float pixels [batch, 3, height, width] of 0 to 255, number of the view, rows in the split) -> changed pixels
Change = Callable[[torch.Tensor, int, Sequence[int]], torch.Tensor]
Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True)
class LookSeconds:
    """What looking at the pictures once took, in seconds, whichever run of a comparison did it.

    Attributes:
        train: of the training pictures, all views.
        validation: of the validation pictures.
    """

    train: float
    validation: float


@dataclass(frozen=True)
class HeadInputs:
    """What the head receives.

    Attributes:
        train: `[views, pictures, width]`.
        train_label_ids: `[pictures]`.
        validation: `[pictures, width]`, of the pictures as they are.
        validation_label_ids: `[pictures]`.
        plain: of the training pictures as they are, `[pictures, width]`; where there is one view, that one.
        seconds: what it took to compute; None where an earlier build did not note it.
    """

    train: Numbers
    train_label_ids: npt.NDArray[np.int64]
    validation: Numbers
    validation_label_ids: npt.NDArray[np.int64]
    plain: Numbers
    seconds: LookSeconds | None = None


@dataclass(frozen=True)
class ViewOptions:
    """How pictures are looked at.

    Attributes:
        count: views of each training picture.
        change: makes a view of training pictures; view v is what epoch v of the slow way would see,
            in the size of use.
        recipe: what `change` and the network depend on, as JSON can hold it; stored features of another are not used.
        precision: of the backbone's pass.
        whitens: whether each picture is brought to mean 0 and deviation 1.
        workers: loader processes.
        side: of pictures that are looked at as they are, in pixels; they may be stored larger. None: as stored.
    """

    count: int
    change: Change
    recipe: dict[str, Any]
    precision: Precision = "fp32"
    whitens: bool = False
    workers: int = 0
    side: int | None = None


def fits_in_memory(width: int, views: int, training_pictures: int, validation_pictures: int) -> bool:
    """Whether the features stay below 4 GiB.

    Args:
        width: of the features.
        views: of each training picture.
        training_pictures: their number.
        validation_pictures: theirs.
    """
    return 4 * width * (_count_looks(views) * training_pictures + validation_pictures) <= MOST_BYTES


def _count_looks(views: int) -> int:
    """How often each training picture is looked at: augmented views do not show it as it is, so that is one more."""
    return views if views == 1 else views + 1


def compute_head_inputs(
    model: PreTrainedModel,
    normalization: Normalization,
    train: datasets.Dataset,
    validation: datasets.Dataset,
    options: ViewOptions,
    store: Path | None = None,
    on_pictures: Callable[[int, int], None] = lambda _, __: None,
) -> HeadInputs:
    """Looks at every training picture as often as there are views, and once more as it is; at validation pictures once.

    Several processes share the pictures and all of them get the whole result.

    Args:
        model: on the device that shall do the work.
        normalization: that of the network's weights.
        train: split of a prepared data set.
        validation: likewise.
        options: how to look at them.
        store: folder that keeps the result, so that a resumed run need not compute it again; features of other
            pictures, weights or settings that lie there are replaced. One process alone stores.
        on_pictures: told the pictures done and all of them, counting each view.
    """
    state = PartialState()
    facts = _describe(model, normalization, train, validation, options)
    if state.num_processes > 1:
        store = None  # machines may not share a disk, and all must agree on who computes what
    if store is not None and (found := _read(store, facts)) is not None:
        return found
    total = _count_looks(options.count) * len(train) + len(validation)
    done = 0

    def count(pictures: int) -> None:
        nonlocal done
        done = min(total, done + pictures * state.num_processes)
        on_pictures(done, total)

    def look(split: datasets.Dataset, view: int | None) -> Numbers:
        # A process more than pictures still needs one, or it would have nothing to give.
        rows = range(min(state.process_index, len(split) - 1), len(split), state.num_processes)
        batches = _read_batches(split, rows, options, view, model.device)
        features = compute_features(model, batches, normalization, options.precision, count, options.whitens)
        return _gather(features, len(split), state)

    begun = time.perf_counter()
    views = np.stack([look(train, view) for view in range(options.count)])
    plain = views[0] if options.count == 1 else look(train, None)
    trained = time.perf_counter()
    inputs = HeadInputs(
        train=views,
        train_label_ids=read_column(train, "label").to_numpy().copy(),  # torch takes none that cannot be written
        validation=look(validation, None),
        validation_label_ids=np.asarray(validation["label"], np.int64),
        plain=plain,
        seconds=LookSeconds(train=trained - begun, validation=time.perf_counter() - trained),
    )
    if store is not None:
        _write(store, facts, inputs)
    return inputs


def seconds_taken(store: Path) -> float:
    """What the run has spent on the features that lie in a folder; 0 where there are none, or another run lent them."""
    kept = None if store.is_symlink() else _read_seconds(store)
    return kept.train + kept.validation if kept else 0.0


def _read_seconds(store: Path) -> LookSeconds | None:
    kept = store / SECONDS
    return LookSeconds(**json.loads(kept.read_text("utf-8"))) if kept.is_file() else None


def _read_batches(
    split: datasets.Dataset, rows: range, options: ViewOptions, view: int | None, device: torch.device
) -> Iterator[Batch]:
    whole = rows == range(len(split))
    side = options.side if view is None else None  # a view has the size that `change` gives it
    loader = build_evaluation_loader(split if whole else split.select(rows), BATCH_SIZE, options.workers, side)
    for batch in loader:
        if view is None:
            yield batch
            continue
        pixels = batch["pixels"].to(device).float()
        pixels = options.change(pixels, view, [rows[place] for place in batch["index"].tolist()])
        yield {"pixels": pixels, "label_id": batch["label_id"], "index": batch["index"]}


def _gather(features: Numbers, pictures: int, state: PartialState) -> Numbers:
    """Puts the rows of all processes in the order of the split: process p had every n-th row from p on."""
    if state.num_processes == 1:
        return features
    padded = torch.zeros(math.ceil(pictures / state.num_processes), features.shape[1], device=state.device)
    padded[: len(features)] = torch.from_numpy(features)
    together: torch.Tensor = gather(padded)
    rows = together.view(state.num_processes, *padded.shape).transpose(0, 1).reshape(-1, features.shape[1])
    found: Numbers = rows[:pictures].cpu().numpy()
    return found


def _describe(
    model: PreTrainedModel,
    normalization: Normalization,
    train: datasets.Dataset,
    validation: datasets.Dataset,
    options: ViewOptions,
) -> str:
    """Everything that the features depend on, in a few lines."""
    names = [[read_column(split, name).to_pylist() for name in ("file", "label")] for split in (train, validation)]
    frozen = [tensor for name, tensor in model.named_parameters() if not tensor.requires_grad]
    return json.dumps(
        {
            "pictures": hashlib.sha256(json.dumps(names).encode()).hexdigest(),
            "weights": sum(tensor.detach().double().sum().item() for tensor in frozen),
            "normalisation": [list(normalization.mean), list(normalization.std), options.whitens],
            "views": options.count,
            "precision": options.precision,
            "recipe": options.recipe,
        },
        indent=2,
        sort_keys=True,
    )


def _read(store: Path, facts: str) -> HeadInputs | None:
    """What is stored, if it is what would be computed now."""
    if not (store / FACTS).is_file() or (store / FACTS).read_text("utf-8") != facts:
        return None
    arrays = {name: np.load(store / f"{name}.npy") for name in ARRAYS}
    seconds = _read_seconds(store)
    if len(arrays["train"]) == 1:
        return HeadInputs(**arrays, plain=arrays["train"][0], seconds=seconds)
    plain = store / f"{PLAIN}.npy"  # earlier builds did not look at it
    return HeadInputs(**arrays, plain=np.load(plain), seconds=seconds) if plain.is_file() else None


def _write(store: Path, facts: str, inputs: HeadInputs) -> None:
    names = ARRAYS if len(inputs.train) == 1 else (*ARRAYS, PLAIN)
    with new_folder(store, replace=True) as temporary:
        for name in names:
            np.save(temporary / f"{name}.npy", getattr(inputs, name))
        if inputs.seconds is not None:
            write_text(temporary / SECONDS, json.dumps(asdict(inputs.seconds)))
        write_text(temporary / FACTS, facts)
