"""The section `calibration` of metrics.json; `calibration.measure_calibration` fills it."""

from typing import Literal

from vitrine.records.schema import Count, Interval, Record, Share

Remark = Literal["few_pictures", "all_right", "at_bound"]
# What was asked of whom: the model about its validation pictures, or heads of the same kind about the training and
# validation pictures that each of them was fitted without.
Basis = Literal["validation", "out_of_fold"]


class ReliabilityBin(Record):
    """Pictures whose confidence lies in one interval.

    Attributes:
        low: lower end of the interval, not in it (but 0 is in the first).
        high: upper end, in it.
        pictures: how many there are.
        confidence: their mean confidence; None without pictures.
        accuracy: share of them that are right; None without pictures.
    """

    low: float
    high: float
    pictures: Count
    confidence: float | None
    accuracy: Share | None


class Reliability(Record):
    """Confidence against truth on the test pictures.

    Attributes:
        error: expected calibration error: mean distance of confidence and accuracy over the bins, weighted by pictures.
        error_interval: its 95 % interval; see `calibration_error_interval`.
        chance_error: mean error that a perfectly calibrated network would show on as many pictures.
        confidence: mean confidence.
        loss: mean negative log-likelihood, in nats.
        bins: equal-width, from 0 to 1.
    """

    error: float
    error_interval: Interval
    chance_error: float
    confidence: float
    loss: float
    bins: list[ReliabilityBin]


class Calibration(Record):
    """The section `calibration` of metrics.json.

    Attributes:
        temperature: fitted on unseen pictures; above 1 the network was too sure of itself, below 1 too modest.
        remark: why the temperature is less certain than it looks: few validation pictures, none of them answered
            wrongly, or the end of the range that was searched; None otherwise.
        validation_pictures: on which it was fitted; with the basis 'out_of_fold', training pictures are among them.
        basis: whose answers to them.
        pictures: test pictures on which everything here is measured.
        accuracy: of the test pictures; no temperature changes it.
        before: with the network's own logits.
        after: with logits divided by the temperature.
    """

    temperature: float
    remark: Remark | None
    validation_pictures: Count
    basis: Basis = "validation"
    pictures: Count
    accuracy: Share
    before: Reliability
    after: Reliability
