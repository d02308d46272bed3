"""The section `rejection` of metrics.json; `selective.measure_rejection` fills it."""

from types import MappingProxyType
from typing import Literal

from vitrine.records.calibration import Basis
from vitrine.records.schema import Count, Interval, Record, Share

WhyNever = Literal["too_few_pictures", "too_many_mistakes"]
DecisionKind = Literal["answered", "unsure", "none"]


class RiskCoverage(Record):
    """What share of answers would be wrong if only the surest were given.

    Attributes:
        coverage: shares of the test pictures, surest first, rising to 1.
        risk: share of wrong answers among them, of the same length.
        area: under the curve of all pictures; 0 is best, and at random it is the share of wrong answers.
    """

    coverage: list[float]
    risk: list[float]
    area: float


class DecisionShare(Record):
    """Test pictures that met one decision.

    Attributes:
        decision: answered, unsure, or none of the classes.
        pictures: how many.
        right: how many of them have the label of the likeliest class.
        right_of_two: how many of them have the label of one of the classes that are named: the likeliest, and the
            second where its probability is not next to nothing.
    """

    decision: DecisionKind
    pictures: Count
    right: Count
    right_of_two: Count


class Rejection(Record):
    """The section `rejection` of metrics.json.

    Attributes:
        precision: share of the given answers that shall be right, as the recipe asks.
        confidence_threshold: calibrated probability from which on an answer is given; None where every answer is called
            unsure.
        proven: whether the precision was shown to be kept with a probability of 95 %; where it was not, answers are
            given all the same where the pictures at hand speak for it.
        why_never: without threshold: the surest were not right or not sure often enough, or (earlier versions) too few
            validation pictures to show anything; None with one.
        validation_pictures: on which the thresholds were chosen; with the basis 'out_of_fold', training pictures are
            among them.
        basis: whose answers to them.
        validation_coverage: share of them that gets an answer.
        validation_accuracy: share of right ones among those; None without any.
        similarity_threshold: see `Trust`; None where the network has no single vector of features.
        neighbors: see `Trust`.
        validation_refused: share of validation pictures called none of the classes; None where it is not measured.
        pictures: test pictures.
        decisions: what test pictures met: answered, unsure, none.
        coverage: share of test pictures that got an answer.
        accuracy_answered: share of right ones among those; None without any.
        accuracy_answered_interval: its 95 % interval (Wilson); None likewise.
        refused: share of test pictures, all of known classes, called none of them; None where it is not measured.
        curve: risk against coverage by calibrated confidence, all test pictures.
    """

    renamed_fields = MappingProxyType({"familiarity_threshold": "similarity_threshold", "neighbours": "neighbors"})

    precision: Share
    confidence_threshold: float | None
    proven: bool = True
    why_never: WhyNever | None
    validation_pictures: Count
    basis: Basis = "validation"
    validation_coverage: Share
    validation_accuracy: Share | None
    similarity_threshold: float | None
    neighbors: int | None
    validation_refused: Share | None
    pictures: Count
    decisions: list[DecisionShare]
    coverage: Share
    accuracy_answered: Share | None
    accuracy_answered_interval: Interval | None
    refused: Share | None
    curve: RiskCoverage
