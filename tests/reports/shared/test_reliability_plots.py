"""Figures of confidence hold the numbers of their records."""

import pytest

from vitrine.records.calibration import Calibration, Reliability, ReliabilityBin
from vitrine.records.selective import Rejection, RiskCoverage
from vitrine.reports.shared.reliability_plots import (
    LARGEST_DOT,
    SMALLEST_DOT,
    reliability_as_it_is,
    reliability_diagram,
    risk_curve,
)
from vitrine.ui.palette import DARK
from vitrine.ui.texts import load_texts

ENGLISH, FRENCH = load_texts("en"), load_texts("fr")


def make_reliability(*filled):
    """Four bins; `filled` are (number, pictures, confidence, accuracy)."""
    known = {number: values for number, *values in filled}
    bins = [
        ReliabilityBin(
            low=number / 4, high=(number + 1) / 4,
            **dict(zip(("pictures", "confidence", "accuracy"), known.get(number, (0, None, None)), strict=True)),
        )
        for number in range(4)
    ]  # fmt: skip
    return Reliability(error=0.1, error_interval=(0, 0.2), chance_error=0.05, confidence=0.8, loss=0.5, bins=bins)


BEFORE, AFTER = (
    make_reliability((2, 10, 0.6, 0.5), (3, 30, 0.95, 0.8)),
    make_reliability((1, 1, 0.4, 1.0), (3, 39, 0.85, 0.8)),
)


def make_rejection(**changes):
    values = {
        "precision": 0.975, "confidence_threshold": 0.7, "why_never": None, "validation_pictures": 50,
        "validation_coverage": 0.8, "validation_accuracy": 0.98, "similarity_threshold": None, "neighbors": None,
        "validation_refused": None, "pictures": 4, "decisions": [], "coverage": 0.75, "accuracy_answered": 0.9,
        "accuracy_answered_interval": (0.5, 1.0), "refused": None,
        "curve": RiskCoverage(coverage=[0.25, 0.5, 1.0], risk=[0.0, 0.0, 0.25], area=0.1),
    }  # fmt: skip
    return Rejection(**(values | changes))


def lines_of(axes):
    return {line.get_label(): line for line in axes.lines}


def test_bins_without_pictures_are_not_drawn_and_the_others_where_they_lie():
    calibration = Calibration(
        temperature=2.0, remark=None, validation_pictures=9, pictures=40, accuracy=0.75, before=BEFORE, after=AFTER
    )
    shares, counts = reliability_diagram(calibration, ENGLISH).axes
    lines = lines_of(shares)
    assert list(lines) == ["perfect", "as trained", "calibrated"]
    assert lines["as trained"].get_xydata().tolist() == [[0.6, 0.5], [0.95, 0.8]]
    assert lines["calibrated"].get_xydata().tolist() == [[0.4, 1.0], [0.85, 0.8]]
    heights = [bar.get_height() for bar in counts.patches]
    assert heights == pytest.approx([0, 0, 0.25, 0.75, 0, 1 / 40, 0, 39 / 40])


def test_dots_are_as_large_as_their_share_but_never_too_small_to_be_seen():
    shares, _ = reliability_as_it_is(AFTER, ENGLISH, DARK).axes
    (dots,) = shares.collections
    assert dots.get_sizes().tolist() == pytest.approx([SMALLEST_DOT, LARGEST_DOT * 39 / 40])
    assert list(lines_of(shares)) == ["perfect", "the model"]


def test_the_curve_of_risk_shows_what_is_allowed_and_where_the_threshold_lies():
    (axes,) = risk_curve(make_rejection(), ENGLISH).axes
    allowed, curve, chosen = axes.lines
    assert allowed.get_ydata() == pytest.approx([0.025, 0.025])
    assert "2.5" in allowed.get_label()
    assert curve.get_xydata().tolist() == [[0.25, 0.0], [0.5, 0.0], [1.0, 0.25]]
    assert curve.get_marker() == "o"  # so few pictures have no shape
    assert chosen.get_xydata().tolist() == [[0.75, pytest.approx(0.1)]]
    assert axes.get_ylim()[1] == pytest.approx(1.25 * 0.25)


def test_a_model_that_answers_nothing_has_a_curve_and_no_mark():
    nothing = make_rejection(accuracy_answered=None, accuracy_answered_interval=None, coverage=0.0)
    assert len(risk_curve(nothing, FRENCH).axes[0].lines) == 2
