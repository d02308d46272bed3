"""Weak slices: kinds of pictures (dark, small, grey ...) on which a model is right less often than on the others."""

from collections.abc import Callable, Mapping
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import fisher_exact

from vitrine.evaluation.intervals import wilson_interval
from vitrine.evaluation.significance import correct_holm
from vitrine.records.mistakes import AgainstRest, Slice, SliceName

Share = float
Key = TypeVar("Key")

LEVEL = 0.05
FIFTH = 0.2
# Where so many pictures look alike that "the darkest fifth" holds more than this share, it is not a slice.
LARGEST_SLICE = 0.5


# Each kind: the column of `describe_images`, and whether it is the lower or the upper end.
ENDS: dict[SliceName, tuple[str, Literal["low", "high"]]] = {
    "dark": ("brightness", "low"),
    "bright": ("brightness", "high"),
    "low_contrast": ("contrast", "low"),
    "small": ("side", "low"),
    "elongated": ("elongation", "high"),
    "blurred": ("sharpness", "low"),
}


def find_weak_slices(attributes: pd.DataFrame, correct: npt.NDArray[np.bool_]) -> tuple[Slice, ...]:
    """Compares each kind of test pictures with all the others.

    Args:
        attributes: of `image_attributes.describe_images`, one row for each test picture.
        correct: whether each was named rightly, in the same order.

    Returns:
        All kinds; the weakest first, those without pictures last.
    """
    cut = cut_slices(attributes)
    compared = compare_with_rest({name: mark for name, (mark, _) in cut.items()}, correct)
    slices = [Slice(name=name, limit=cut[name][1], **dict(one)) for name, one in compared.items()]
    return tuple(sorted(slices, key=lambda one: (one.difference is None, one.difference or 0.0)))


def compare_with_rest(
    marks: Mapping[Key, npt.NDArray[np.bool_]], correct: npt.NDArray[np.bool_]
) -> dict[Key, AgainstRest]:
    """Each part of the test pictures against all others, with p-values that are corrected for all parts together.

    Args:
        marks: which pictures belong to each part, `[pictures]`.
        correct: whether each was named rightly, in the same order.
    """
    comparable = [name for name, mark in marks.items() if mark.any() and not mark.all()]
    raw = [_test(correct[marks[name]], correct[~marks[name]]) for name in comparable]
    p_values = dict(zip(comparable, correct_holm(raw), strict=True))
    return {name: _describe(mark, correct, p_values.get(name)) for name, mark in marks.items()}


def cut_slices(attributes: pd.DataFrame) -> dict[SliceName, tuple[npt.NDArray[np.bool_], float | None]]:
    """Which pictures belong to each kind, and the value at its edge.

    All kinds but one are a fifth of the pictures each, so that there are enough of them to compare: brightness and
    contrast in grey levels, the shorter side in pixels, longer side by shorter side, sharpness. Grey are all that are.
    """
    found: dict[SliceName, tuple[npt.NDArray[np.bool_], float | None]] = {}
    for name, (column, end) in ENDS.items():
        mark, limit = _cut_fifth(attributes[column].to_numpy(float), end)
        found[name] = (mark, limit if mark.any() else None)
    found["grey"] = (attributes["is_grey"].to_numpy(bool), None)
    return found


def _cut_fifth(values: npt.NDArray[np.float64], end: Literal["low", "high"]) -> tuple[npt.NDArray[np.bool_], float]:
    if not len(values):
        return np.zeros(0, bool), 0.0
    compare: Callable[..., npt.NDArray[np.bool_]] = np.less_equal if end == "low" else np.greater_equal
    limit = float(np.quantile(values, FIFTH if end == "low" else 1 - FIFTH, method="inverted_cdf"))
    mark = compare(values, limit)
    if mark.mean() > LARGEST_SLICE:  # many equal values: only what lies beyond them
        mark = mark & (values != limit)
        limit = float(values[mark].max() if end == "low" else values[mark].min()) if mark.any() else limit
    return mark, limit


def _test(inside: npt.NDArray[np.bool_], outside: npt.NDArray[np.bool_]) -> float:
    right, right_outside = int(inside.sum()), int(outside.sum())
    table = [[right, len(inside) - right], [right_outside, len(outside) - right_outside]]
    return float(fisher_exact(table, alternative="less").pvalue)


def _describe(mark: npt.NDArray[np.bool_], correct: npt.NDArray[np.bool_], p_value: float | None) -> AgainstRest:
    inside, outside = correct[mark], correct[~mark]
    right = int(inside.sum())
    accuracy = right / len(inside) if len(inside) else None
    rest = float(outside.mean()) if len(outside) else None
    return AgainstRest(
        pictures=len(inside),
        right=right,
        accuracy=accuracy,
        interval=wilson_interval(right, len(inside)) if len(inside) else None,
        rest_pictures=len(outside),
        rest_accuracy=rest,
        difference=None if accuracy is None or rest is None else accuracy - rest,
        p_value=p_value,
        is_weaker=p_value is not None and p_value < LEVEL,
    )
