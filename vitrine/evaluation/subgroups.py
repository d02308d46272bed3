"""Sub-groups: test pictures that a column names (face, whole body, hard), each with figures of its own."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import f1_score

from vitrine.evaluation.slices import compare_with_rest
from vitrine.records.mistakes import Subgroup

MOST_SUBGROUPS = 50  # a column with a name for nearly each picture says nothing of any of them


def measure_subgroups(
    names: Sequence[str], label_ids: npt.NDArray[np.int64], answers: npt.NDArray[np.int64]
) -> tuple[Subgroup, ...] | None:
    """Figures of each sub-group, and whether it is shown to be harder than the rest.

    Args:
        names: of the sub-group of each test picture, "" without one; none at all where they are not known.
        label_ids: the true class of each.
        answers: of the model.

    Returns:
        The weakest first, of more than 50 the largest; None where no picture has a sub-group.
    """
    column = pd.Series(names, dtype="string")
    if not (column != "").any():  # as where nobody knows of any, and the column is empty
        return None
    kept = column.value_counts().index[:MOST_SUBGROUPS].tolist()
    marks = {name: (column == name).to_numpy(bool) for name in kept}
    compared = compare_with_rest(marks, answers == label_ids)
    found = [
        Subgroup(name=name, macro_f1=_macro_f1(label_ids[marks[name]], answers[marks[name]]), **dict(one))
        for name, one in compared.items()
    ]
    return tuple(sorted(found, key=lambda one: (one.accuracy or 0.0, one.name)))


def _macro_f1(label_ids: npt.NDArray[np.int64], answers: npt.NDArray[np.int64]) -> float:
    return float(f1_score(label_ids, answers, labels=np.unique(label_ids), average="macro", zero_division=0.0))
