"""The rows that `predict` writes and the page shows: a file's decision and likeliest classes, or its problem."""

from typing import Final, Literal

from vitrine.models.calibration.selective import Answer, Unsure, describe
from vitrine.predict.batches import Unreadable
from vitrine.predict.predictions import Prediction

Kind = Literal["unsure", "none", "answered", "unreadable"]
KINDS: Final[tuple[Kind, ...]] = ("unsure", "none", "answered", "unreadable")  # what a person looks at first, first


def answer_columns(top_k: int) -> tuple[str, ...]:
    """Names of the columns of a table with `top_k` classes for each file."""
    ranked = [column for rank in range(1, top_k + 1) for column in (f"label_{rank}", f"probability_{rank}")]
    return ("file", "problem", "decision", *ranked)


def answer_cells(said: Prediction | Unreadable, top_k: int) -> dict[str, str]:
    """The cells beside the file name: the problem, or the decision, names and probabilities.

    Args:
        said: of one file.
        top_k: classes to name, at most.
    """
    if isinstance(said, Unreadable):
        return {"problem": said.reason}
    cells = {"decision": describe(said.decision)}
    for rank, (label_name, share) in enumerate(said.ranking[:top_k], 1):
        cells |= {f"label_{rank}": label_name, f"probability_{rank}": f"{share:.6f}"}
    return cells


def kind_of(said: Prediction | Unreadable) -> Kind:
    """Which kind of row it is."""
    if isinstance(said, Unreadable):
        return "unreadable"
    if isinstance(said.decision, Answer):
        return "answered"
    return "unsure" if isinstance(said.decision, Unsure) else "none"
