"""When a model should not answer: thresholds chosen on validation pictures, and what they do to test pictures."""

import math

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, gammaln

from vitrine.evaluation.intervals import wilson_interval
from vitrine.models.calibration.selective import decision_kinds
from vitrine.predict.predictions import Predictions
from vitrine.records.model import Trust
from vitrine.records.selective import DecisionKind, DecisionShare, Rejection, RiskCoverage, WhyNever

# Probability with which the precision shall be kept on as many new pictures, and how far mean confidence may lie below
# the precision. The lowest confidence of many is chosen, so the probability comes out lower: simulated with classifiers
# of accuracy 0.74 to 0.98 and 100 to 300 validation pictures, the promise holds in 93 to 99 of 100 cases.
ASSURANCE = 0.95
SLACK = 0.01
KNOWN_KEPT = 0.98
MOST_CANDIDATES = 2000  # thresholds tried: more would not be finer than chance
CURVE_POINTS = 100

Floats = npt.NDArray[np.float64]


def choose_confidence_threshold(
    confidence: npt.ArrayLike, right: npt.ArrayLike, precision: float, assurance: float = ASSURANCE
) -> float | None:
    """The lowest confidence from which on answers may be given.

    Two things must hold for the answers given to validation pictures. Of as many new answers, `precision` would be
    right with a probability of `assurance` at least (beta-binomial, with Jeffreys' prior: what chance does to the
    validation pictures and what it will do to new ones are both counted). And their mean calibrated confidence is not
    more than 0.01 below `precision`, which keeps a lucky stretch among few pictures from deciding.

    Args:
        confidence: calibrated, of the answers to validation pictures, `[pictures]`.
        right: whether they are right, `[pictures]`.
        precision: wanted share of right answers.
        assurance: see above.

    Returns:
        None where no threshold does.
    """
    values, hits = np.asarray(confidence, np.float64), np.asarray(right, np.bool_)
    order = np.argsort(-values, kind="stable")
    values, answers = values[order], np.arange(1, len(values) + 1, dtype=np.int64)
    right_answers = np.cumsum(hits[order].astype(np.int64))
    ends = np.append(values[1:] < values[:-1], True)  # equal confidences are answered together or not at all
    places = np.flatnonzero(ends & (np.cumsum(values) / answers >= precision - SLACK))
    if len(places) > MOST_CANDIDATES:
        places = places[np.linspace(0, len(places) - 1, MOST_CANDIDATES).astype(int)]
    kept = places[_assured(right_answers[places], answers[places], precision) >= assurance]
    return float(values[kept[-1]]) if len(kept) else None


def _assured(right: npt.NDArray[np.int64], answers: npt.NDArray[np.int64], precision: float) -> Floats:
    """Probability that of as many new answers at least the share `precision` is right."""
    allowed = np.floor((1 - precision) * answers + 1e-9)  # mistakes
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


def explain_no_threshold(validation_pictures: int, precision: float) -> WhyNever:
    """Whether as many pictures could show the precision at all, were every answer right and sure."""
    pictures = np.asarray([validation_pictures])
    could = _assured(pictures, pictures, precision)[0] >= ASSURANCE
    return "too_many_mistakes" if could else "too_few_pictures"


def choose_similarity_threshold(similarity: npt.ArrayLike, kept: float = KNOWN_KEPT) -> float:
    """The similarity below which a picture is of none of the classes.

    Args:
        similarity: of validation pictures, all of known classes, `[pictures]`.
        kept: share of them that must not be refused, at least.
    """
    values = np.sort(np.asarray(similarity, np.float64))
    return float(values[math.floor((1 - kept) * len(values) + 1e-9)])


def choose_trust(
    validation: Predictions, precision: float, temperature: float, in_weights: bool, neighbors: int | None
) -> Trust:
    """Fixes both thresholds on validation pictures; the one of the confidence among the pictures that are not refused.

    Args:
        validation: calibrated, with true labels.
        precision: wanted share of right answers.
        temperature: see `Trust`.
        in_weights: see `Trust`.
        neighbors: see `Trust`.
    """
    threshold, in_distribution = None, np.ones(len(validation), np.bool_)
    if validation.similarities is not None:
        threshold = choose_similarity_threshold(validation.similarities)
        in_distribution = validation.similarities >= threshold
    return Trust(
        temperature=temperature,
        in_weights=in_weights,
        precision=precision,
        confidence_threshold=choose_confidence_threshold(
            validation.confidence[in_distribution], validation.is_right[in_distribution], precision
        ),
        similarity_threshold=threshold,
        neighbors=None if threshold is None else neighbors,
    )


def measure_rejection(trust: Trust, validation: Predictions, test: Predictions) -> Rejection:
    """What a model's thresholds do.

    Args:
        trust: of the model.
        validation: the pictures that chose it.
        test: pictures of the same classes, never seen before.
    """
    before, after = (decision_kinds(part.probabilities, trust, part.similarities) for part in (validation, test))
    measured = trust.similarity_threshold is not None
    never = trust.confidence_threshold is None
    answered = int((after == "answered").sum())
    right = int(test.is_right[after == "answered"].sum())
    on_validation = validation.is_right[before == "answered"]
    return Rejection(
        precision=trust.precision,
        confidence_threshold=trust.confidence_threshold,
        why_never=explain_no_threshold(len(before), trust.precision) if never else None,
        validation_pictures=len(before),
        validation_coverage=len(on_validation) / len(before),
        validation_accuracy=float(on_validation.mean()) if len(on_validation) else None,
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
    two = np.argsort(-test.probabilities, axis=1, kind="stable")[:, :2]
    of_two = (two == test.true_label_ids[:, None]).any(axis=1)
    names: tuple[DecisionKind, ...] = ("answered", "unsure", "none")
    return [
        DecisionShare(
            decision=name,
            pictures=int((kinds == name).sum()),
            right=int(test.is_right[kinds == name].sum()),
            right_of_two=int(of_two[kinds == name].sum()),
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
