"""How far a model's answers can be trusted, and the one rule that makes an answer of its numbers.

Predictor, commands, page and ONNX file all decide by `decide`.
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


def decide(
    probabilities: npt.NDArray[np.floating],
    label_names: Sequence[str],
    trust: Trust | None,
    similarity: float | None = None,
) -> Decision:
    """Answers, hesitates or refuses.

    Args:
        probabilities: calibrated, of one picture, `[labels]`.
        label_names: in the order of the label ids.
        trust: of the model; None always answers, as models without thresholds do.
        similarity: of the picture; None where the model does not measure it.
    """
    first, *others = (label_names[label_id] for label_id in np.argsort(-probabilities, kind="stable")[:2])
    if trust is None:
        return Answer(first)
    least = trust.similarity_threshold
    if similarity is not None and least is not None and similarity < least:
        return NoneOfThese()
    threshold = trust.confidence_threshold
    if not others or (threshold is not None and probabilities.max() >= threshold):
        return Answer(first)
    return Unsure(first, others[0])


def describe(decision: Decision) -> str:
    """The decision in words: "pug", "unsure: pug or corgi", "none of my classes"."""
    if isinstance(decision, Answer):
        return decision.label_name
    if isinstance(decision, Unsure):
        return f"unsure: {decision.first} or {decision.second}"
    return "none of my classes"
