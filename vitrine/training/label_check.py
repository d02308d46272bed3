"""A judge of the training labels: heads on frozen pretrained features, since the trained network has learned them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from transformers import PreTrainedModel

from vitrine.config.model import SMALL_CNN
from vitrine.data.loaders import build_evaluation_loader
from vitrine.data.preparation import Preparation
from vitrine.data.prepared import PreparedDataset, read_groups
from vitrine.data.split import TRAIN
from vitrine.errors import UserError
from vitrine.evaluation.cross_validation import Features, LabelIds
from vitrine.evaluation.feasibility import choose_pictures
from vitrine.evaluation.label_errors import Judged, judge_by_features
from vitrine.models.backbones import place
from vitrine.models.features import compute_features
from vitrine.models.model_folder import METADATA
from vitrine.models.normalisation import Normalisation
from vitrine.training.cached_features import FEATURES

MOST_PICTURES = 20_000  # about two minutes of fitting and comparing; of larger sets a share of each class
BATCH_SIZE = 64


Build = Callable[[], tuple[PreTrainedModel, Normalisation]]


def knows_no_labels(backbone: str, pretrained: bool) -> bool:
    """Whether a training starts from weights that are worth something and were not trained on these very labels.

    Args:
        backbone: as the recipe names it.
        pretrained: whether its weights are taken.
    """
    return pretrained and backbone != SMALL_CNN and not (Path(backbone).expanduser() / METADATA).exists()


def judge_training_labels(
    build: Build, prepared: PreparedDataset, device: torch.device, seed: int, checkpoint: Path | None = None
) -> Judged | None:
    """Examines the labels of the training pictures.

    Args:
        build: makes the network as it was before the training; not called where features are stored.
        prepared: the data set.
        device: that computes the features.
        seed: of the folds, and of the choice where there are very many pictures.
        checkpoint: folder of the run's checkpoint; features that head-only training left there are taken.

    Returns:
        None where there is no judge: the head does not start from one vector for each picture, or too few pictures are
        unrelated.
    """
    train = prepared.splits[TRAIN]
    label_ids = np.asarray(train["label"][:], np.int64)
    rows = choose_pictures(label_ids, MOST_PICTURES, seed)
    features = _read_stored(checkpoint, label_ids)
    try:
        features = _compute(build, prepared, rows.tolist(), device) if features is None else features[rows]
    except UserError:  # a head of another form; the other parts of the evaluation need no features
        return None
    files = np.asarray(train["file"][:], dtype=object)[rows].tolist()
    groups = read_groups(prepared, files)
    num_labels = len(prepared.label_names)
    return judge_by_features(TRAIN, files, features, label_ids[rows], num_labels, groups, seed, of=len(label_ids))


def _read_stored(checkpoint: Path | None, label_ids: LabelIds) -> Features | None:
    """Features of the pictures as they are: those of several views are of changed pictures."""
    path = checkpoint and checkpoint / FEATURES / "train.npy"
    if path is None or not path.exists():
        return None
    views: Features = np.load(path)
    return views[0] if len(views) == 1 and views.shape[1] == len(label_ids) else None


def _compute(build: Build, prepared: PreparedDataset, rows: list[int], device: torch.device) -> Features:
    model, normalisation = build()
    split = prepared.splits[TRAIN]
    chosen = split if len(rows) == len(split) else split.select(rows)
    loader = build_evaluation_loader(chosen, BATCH_SIZE, 0, prepared.facts.image_size)
    whitens = Preparation.from_section(prepared.facts.settings.preparation).whitens
    return compute_features(place(model, device), loader, normalisation, whitens=whitens)
