"""The figure of the learning curve holds what was measured and what is foretold."""

import numpy as np
import pytest

from vitrine.evaluation.learning_curve.curve import measure_learning_curve
from vitrine.reports.learning_curve.plot import LEAST_DISTANCE, draw_learning_curve
from vitrine.ui.palette import DARK
from vitrine.ui.texts import load_texts

ENGLISH = load_texts("en")


@pytest.fixture(scope="module")
def curve():
    generator = np.random.default_rng(0)
    label_ids = np.repeat([0, 1], 30)
    features = (1.2 * np.eye(8)[label_ids] + generator.normal(size=(60, 8))).astype(np.float32)
    return measure_learning_curve(features, label_ids, ["cat", "dog"], repeats=2)


def points_of(axes):
    """Places and values of the marks with an interval, measured first."""
    return [container.lines[0].get_xydata() for container in axes.containers]


def test_measured_and_foretold_points_lie_where_the_record_says(curve):
    (axes,) = draw_learning_curve(curve, ENGLISH).axes
    measured, foretold = points_of(axes)
    assert measured == pytest.approx(np.array([[one.pictures_per_class, one.accuracy] for one in curve.points]))
    ahead = [[one.pictures_per_class, one.accuracy] for one in curve.outlooks[1:]]
    assert foretold == pytest.approx(np.array(ahead))
    assert axes.get_xscale() == "log"


def test_intervals_are_drawn_from_end_to_end(curve):
    (axes,) = draw_learning_curve(curve, ENGLISH, DARK).axes
    bars = axes.containers[0].lines[2][0].get_segments()
    for bar, point in zip(bars, curve.points, strict=True):
        assert bar[:, 1] == pytest.approx(point.interval)


def test_numbers_on_the_axis_do_not_touch_and_the_last_one_is_there(curve):
    (axes,) = draw_learning_curve(curve, ENGLISH).axes
    shown = np.sort(axes.xaxis.get_major_locator().locs)
    assert shown[-1] == curve.outlooks[-1].pictures_per_class
    assert (shown[1:] / shown[:-1] >= LEAST_DISTANCE).all()


def test_without_an_outlook_only_measured_points_are_drawn(curve):
    short = curve.model_copy(update={"outlooks": [], "floor": None, "scale": None, "exponent": None})
    (axes,) = draw_learning_curve(short, ENGLISH).axes
    assert len(points_of(axes)) == 1
