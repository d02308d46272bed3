"""Can the percentages be believed: the section on calibration."""

from dataclasses import dataclass
from typing import Literal

from vitrine.records.calibration import Calibration, Reliability
from vitrine.reports.shared.reliability_plots import reliability_diagram
from vitrine.ui.figures import inline_figure
from vitrine.ui.texts import Texts

TOO_WIDE = 0.1  # an interval that ends beyond says neither yes nor no
CLEAR = 0.05  # a temperature nearer to 1 changed next to nothing


@dataclass(frozen=True)
class CalibrationRow:
    """A figure before and after."""

    name: str
    before: str
    after: str


def show_calibration(calibration: Calibration, texts: Texts) -> dict[str, object]:
    """The content of `shared/calibration.html.jinja`, which finds it under `calibration`.

    Args:
        calibration: the section of metrics.json.
        texts: of the page's language.
    """
    before, after = calibration.before, calibration.after

    def interval(ends: tuple[float, float]) -> str:
        return texts.interval(*ends, decimals=1)

    rows = [
        CalibrationRow(texts("calibration.error"), texts.percent(before.error, 1), texts.percent(after.error, 1)),
        CalibrationRow(texts("calibration.interval"), interval(before.error_interval), interval(after.error_interval)),
        CalibrationRow(
            texts("calibration.chance"), texts.percent(before.chance_error, 1), texts.percent(after.chance_error, 1)
        ),
        CalibrationRow(
            texts("calibration.confidence"), texts.percent(before.confidence, 1), texts.percent(after.confidence, 1)
        ),
        CalibrationRow(
            texts("calibration.accuracy"),
            texts.percent(calibration.accuracy, 1),
            texts.percent(calibration.accuracy, 1),
        ),
        CalibrationRow(texts("calibration.loss"), texts.number(before.loss, 3), texts.number(after.loss, 3)),
    ]
    return {
        "claim": _claim(calibration, texts),
        "temperature": _describe_temperature(calibration, texts),
        "remark": texts(f"calibration.remarks.{calibration.remark}") if calibration.remark else "",
        "explanation": texts("calibration.explanation", count=calibration.pictures),
        "rows": rows,
        "figure": inline_figure(lambda theme: reliability_diagram(calibration, texts, theme)),
    }


def tell_calibration(calibration: Calibration, texts: Texts) -> list[str]:
    """The same in sentences alone, for a text without figures; arguments as for `show_calibration`."""
    remark = [texts(f"calibration.remarks.{calibration.remark}")] if calibration.remark else []
    return [_claim(calibration, texts), _describe_temperature(calibration, texts), *remark]


def judge_confidence(
    reliability: Reliability, accuracy: float
) -> Literal["believable", "unclear", "too_sure", "too_modest"]:
    """Whether percentages differ from the truth beyond chance, and to which side.

    Args:
        reliability: of the percentages.
        accuracy: of the same pictures.
    """
    low, high = reliability.error_interval
    if low == 0:
        return "believable" if high <= TOO_WIDE else "unclear"
    return "too_sure" if reliability.confidence > accuracy else "too_modest"


def _claim(calibration: Calibration, texts: Texts) -> str:
    judgement = judge_confidence(calibration.after, calibration.accuracy)
    return texts(f"calibration.claims.{judgement}", error=texts.percent(calibration.after.error, 1))


def _describe_temperature(calibration: Calibration, texts: Texts) -> str:
    temperature = calibration.temperature
    kind = "right" if abs(temperature - 1) < CLEAR else "too_sure" if temperature > 1 else "too_modest"
    return texts(
        f"calibration.temperature.{kind}",
        temperature=texts.number(temperature, 2),
        basis=texts(f"common.basis.{calibration.basis}", count=calibration.validation_pictures),
    )
