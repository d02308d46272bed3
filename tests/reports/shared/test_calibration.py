"""Can the percentages be believed: what is claimed."""

import pytest

from tests.reports.shared.conftest import measured
from vitrine.records.calibration import Reliability
from vitrine.reports.shared.calibration import judge_confidence, show_calibration
from vitrine.ui.texts import load_texts

ENGLISH = load_texts("en")


@pytest.mark.parametrize(
    ("scale", "words"), [(5.0, "too sure of itself"), (0.2, "too modest"), (None, "was so already as trained")]
)
def test_the_temperature_is_explained(scale, words):
    calibration, _ = measured(2000, 2.0, 1.0)
    known = 1 / calibration.temperature
    calibration, _ = measured(2000, 2.0, known * (scale or 1.0))
    assert words in show_calibration(calibration, load_texts("en"))["temperature"]


def test_percentages_of_a_good_classifier_are_called_believable():
    calibration, _ = measured(300, 6.0)
    said = show_calibration(calibration, ENGLISH)
    assert said["claim"].startswith("Yes")
    assert [row.before == row.after for row in said["rows"]] == [False, False, False, False, True, False]


@pytest.mark.parametrize(
    ("interval", "confidence", "kind"),
    [
        ((0.0, 0.05), 0.9, "believable"),
        ((0.0, 0.2), 0.9, "unclear"),
        ((0.01, 0.2), 0.9, "too_sure"),
        ((0.01, 0.05), 0.7, "too_modest"),
    ],
)
def test_an_error_beyond_chance_has_a_direction(interval, confidence, kind):
    reliability = Reliability(
        error=0.03, error_interval=interval, chance_error=0.01, confidence=confidence, loss=0.3, bins=[]
    )
    assert judge_confidence(reliability, accuracy=0.8) == kind
