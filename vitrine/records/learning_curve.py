"""The section `learning_curve` of metrics.json; `learning_curve.measure_learning_curve` fills it."""

from vitrine.records.schema import Count, Interval, Record, Share


class CurvePoint(Record):
    """One size of the training set.

    Attributes:
        at_most: pictures of each class at most; None for all that a fold leaves for training.
        pictures_per_class: mean over classes and folds.
        accuracy: share of held-out pictures that were rightly named.
        interval: 95 %, over pictures and repeats.
    """

    at_most: int | None
    pictures_per_class: float
    accuracy: Share
    interval: Interval


class Outlook(Record):
    """What the curve foretells for a multiple of today's pictures, if it goes on as it went.

    Attributes:
        factor: 1 is today.
        pictures_per_class: today's mean times the factor.
        accuracy: foretold.
        interval: 95 %, of the accuracy on new pictures.
        gain: over factor 1, a difference of shares.
        gain_interval: 95 %; narrower than that of the accuracy, since the held-out pictures are the same.
    """

    factor: float
    pictures_per_class: float
    accuracy: Share
    interval: Interval
    gain: float
    gain_interval: Interval


class ClassGain(Record):
    """What more pictures of one class would bring.

    Attributes:
        label_name: the class.
        pictures: of it today.
        recall: share of its held-out pictures that get its name.
        recall_interval: 95 %.
        removed: pictures of it that were taken away to see what they are worth.
        gain: expected of the balanced accuracy (mean recall of the classes), for `LearningCurve.added` more pictures.
        gain_interval: 95 %.
        recall_gain: expected of the class's own recall.
        recall_gain_interval: 95 %.
        shown: the gain stands out of the noise, all classes that were looked at taken into account.
    """

    label_name: str
    pictures: Count
    recall: Share
    recall_interval: Interval
    removed: Count
    gain: float
    gain_interval: Interval
    recall_gain: float
    recall_gain_interval: Interval
    shown: bool


class LearningCurve(Record):
    """Accuracy of a linear head on frozen features against the number of training pictures; no test picture was used.

    Attributes:
        pictures: training and validation pictures that were looked at.
        measured: of them, those whose class has an unrelated picture to learn it from.
        classes: with pictures.
        folds: each picture is answered by a head that was fitted without its fold.
        repeats: divisions into folds.
        seed: of the divisions and the bootstrap.
        points: by growing number of pictures.
        floor: of the law error = floor + scale * pictures_per_class ** -exponent; None with too few points for a fit.
        scale: likewise.
        exponent: likewise.
        foretold: accuracy of the last point by the law of the points of at most half its pictures; None with too few.
        outlooks: for 1, 2 and 4 times today's pictures; empty with too few points.
        added: pictures whose worth `gains` tells.
        gains: the most helpful first; classes with enough pictures to take some away, the weakest where there are many.
        not_looked_at: classes without a row in `gains`.
    """

    pictures: Count
    measured: Count
    classes: Count
    folds: Count
    repeats: Count
    seed: int
    points: list[CurvePoint]
    floor: float | None
    scale: float | None
    exponent: float | None
    foretold: Share | None
    outlooks: list[Outlook]
    added: Count
    gains: list[ClassGain]
    not_looked_at: list[str]
