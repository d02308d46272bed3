"""How far a model's answers can be trusted, and the one rule that makes an answer of its numbers.

Predictor, commands, page, evaluation and ONNX file all decide by `decision_kinds`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vitrine.models.calibration.blocks import by_blocks
from vitrine.records.model import Trust


@dataclass(frozen=True)
class Answer:
    """The picture shows this class."""

    label_name: str


@dataclass(frozen=True)
class Unsure:
    """It may be one or the other, the likelier first; where nothing else is likely, there is no second."""

    first: str
    second: str | None = None


@dataclass(frozen=True)
class NoneOfThese:
    """It is like no picture that the model learned from."""


# Below it, a class is not named as what a picture may show: "pug or corgi" would be untrue where corgi has 0.0001.
LEAST_LIKELY = 0.05
NOT_LIKELY = -1
NONE_OF_MINE = "none of my classes"  # in words

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
    kinds, named = decision_kinds(probabilities, trust, similarities), likely_label_ids(probabilities)
    names = [*label_names, None]  # the last where there is no second one
    made: dict[Decision, Decision] = {}  # of millions of decisions few differ
    decisions = (
        _decide(kind, label_names[first], names[second]) for kind, (first, second) in zip(kinds, named, strict=True)
    )
    return [made.setdefault(decision, decision) for decision in decisions]


def _decide(kind: str, first: str, second: str | None) -> Decision:
    if kind == "none":
        return NoneOfThese()
    return Unsure(first, second) if kind == "unsure" else Answer(first)


def likely_label_ids(probabilities: npt.NDArray[np.floating]) -> npt.NDArray[np.int64]:
    """The likeliest class of each picture and the next one, which is -1 below 5 %; `[pictures, 2]`.

    Args:
        probabilities: calibrated, `[pictures, labels]`.
    """
    return by_blocks(_likely_label_ids, probabilities)


def _likely_label_ids(probabilities: npt.NDArray[np.floating]) -> npt.NDArray[np.int64]:
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, :2]
    named = np.full((len(probabilities), 2), NOT_LIKELY)
    named[:, : order.shape[1]] = order
    if order.shape[1] == 2:
        unlikely = np.take_along_axis(probabilities, order[:, 1:], axis=1)[:, 0] < LEAST_LIKELY
        named[unlikely, 1] = NOT_LIKELY
    return named


def describe(decision: Decision) -> str:
    """The decision in words: "pug", "unsure: pug or corgi", "unsure: perhaps pug", "none of my classes"."""
    if isinstance(decision, Answer):
        return decision.label_name
    if isinstance(decision, Unsure):
        if decision.second is None:
            return f"unsure: perhaps {decision.first}"
        return f"unsure: {decision.first} or {decision.second}"
    return NONE_OF_MINE
