"""Risk against coverage."""

import numpy as np
import pytest

from vitrine.evaluation.risk_coverage import risk_coverage


def test_the_curve_is_the_error_among_the_surest():
    curve = risk_coverage([0.9, 0.8, 0.7, 0.6], [True, False, True, False])
    assert curve.coverage == [0.25, 0.5, 0.75, 1.0]
    assert curve.risk == pytest.approx([0, 0.5, 1 / 3, 0.5])
    assert curve.area == pytest.approx(np.mean([0, 0.5, 1 / 3, 0.5]))


def test_the_curve_knows_no_order_among_equal_confidences():
    assert risk_coverage([0.5] * 4, [True, True, False, False]).risk == pytest.approx([0.5] * 4)
    assert len(risk_coverage(np.random.default_rng(0).random(5000), np.ones(5000)).risk) == 100
