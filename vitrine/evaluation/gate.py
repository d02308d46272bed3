"""May a retrained model follow the one in use? Both answer the pictures of the gate, and no figure may get much worse.

Each loss has a margin, stated before. A model is accepted where *every* loss is shown to stay below its margin: each
at the full level, since a model that breaks one promise must pass that very test by chance (intersection-union test,
Berger 1982). It is refused where *one* loss is shown to exceed its margin, with a confidence that holds for all
questions together (Bonferroni), since the more are asked, the sooner one alarms by chance. Between the two the
pictures are too few, and it is said how many would do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vitrine.evaluation.noninferiority import (
    Loss,
    bound_mean,
    bound_share,
    pictures_for_mean,
    pictures_for_share,
)
from vitrine.evaluation.probability_scores import brier_losses
from vitrine.evaluation.significance import compare_answers
from vitrine.records.gate import Figure, GateCheck, GateFindings, GateMargins, GateVerdict, NewClass, Outcome

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
SAME = 1e-9  # probabilities that differ by less are one answer


@dataclass(frozen=True)
class GateAnswers:
    """What a model says of the pictures of the gate.

    Attributes:
        probabilities: calibrated, of the classes of the retrained model, `[pictures, classes]`.
        answered: whether it answers, and is neither unsure nor says that it is none of its classes, `[pictures]`.
    """

    probabilities: Floats
    answered: Bools

    def select(self, rows: Bools) -> "GateAnswers":
        """Those of some pictures."""
        return GateAnswers(self.probabilities[rows], self.answered[rows])


@dataclass(frozen=True)
class _Question:
    """Both models' answers to some pictures.

    Attributes:
        alarm: confidence for saying that a loss exceeds its margin.
    """

    current: GateAnswers
    candidate: GateAnswers
    label_ids: npt.NDArray[np.int64]
    margins: GateMargins
    alarm: float

    def about_shares(self, figure: Figure, margin: float, before: Bools, after: Bools, label: str = "") -> GateCheck:
        """Whether a share of the pictures has become smaller."""
        lost, gained, total = int((before & ~after).sum()), int((after & ~before).sum()), len(before)
        assurance = self.margins.confidence
        if not total:
            enough = pictures_for_share(0, 0, 1, margin, assurance)
            return GateCheck(figure=figure, label_name=label, pictures=0, margin=margin, outcome="open", enough=enough)
        loss = bound_share(lost, gained, total, self.alarm, assurance)
        outcome = _judge(loss, margin)
        return GateCheck(
            figure=figure,
            label_name=label,
            pictures=total,
            current=float(before.mean()),
            candidate=float(after.mean()),
            **vars(loss),
            margin=margin,
            outcome=outcome,
            enough=pictures_for_share(lost, gained, total, margin, assurance) if outcome == "open" else None,
        )

    def about_scores(self, figure: Figure, margin: float, losses: Floats, before: float, after: float) -> GateCheck:
        """Whether the mean of a score has become worse."""
        loss = bound_mean(losses, self.alarm, self.margins.confidence)
        outcome = _judge(loss, margin)
        return GateCheck(
            figure=figure,
            pictures=len(losses),
            current=before,
            candidate=after,
            **vars(loss),
            margin=margin,
            outcome=outcome,
            enough=pictures_for_mean(losses, margin, self.margins.confidence) if outcome == "open" else None,
        )


def ask_both(
    current: GateAnswers,
    candidate: GateAnswers,
    label_ids: npt.NDArray[np.int64],
    label_names: Sequence[str],
    known: Bools,
    margins: GateMargins,
) -> GateFindings:
    """Compares two models on the pictures of the gate.

    Args:
        current: of the model in use; 0 for classes that it does not know.
        candidate: of the retrained one.
        label_ids: the true ones, `[pictures]`.
        label_names: of the retrained model, in the order of its label ids.
        known: whether the model in use knows each class; pictures of others are reported beside.
        margins: of the losses.

    Returns:
        The findings, but for latency and memory.
    """
    old = known[label_ids]
    classes = np.flatnonzero(known)
    asked = 4 + len(classes)
    alarm = 1 - (1 - margins.confidence) / asked
    question = _Question(current.select(old), candidate.select(old), label_ids[old], margins, alarm)
    checks = tuple(_ask(question, label_names, classes.tolist()))
    before, after = _is_right(question.current, label_ids[old]), _is_right(question.candidate, label_ids[old])
    same = np.abs(current.probabilities - candidate.probabilities).max(initial=0.0) < SAME
    return GateFindings(
        verdict=decide(checks),
        checks=checks,
        difference=compare_answers(before[None], after[None]) if len(before) else None,
        unchanged=bool(same) and bool((current.answered == candidate.answered).all()),
        new_classes=_look_at_new(candidate, label_ids, label_names, known),
    )


def decide(checks: Sequence[GateCheck]) -> GateVerdict:
    """What follows of all checks together."""
    outcomes = {check.outcome for check in checks}
    return "refused" if "broken" in outcomes else "undecided" if "open" in outcomes else "accepted"


def check_limit(figure: Figure, pictures: int, current: float, candidate: float, margin: float) -> GateCheck:
    """Whether a measured cost stays within a factor of what it was.

    Args:
        figure: latency or memory.
        pictures: that were answered for it.
        current: cost of the model in use, above 0.
        candidate: of the retrained one.
        margin: highest factor.
    """
    factor = candidate / current
    return GateCheck(
        figure=figure,
        pictures=pictures,
        current=current,
        candidate=candidate,
        worse_by=factor,
        margin=margin,
        outcome="holds" if factor <= margin else "broken",
    )


def _ask(question: _Question, label_names: Sequence[str], classes: Sequence[int]) -> Iterator[GateCheck]:
    current, candidate, label_ids, margins = (
        *(question.current, question.candidate),
        *(question.label_ids, question.margins),
    )
    before, after = _is_right(current, label_ids), _is_right(candidate, label_ids)
    yield question.about_shares("accuracy", margins.accuracy, before, after)
    for label_id in classes:
        own = label_ids == label_id
        yield question.about_shares("class", margins.class_accuracy, before[own], after[own], label_names[label_id])
    yield question.about_shares("answered", margins.answered, current.answered, candidate.answered)
    if not len(label_ids):
        return
    briers = [brier_losses(one.probabilities, label_ids) for one in (current, candidate)]
    means = [float(losses.mean()) for losses in briers]
    yield question.about_scores("probabilities", margins.probabilities, briers[1] - briers[0], means[0], means[1])
    gaps = [one.probabilities.max(axis=1) - right for one, right in ((current, before), (candidate, after))]
    # The sign of each mean is taken as it is measured: where a model is very well calibrated that makes the distances
    # a little too large, for both alike.
    sides = [1.0 if gap.mean() >= 0 else -1.0 for gap in gaps]
    distances = [side * float(gap.mean()) for side, gap in zip(sides, gaps, strict=True)]
    losses = sides[1] * gaps[1] - sides[0] * gaps[0]
    yield question.about_scores("calibration", margins.calibration, losses, distances[0], distances[1])


def _judge(loss: Loss, margin: float) -> Outcome:
    if loss.at_most < margin:
        return "holds"
    return "broken" if loss.at_least > margin else "open"


def _is_right(answers: GateAnswers, label_ids: npt.NDArray[np.int64]) -> Bools:
    right: Bools = answers.probabilities.argmax(axis=1) == label_ids
    return right


def _look_at_new(
    candidate: GateAnswers, label_ids: npt.NDArray[np.int64], label_names: Sequence[str], known: Bools
) -> tuple[NewClass, ...]:
    right = _is_right(candidate, label_ids)
    return tuple(
        NewClass(
            label_name=label_names[label_id],
            pictures=int((label_ids == label_id).sum()),
            right=int(right[label_ids == label_id].sum()),
        )
        for label_id in np.flatnonzero(~known).tolist()
    )
