"""The section on the learning curve: what could not be fitted is None."""

from tests.records.examples import faults_of
from vitrine.records.learning_curve import ClassGain, CurvePoint, LearningCurve, Outlook


def make_curve(**changes):
    """Two sizes of a training set, one outlook, one class."""
    fields = {
        "pictures": 40,
        "measured": 38,
        "classes": 2,
        "folds": 4,
        "repeats": 3,
        "seed": 0,
        "points": [
            CurvePoint(at_most=5, pictures_per_class=5.0, accuracy=0.7, interval=(0.6, 0.8)),
            CurvePoint(at_most=None, pictures_per_class=14.25, accuracy=0.8, interval=(0.7, 0.9)),
        ],
        "floor": 0.05,
        "scale": 0.9,
        "exponent": 0.5,
        "foretold": 0.78,
        "outlooks": [
            Outlook(
                factor=2, pictures_per_class=28.5, accuracy=0.85, interval=(0.7, 0.9), gain=0.05, gain_interval=(0, 0.1)
            )
        ],
        "added": 10,
        "gains": [
            ClassGain(
                label_name="cat",
                pictures=20,
                recall=0.75,
                recall_interval=(0.5, 0.9),
                removed=5,
                gain=-0.01,
                gain_interval=(-0.05, 0.03),
                recall_gain=0.1,
                recall_gain_interval=(0.0, 0.2),
                shown=False,
            )
        ],
        "not_looked_at": ["dog"],
    }
    return LearningCurve(**fields | changes)


def test_the_section_is_read_as_it_was_written():
    written = make_curve()
    read = LearningCurve.model_validate_json(written.model_dump_json())
    assert read == written
    assert [point.at_most for point in read.points] == [5, None]
    assert read.gains[0].gain == -0.01, "more pictures may cost something too"


def test_too_few_points_leave_the_law_and_the_outlooks_out():
    written = make_curve(floor=None, scale=None, exponent=None, foretold=None, outlooks=[], gains=[])
    assert LearningCurve.model_validate_json(written.model_dump_json()) == written


def test_accuracies_that_are_no_shares_and_negative_counts_are_refused():
    curve = make_curve()
    assert faults_of(curve.points[0], accuracy=70) == {"accuracy": "less_than_equal"}
    assert faults_of(curve, foretold=-0.1, folds=-1) == {
        "foretold": "greater_than_equal",
        "folds": "greater_than_equal",
    }
