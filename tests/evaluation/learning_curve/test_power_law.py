import numpy as np
import pytest

from vitrine.evaluation.learning_curve.power_law import fit_power_laws

PICTURES = np.array([1.0, 2, 5, 10, 20, 50, 100])


@pytest.mark.parametrize(("floor", "scale", "exponent"), [(0.05, 0.6, 0.5), (0.0, 0.8, 0.2), (0.1, 0.3, 1.2)])
def test_a_law_is_found_again_and_foretells_four_times_as_many(floor, scale, exponent):
    laws = fit_power_laws(PICTURES, (floor + scale * PICTURES**-exponent)[np.newaxis])
    assert laws.predict(400.0)[0] == pytest.approx(floor + scale * 400**-exponent, abs=0.002)


def test_each_curve_has_its_own_law():
    errors = np.stack([0.1 + 0.5 * PICTURES**-0.5, 0.3 * PICTURES**-1.0])
    assert fit_power_laws(PICTURES, errors).predict(100.0) == pytest.approx(errors[:, -1], abs=0.002)


def test_the_error_never_falls_below_zero_nor_rises_with_more_pictures():
    generator = np.random.default_rng(0)
    laws = fit_power_laws(PICTURES, generator.random((200, len(PICTURES))))
    assert (laws.floor >= 0).all()
    assert (laws.scale >= 0).all()
    assert (laws.predict(200.0) <= laws.predict(100.0)).all()


def test_a_head_without_mistakes_has_a_law_of_zero():
    laws = fit_power_laws(PICTURES, np.zeros((1, len(PICTURES))))
    assert laws.predict(1000.0)[0] == 0


def test_a_law_brought_to_a_measured_error_goes_through_it_and_keeps_its_bend():
    laws = fit_power_laws(PICTURES, (0.05 + 0.6 * PICTURES**-0.5)[np.newaxis])
    brought = laws.through(100.0, np.array([0.055]))
    assert brought.predict(100.0)[0] == pytest.approx(0.055)
    ratios = [law.predict(400.0)[0] / law.predict(100.0)[0] for law in (laws, brought)]
    assert ratios[0] == pytest.approx(ratios[1])
    assert laws.through(100.0, np.zeros(1)).predict(400.0)[0] == 0
