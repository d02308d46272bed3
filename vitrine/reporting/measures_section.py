"""The table of measures: each with its words, its interval and its number of pictures."""

from dataclasses import dataclass

from vitrine.reporting.run_records import TestFigures
from vitrine.reporting.texts import Texts
from vitrine.reporting.verdict import kappa_words

IN_PERCENT = ("accuracy", "top_k_accuracy", "macro_precision", "macro_recall")
MEASURES = ("accuracy", "top_k_accuracy", "macro_precision", "macro_recall", "macro_f1", "cohen_kappa")


@dataclass(frozen=True)
class MeasureRow:
    """A measure as the page shows it; `interval` is "" where there is none."""

    name: str
    meaning: str
    value: str
    interval: str
    pictures: int


def show_measures(test: TestFigures, texts: Texts) -> list[MeasureRow]:
    """All measures of a test in the order of the page.

    Args:
        test: the figures.
        texts: of the page's language.
    """
    return [_row(name, test, texts) for name in MEASURES]


def _row(name: str, test: TestFigures, texts: Texts) -> MeasureRow:
    meaning = {"k": test.top_k, "words": kappa_words(test.cohen_kappa, texts)}
    value = getattr(test, name)
    interval = test.accuracy_interval if name == "accuracy" else None
    return MeasureRow(
        name=texts(f"measures.names.{name}", **meaning),
        meaning=texts(f"measures.meanings.{name}", **meaning),
        value=_write(value, name, texts),
        interval=""
        if interval is None
        else texts("common.interval", low=_write(interval[0], name, texts), high=_write(interval[1], name, texts)),
        pictures=test.pictures,
    )


def _write(value: float, name: str, texts: Texts) -> str:
    return texts.percent(value, 1) if name in IN_PERCENT else texts.number(value, 3)
