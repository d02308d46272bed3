"""How often reviewers agree with the model and with each other.

Apart for those who saw its suggestion and those who did not: whoever is shown an answer agrees with it more often.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from vitrine.corrections.judgment import LABEL, NONE, Judgment
from vitrine.corrections.opinions import current
from vitrine.wilson import wilson


@dataclass(frozen=True)
class Agreement:
    """A share of pictures.

    Attributes:
        same: pictures on which there was agreement.
        pictures: that could be compared.
    """

    same: int
    pictures: int

    @property
    def share(self) -> float:
        """Of the pictures; at least one is needed."""
        return self.same / self.pictures

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the share (Wilson); at least one picture is needed."""
        return wilson(self.share, self.pictures)


@dataclass(frozen=True)
class Agreements:
    """Everything that is measured.

    Attributes:
        model_blind: with the model, of judgments that were given without its suggestion.
        model_shown: with the model, of the others.
        reviewers_blind: of pictures that several reviewers judged, all of them blind: those on which they agree.
        reviewers_shown: of pictures that several reviewers judged, at least one of them with the suggestion.
    """

    model_blind: Agreement
    model_shown: Agreement
    reviewers_blind: Agreement
    reviewers_shown: Agreement


def measure_agreement(judgments: Iterable[Judgment]) -> Agreements:
    """Compares what holds now.

    With the model, each picture counts once however many judge it: the latest judgment of its kind. A judgment without
    an answer of the model to compare with counts between reviewers only.

    Args:
        judgments: in the order in which they were kept.
    """
    opinions = [tuple(of_one.values()) for of_one in current(judgments).values()]
    several = [one for one in opinions if len(one) > 1]
    return Agreements(
        _with_model(opinions, lambda one: one.blind),
        _with_model(opinions, lambda one: not one.blind),
        _between([one for one in several if all(judgment.blind for judgment in one)]),
        _between([one for one in several if not all(judgment.blind for judgment in one)]),
    )


def _with_model(opinions: Iterable[Sequence[Judgment]], counts: Callable[[Judgment], bool]) -> Agreement:
    compared = [[one for one in of_one if one.answer and counts(one)] for of_one in opinions]
    latest = [of_one[-1] for of_one in compared if of_one]
    return Agreement(sum(one.opinion == _said_by_model(one) for one in latest), len(latest))


def _said_by_model(judgment: Judgment) -> tuple[str, str]:
    return (NONE, "") if judgment.decision == NONE else (LABEL, judgment.answer)


def _between(opinions: Sequence[Sequence[Judgment]]) -> Agreement:
    return Agreement(sum(len({one.opinion for one in of_one}) == 1 for of_one in opinions), len(opinions))
