"""How far a model's answers can be trusted, and the one rule that makes an answer of its numbers.

Predictor, commands, page, evaluation and ONNX file all decide by `decision_kinds`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vitrine.records.model import Trust


@dataclass(frozen=True)
class Answer:
    """The picture shows this class."""

    label_name: str


@dataclass(frozen=True)
class Unsure:
    """It may be one or the other, the likelier first."""

    first: str
    second: str


@dataclass(frozen=True)
class NoneOfThese:
    """It is like no picture that the model learned from."""


Decision = Answer | Unsure | NoneOfThese


def decision_kinds(
    probabilities: npt.NDArray[np.floating], trust: Trust | None, similarities: npt.NDArray[np.floating] | None
) -> npt.NDArray[np.str_]:
    """The rule itself: whether each picture is answered, leaves the model unsure, or is of none of its classes.

    Args:
        probabilities: calibrated, `[pictures, labels]`.
        trust: of the model; None always answers, as models without thresholds do.
        similarities: `[pictures]`; None where the model does not measure them.

    Returns:
        A `DecisionKind` for each, `[pictures]`.
    """
    pictures, labels = probabilities.shape
    if trust is None:
        return np.full(pictures, "answered")
    threshold = trust.confidence_threshold
    sure = np.full(pictures, labels == 1)
    if threshold is not None:
        sure |= np.asarray(probabilities, np.float64).max(axis=1) >= threshold
    kinds = np.where(sure, "answered", "unsure")
    if similarities is not None and trust.similarity_threshold is not None:
        kinds[np.asarray(similarities, np.float64) < trust.similarity_threshold] = "none"
    return kinds


def decide(
    probabilities: npt.NDArray[np.floating],
    label_names: Sequence[str],
    trust: Trust | None,
    similarities: npt.NDArray[np.floating] | None = None,
) -> list[Decision]:
    """Answers, hesitates or refuses; arguments as for `decision_kinds`, `label_names` in the order of the label ids."""
    likeliest = np.argsort(-probabilities, axis=1, kind="stable")[:, :2].tolist()
    decisions: list[Decision] = []
    for kind, (first, *others) in zip(decision_kinds(probabilities, trust, similarities), likeliest, strict=True):
        if kind == "none":
            decisions.append(NoneOfThese())
        elif kind == "unsure":
            decisions.append(Unsure(label_names[first], label_names[others[0]]))
        else:
            decisions.append(Answer(label_names[first]))
    return decisions


def describe(decision: Decision) -> str:
    """The decision in words: "pug", "unsure: pug or corgi", "none of my classes"."""
    if isinstance(decision, Answer):
        return decision.label_name
    if isinstance(decision, Unsure):
        return f"unsure: {decision.first} or {decision.second}"
    return "none of my classes"
