"""Features of the training and validation pictures from a frozen, pretrained network. Never of the test.

A study and a learning curve look at the same features; here they are computed for a recipe.
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

from vitrine.config.model import SMALL_CNN
from vitrine.config.recipe import Recipe
from vitrine.data.images.preprocessing import Preparation
from vitrine.data.loading.loaders import build_evaluation_loader
from vitrine.data.manifest.split import TRAIN, VALIDATION
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.data.prepared.groups import number_groups
from vitrine.errors import UserError
from vitrine.evaluation.probe.linear_probe import choose_pictures
from vitrine.models.backbones.build import build_backbone, place
from vitrine.models.backbones.features import compute_features
from vitrine.training.machine.devices import choose_precision, choose_workers, describe_device, keep_freed_memory

BATCH_SIZE = 64
MOST_PICTURES = 3000  # of which each class has its share; more change the figures little and take minutes

Count = Callable[[int, int], None]


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


def check_pretrained(recipe: Recipe, backbone: str | None, ways_out: str) -> str:
    """The network whose features can be used: the given one, or the recipe's.

    Args:
        recipe: names the default.
        backbone: short name, folder or Hub id; None takes the recipe's.
        ways_out: the end of the error's sentence.

    Raises:
        UserError: it would start from random weights.
    """
    chosen = backbone or recipe.model.backbone
    if chosen == SMALL_CNN:
        raise UserError(
            f"model.backbone: '{SMALL_CNN}' starts from random weights, so its features say nothing yet; {ways_out}"
        )
    if backbone is None and not recipe.model.pretrained:
        raise UserError(
            "model.pretrained: false starts the backbone from random weights, so its features say nothing yet; "
            f"{ways_out}"
        )
    return chosen


def compute_frozen_features(
    recipe: Recipe,
    prepared: PreparedDataset,
    backbone: str,
    at_most: int = MOST_PICTURES,
    on_pictures: Count = lambda _done, _all: None,
) -> FrozenFeatures:
    """Looks at training and validation pictures once, without augmentation.

    Args:
        recipe: that the data set was prepared with.
        prepared: the data set.
        backbone: see `build_backbone`.
        at_most: so many pictures, of each class its share.
        on_pictures: told the pictures done and all of them.
    """
    started = time.perf_counter()
    everything = datasets.concatenate_datasets([prepared.splits[TRAIN], prepared.splits[VALIDATION]])
    rows = everything.select(choose_pictures(np.asarray(everything["label"]), at_most, recipe.engine.seed))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.type == "cpu":
        keep_freed_memory()
    precision = choose_precision(recipe.engine.precision, device)
    architecture = recipe.model.architecture if backbone == recipe.model.backbone else None
    model, normalization = build_backbone(backbone, prepared.label_names, architecture=architecture)
    workers = choose_workers(recipe.engine.workers, device)
    done = 0

    def count(pictures: int) -> None:
        nonlocal done
        done += pictures
        on_pictures(done, len(rows))

    values = compute_features(
        place(model, device),
        build_evaluation_loader(rows, BATCH_SIZE, workers, recipe.data.image_size),
        normalization,
        precision,
        count,
        whitens=Preparation.from_section(recipe.preparation).whitens,
    )
    facts = {
        "backbone": backbone,
        "width": values.shape[1],
        "device": describe_device(device),
        "precision": precision,
    }
    groups = number_groups(prepared.folder, rows["file"])
    seconds = time.perf_counter() - started
    return FrozenFeatures(values, rows, len(everything), groups, facts, seconds, _knows(backbone, prepared))


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
