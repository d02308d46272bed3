"""The figure of the learning-rate finder."""

import numpy as np
import pytest

from vitrine.reports.previews.learning_rate import rate_curve
from vitrine.ui.palette import DARK
from vitrine.ui.texts import load_texts

RATES = np.geomspace(1e-5, 1.0, 6)
LOSSES = np.array([2.0, 1.8, 1.0, 0.5, 3.0, 900.0])


def test_both_suggestions_lie_on_the_curve_and_are_named_with_their_rate():
    (axes,) = rate_curve(RATES, LOSSES, steepest=RATES[2], valley=RATES[3]).axes
    curve, valley, steepest = axes.lines
    assert curve.get_xydata() == pytest.approx(np.stack([RATES, LOSSES], axis=1))
    assert valley.get_xydata() == pytest.approx(np.array([[1e-2, 0.5]]))
    assert steepest.get_xydata() == pytest.approx(np.array([[1e-3, 1.0]]))
    assert "0.01" in valley.get_label()
    assert "0.001" in steepest.get_label()
    assert axes.get_xscale() == "log"


def test_an_explosion_does_not_press_what_matters_into_a_line():
    (axes,) = rate_curve(RATES, LOSSES, RATES[2], RATES[3], DARK).axes
    assert axes.get_ylim() == pytest.approx((0.5 - 0.15 - 1e-3, 2.0 + 0.9 + 1e-3))


def test_the_figure_speaks_the_language_of_its_reader():
    english, french = (
        rate_curve(RATES, LOSSES, RATES[2], RATES[3], texts=load_texts(code)).axes[0] for code in ("en", "fr")
    )
    assert english.get_xlabel() != french.get_xlabel()
    assert "0,01" in french.lines[1].get_label()
