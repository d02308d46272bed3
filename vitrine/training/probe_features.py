"""Features of the training and validation pictures from a frozen, pretrained network. Never of the test.

A study and a learning curve look at the same features.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import datasets
import numpy as np
import numpy.typing as npt
import torch

from vitrine.config.training import EngineSection
from vitrine.data.loading.loaders import build_evaluation_loader
from vitrine.data.manifest.split_names import VALIDATION
from vitrine.data.prepared.columns import read_column
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.data.prepared.groups import number_groups
from vitrine.evaluation.probe.choice import choose_images
from vitrine.models.backbones.build import build_backbone, place
from vitrine.models.backbones.features import compute_features
from vitrine.predict.freed_memory import keep_freed_memory
from vitrine.training.machine.devices import choose_precision, choose_workers, describe_device

BATCH_SIZE = 64
MOST_PICTURES = 3000  # of which each class has its share; more change the figures little and take minutes

Count = Callable[[int, int], None]


@dataclass(frozen=True)
class ProbePlan:
    """How pictures are looked at with a frozen, pretrained network.

    Attributes:
        backbone: see `build_backbone`.
        architecture: of a weights file.
        image_size: side of the pictures, in pixels.
        whitens: whether each picture is brought to mean 0 and deviation 1.
        engine: seed, precision and loader processes.
    """

    backbone: str
    architecture: str | None
    image_size: int
    whitens: bool
    engine: EngineSection


@dataclass(frozen=True)
class FrozenFeatures:
    """What a frozen network says of pictures.

    Attributes:
        values: `[pictures, width]`.
        rows: the pictures, in this order.
        looked_at: training and validation pictures that there are.
        groups: a number for each picture; copies and members of one group share theirs.
        facts: backbone, device, precision and width, as JSON can hold them.
        seconds: that it took.
        knows_classes: the network was trained on classes of these names, perhaps on these very pictures.
    """

    values: npt.NDArray[np.float32]
    rows: datasets.Dataset
    looked_at: int
    groups: npt.NDArray[np.int64]
    facts: dict[str, object]
    seconds: float
    knows_classes: bool


def compute_frozen_features(
    plan: ProbePlan,
    prepared: PreparedDataset,
    at_most: int = MOST_PICTURES,
    on_pictures: Count = lambda _done, _all: None,
) -> FrozenFeatures:
    """Looks at training and validation pictures once, without augmentation.

    Args:
        plan: network and machine.
        prepared: the data set.
        at_most: so many pictures, of each class its share.
        on_pictures: told the pictures done and all of them.
    """
    started = time.perf_counter()
    everything = datasets.concatenate_datasets([prepared.training_sample, prepared.splits[VALIDATION]])
    rows = everything.select(choose_images(read_column(everything, "label").to_numpy(), at_most, plan.engine.seed))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.type == "cpu":
        keep_freed_memory()
    precision = choose_precision(plan.engine.precision, device)
    model, normalization = build_backbone(plan.backbone, prepared.label_names, architecture=plan.architecture)
    workers = choose_workers(plan.engine.workers, device)
    done = 0

    def count(pictures: int) -> None:
        nonlocal done
        done += pictures
        on_pictures(done, len(rows))

    values = compute_features(
        place(model, device),
        build_evaluation_loader(rows, BATCH_SIZE, workers, plan.image_size),
        normalization,
        precision,
        count,
        whitens=plan.whitens,
    )
    facts = {
        "backbone": plan.backbone,
        "width": values.shape[1],
        "device": describe_device(device),
        "precision": precision,
    }
    groups = number_groups(prepared.folder, rows["file"])
    seconds = time.perf_counter() - started
    return FrozenFeatures(values, rows, len(everything), groups, facts, seconds, _knows(plan.backbone, prepared))


def _knows(backbone: str, prepared: PreparedDataset) -> bool:
    """Whether a model folder names the data set's classes."""
    config = Path(backbone).expanduser() / "config.json"
    if not config.is_file():
        return False
    names = json.loads(config.read_text("utf-8")).get("id2label", {}).values()
    return set(names) == set(prepared.label_names)


def label_ids_of(rows: datasets.Dataset) -> npt.NDArray[np.int64]:
    """True classes, `[pictures]`."""
    return np.asarray(rows["label"], dtype=np.int64)
