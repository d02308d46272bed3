"""Seeded, stratified splits; fixed ones are honoured; small classes follow one stated rule."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence

TRAIN, VALIDATION, TEST = SPLITS = ("train", "validation", "test")


def assign_splits(
    files: Sequence[str],
    label_names: Sequence[str],
    fixed: Sequence[str],
    validation_fraction: float,
    test_fraction: float,
    seed: int,
) -> list[str]:
    """Gives every picture a split.

    Within a class, pictures are ordered by a hash of (seed, file) and cut into test, validation and training. The order
    of the listing and the other classes therefore change nothing. A fixed split is kept; validation and test are only
    cut where no folder gives them. Small classes: training comes first, then test, then validation, one picture each.

    Args:
        files: identifying names.
        label_names: class of each.
        fixed: "train", "validation", "test" or "" for each; validation and test pictures come from those that are
            "" or "train".
        validation_fraction: share of the class.
        test_fraction: share of the class.
        seed: another seed, another split.

    Returns:
        "train", "validation" or "test" for each file.
    """
    splits = [split or TRAIN for split in fixed]
    shares = {
        TEST: 0.0 if TEST in fixed else test_fraction,
        VALIDATION: 0.0 if VALIDATION in fixed else validation_fraction,
    }
    trainable: dict[str, list[int]] = defaultdict(list)
    for index, label_name in enumerate(label_names):
        if splits[index] == TRAIN:
            trainable[label_name].append(index)
    for free in trainable.values():
        free.sort(key=lambda index: _shuffle_key(seed, files[index]))
        total = len(free)
        for split, share in shares.items():
            count = _held_out(total, len(free), share)
            for index in free[:count]:
                splits[index] = split
            free = free[count:]
    return splits


def _held_out(total: int, available: int, share: float) -> int:
    """The rounded share of a class, at least one picture, but never the last one that is left."""
    return min(max(1, round(total * share)), available - 1) if share > 0 and available > 1 else 0


def _shuffle_key(seed: int, file: str) -> bytes:
    return hashlib.sha256(f"{seed}:{file}".encode()).digest()
