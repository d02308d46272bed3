"""Frozen features that the runs of a comparison share: computed by the first, lent to the others.

A run looks for features in its checkpoint folder and proves that they are what it would compute, so a wrong loan costs
time and nothing else.
"""

import contextlib
import hashlib
import json
from pathlib import Path

from vitrine.experiments.compare.plan import PlannedRun
from vitrine.models.heads import name_head_input
from vitrine.records import folder as run_folder
from vitrine.training.head.features import FEATURES

COST = "cost.json"  # beside the arrays: what computing them took


def address(run: PlannedRun) -> str:
    """A name for the features of a run: equal for runs that can share."""
    recipe = run.recipe
    several = recipe.model.feature_views > 1  # one view is of the pictures as they are, whatever the seed
    parts = {
        "data": run.data,
        "fold": run.fold,
        "size": recipe.data.image_size,
        "backbone": [recipe.model.backbone, recipe.model.architecture],
        "precision": recipe.engine.precision,
        "views": recipe.model.feature_views,
        "epochs": recipe.optim.epochs if several else None,  # there are never more views than epochs
        "seed": recipe.engine.seed if several else None,
        "augmentation": recipe.augmentation.model_dump(mode="json") if several else None,
    }
    parts |= name_head_input(recipe.model.head)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def reuse(run: PlannedRun, store: Path) -> dict[str, float] | None:
    """Puts stored features where the run looks for them.

    Args:
        run: about to start.
        store: folder of all features of the comparison.

    Returns:
        What computing them took (seconds, cpu_seconds); None where there is nothing to lend.
    """
    kept = store / address(run)
    place = run.unfinished / run_folder.CHECKPOINT / FEATURES
    if run.recipe.model.trainable_part != "head" or not kept.is_dir():
        return None
    if not place.exists():
        place.unlink(missing_ok=True)  # a link to features that are gone
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            place.symlink_to(kept.resolve(), target_is_directory=True)
        except OSError:  # a system or disk without links: the run computes its own
            return None
    try:
        cost: dict[str, float] = json.loads((kept / COST).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return cost


def keep(run: PlannedRun, store: Path, cost: dict[str, float]) -> None:
    """Moves features that the run has computed to the store, unless another run was quicker.

    Args:
        run: that has computed them.
        store: folder of all features of the comparison.
        cost: seconds that they took, by name.
    """
    place = run.unfinished / run_folder.CHECKPOINT / FEATURES
    if place.is_symlink() or not place.is_dir():
        return
    store.mkdir(parents=True, exist_ok=True)
    (place / COST).write_text(json.dumps(cost), "utf-8")
    with contextlib.suppress(OSError):
        place.rename(store / address(run))
