"""When a model should not answer: thresholds chosen on unseen pictures, and what they do to test pictures."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, gammaln
from scipy.stats import nct, norm

from vitrine.evaluation.intervals import wilson_interval
from vitrine.models.calibration.selective import decision_kinds, likely_label_ids
from vitrine.predict.predictions import Predictions
from vitrine.records.calibration import Basis
from vitrine.records.model import Trust
from vitrine.records.selective import DecisionKind, DecisionShare, Rejection, RiskCoverage

# Probability with which the precision shall be kept on as many new pictures, and how far mean confidence may lie below
# the precision. The lowest confidence of many is chosen, so the probability comes out lower: simulated with classifiers
# of accuracy 0.74 to 0.98 and 100 to 300 validation pictures, the promise holds in 93 to 99 of 100 cases.
ASSURANCE = 0.95
SLACK = 0.01
KNOWN_KEPT = 0.98
MOST_CANDIDATES = 2000  # thresholds tried: more would not be finer than chance
CURVE_POINTS = 100

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ConfidenceThreshold:
    """From which confidence on answers are given.

    Attributes:
        value: None: none are given.
        proven: whether the pictures show that the precision is kept.
    """

    value: float | None
    proven: bool


def choose_confidence_threshold(
    confidence: npt.ArrayLike, right: npt.ArrayLike, precision: float, assurance: float = ASSURANCE
) -> ConfidenceThreshold:
    """The lowest confidence from which on answers may be given.

    Two things must hold for the answers given to these pictures. Of as many new answers, `precision` would be right
    with a probability of `assurance` at least (beta-binomial, with Jeffreys' prior: what chance does to these pictures
    and what it will do to new ones are both counted). And their mean calibrated confidence is not more than 0.01 below
    `precision`, which keeps a lucky run among few pictures from deciding.

    Where nothing can be proven, it is no proof of the contrary either. Then the plain share of right answers decides in
    place of the probability, among as many answers as could have proven it; if there are not so many, among all of
    them, and where these say nothing at all, the calibrated confidence itself must be `precision`.

    Args:
        confidence: calibrated, of the answers to unseen pictures, `[pictures]`.
        right: whether they are right, `[pictures]`.
        precision: wanted share of right answers.
        assurance: see above.
    """
    values, hits = np.asarray(confidence, np.float64), np.asarray(right, np.bool_)
    order = np.argsort(-values, kind="stable")
    values, answers = values[order], np.arange(1, len(values) + 1, dtype=np.int64)
    right_answers = np.cumsum(hits[order].astype(np.int64))
    ends = np.append(values[1:] < values[:-1], True)  # equal confidences are answered together or not at all
    places = np.flatnonzero(ends & (np.cumsum(values) / answers >= precision - SLACK))
    if len(places) > MOST_CANDIDATES:
        places = places[np.linspace(0, len(places) - 1, MOST_CANDIDATES).astype(int)]
    proven = places[_assured(right_answers[places], answers[places], precision) >= assurance]
    if len(proven):
        return ConfidenceThreshold(_reach_down(values, int(proven[-1]), precision), True)
    needed = least_pictures_to_prove(precision, len(values), assurance)
    plausible = places[answers[places] - right_answers[places] <= _allow_mistakes(answers[places], precision)]
    if needed is not None:
        plausible = plausible[answers[plausible] >= needed]
    if len(plausible):
        return ConfidenceThreshold(_reach_down(values, int(plausible[-1]), precision), False)
    return ConfidenceThreshold(precision if needed is None else None, False)


def _reach_down(values: Floats, place: int, precision: float) -> float:
    """The confidence at a place; or `precision`, where that is lower and no picture in between speaks against it.

    Args:
        values: confidences, the highest first.
        place: of the last picture that is answered.
        precision: wanted share of right answers.
    """
    is_free = place + 1 == len(values) or values[place + 1] < precision
    return float(min(values[place], precision) if is_free else values[place])


def least_pictures_to_prove(precision: float, at_most: int, assurance: float = ASSURANCE) -> int | None:
    """How many answers, all of them right, show that the precision is kept; None where that takes more than `at_most`.

    Args:
        precision: wanted share of right answers.
        at_most: so many pictures are at hand.
        assurance: see `choose_confidence_threshold`.
    """
    # The probability is highest where one more mistake is just allowed; three in sum are enough for any precision.
    numbers = np.ceil(np.arange(1, 4) / (1 - precision) - 1e-9).astype(np.int64)
    numbers = numbers[numbers <= at_most]
    enough = numbers[_assured(numbers, numbers, precision) >= assurance]
    return int(enough[0]) if len(enough) else None


def _assured(right: npt.NDArray[np.int64], answers: npt.NDArray[np.int64], precision: float) -> Floats:
    """Probability that of as many new answers at least the share `precision` is right."""
    allowed = _allow_mistakes(answers, precision)
    if not len(answers):
        return np.zeros(0)
    mistakes = np.arange(allowed.max() + 1)[:, None]
    within = mistakes <= allowed
    mistakes = np.minimum(mistakes, answers)  # keeps the terms that do not count finite
    ways = gammaln(answers + 1) - gammaln(mistakes + 1) - gammaln(answers - mistakes + 1)
    prior = answers - right + 0.5, right + 0.5  # of the share of mistakes, after the validation pictures
    terms = np.exp(ways + betaln(mistakes + prior[0], answers - mistakes + prior[1]) - betaln(*prior))
    probability: Floats = np.where(within, terms, 0).sum(axis=0)
    return probability


def _allow_mistakes(answers: npt.NDArray[np.int64], precision: float) -> Floats:
    """How many of so many answers may be wrong."""
    allowed: Floats = np.floor((1 - precision) * answers + 1e-9)
    return allowed


def choose_similarity_threshold(similarity: npt.ArrayLike, kept: float = KNOWN_KEPT) -> float:
    """The similarity below which a picture is of none of the classes.

    It is the one that the stated share of these pictures reaches. Where they are too few to count the others, even the
    lowest of them would refuse many new pictures in some trainings (one of seven, with 40), so the limit lies as much
    lower as a normal distribution that keeps that share with a probability of 95 % would put it (a tolerance limit).

    Args:
        similarity: of unseen pictures, all of known classes, `[pictures]`.
        kept: share of them that must not be refused, at least.
    """
    values = np.sort(np.asarray(similarity, np.float64))
    count = len(values)
    place = math.floor((1 - kept) * count + 1e-9)
    if place or count == 1:
        return float(values[place])
    factor = nct.ppf(ASSURANCE, count - 1, norm.ppf(kept) * math.sqrt(count)) / math.sqrt(count)
    return float(max(min(values[0], values.mean() - factor * values.std(ddof=1)), -1.0))


def choose_trust(
    unseen: Predictions, precision: float, temperature: float, in_weights: bool, neighbors: int | None
) -> Trust:
    """Fixes both thresholds on unseen pictures; the one of the confidence among the pictures that are not refused.

    Args:
        unseen: calibrated answers to pictures that the network (or one like it) had not learned, with true labels.
        precision: wanted share of right answers.
        temperature: see `Trust`.
        in_weights: see `Trust`.
        neighbors: see `Trust`.
    """
    threshold, in_distribution = None, np.ones(len(unseen), np.bool_)
    if unseen.similarities is not None:
        threshold = choose_similarity_threshold(unseen.similarities)
        in_distribution = unseen.similarities >= threshold
    confidence = choose_confidence_threshold(
        unseen.confidence[in_distribution], unseen.is_right[in_distribution], precision
    )
    return Trust(
        temperature=temperature,
        in_weights=in_weights,
        precision=precision,
        confidence_threshold=confidence.value,
        proven=confidence.proven,
        similarity_threshold=threshold,
        neighbors=None if threshold is None else neighbors,
    )


def measure_rejection(trust: Trust, unseen: Predictions, test: Predictions, basis: Basis = "validation") -> Rejection:
    """What a model's thresholds do.

    Args:
        trust: of the model.
        unseen: the answers that chose it; see `choose_trust`.
        test: pictures of the same classes, never seen before.
        basis: whose answers chose it.
    """
    before, after = (decision_kinds(part.probabilities, trust, part.similarities) for part in (unseen, test))
    measured = trust.similarity_threshold is not None
    answered = int((after == "answered").sum())
    right = int(test.is_right[after == "answered"].sum())
    right_before = unseen.is_right[before == "answered"]
    return Rejection(
        precision=trust.precision,
        confidence_threshold=trust.confidence_threshold,
        proven=trust.proven,
        why_never="too_many_mistakes" if trust.confidence_threshold is None else None,
        validation_pictures=len(before),
        basis=basis,
        validation_coverage=len(right_before) / len(before),
        validation_accuracy=float(right_before.mean()) if len(right_before) else None,
        similarity_threshold=trust.similarity_threshold,
        neighbors=trust.neighbors,
        validation_refused=float((before == "none").mean()) if measured else None,
        pictures=len(after),
        decisions=_count_decisions(test, after),
        coverage=answered / len(after),
        accuracy_answered=right / answered if answered else None,
        accuracy_answered_interval=wilson_interval(right, answered) if answered else None,
        refused=float((after == "none").mean()) if measured else None,
        curve=risk_coverage(test.confidence, test.is_right),
    )


def _count_decisions(test: Predictions, kinds: npt.NDArray[np.str_]) -> list[DecisionShare]:
    named = likely_label_ids(test.probabilities)
    is_named = (named == test.true_label_ids[:, None]).any(axis=1)
    names: tuple[DecisionKind, ...] = ("answered", "unsure", "none")
    return [
        DecisionShare(
            decision=name,
            pictures=int((kinds == name).sum()),
            right=int(test.is_right[kinds == name].sum()),
            right_of_two=int(is_named[kinds == name].sum()),
        )
        for name in names
    ]


def risk_coverage(confidence: npt.ArrayLike, right: npt.ArrayLike) -> RiskCoverage:
    """What share of answers would be wrong if only the surest were given: a curve, thinned to a hundred points.

    Args:
        confidence: `[pictures]`.
        right: whether they are right, `[pictures]`.
    """
    values, hits = np.asarray(confidence, np.float64), np.asarray(right, np.float64)
    order = np.argsort(-values, kind="stable")
    answers = np.arange(1, len(values) + 1)
    # Equal confidences come in no order: each of them counts as the mean of them all.
    _, group, size = np.unique(-values[order], return_inverse=True, return_counts=True)
    hits = (np.bincount(group, hits[order]) / size)[group]
    risk = 1 - np.cumsum(hits) / answers
    points = np.unique(np.linspace(0, len(values) - 1, min(CURVE_POINTS, len(values))).round().astype(int))
    return RiskCoverage(
        coverage=(answers[points] / len(values)).tolist(),
        risk=np.clip(risk[points], 0, 1).tolist(),
        area=float(np.clip(risk.mean(), 0, 1)),
    )
