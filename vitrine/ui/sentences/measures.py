"""How good it is: every measure with interval and number of pictures; the class that matters; duplicates; series."""

from dataclasses import dataclass
from typing import Literal

from vitrine.records.evidence import DuplicateFigures, TestEvidence
from vitrine.records.schema import Interval
from vitrine.ui.sentences.verdict import kappa_words
from vitrine.ui.texts import Texts

# In the order of the page. Macro recall is the balanced accuracy under another name, and has no row of its own.
MEASURES = (
    "accuracy", "top_k_accuracy", "balanced_accuracy", "macro_precision", "macro_f1", "matthews_correlation",
    "cohen_kappa", "macro_auc", "macro_average_precision", "loss", "brier_score",
)  # fmt: skip
IN_PERCENT = ("accuracy", "top_k_accuracy", "balanced_accuracy", "macro_precision", "precision", "recall")


@dataclass(frozen=True)
class MeasureRow:
    """A measure as the page shows it.

    Attributes:
        name: in words.
        meaning: in a few words more.
        value: or why there is none.
        interval: "" where the pictures say nothing of it.
        pictures: that it rests on.
    """

    name: str
    meaning: str
    value: str
    interval: str
    pictures: int


def show_measures(test: TestEvidence, texts: Texts) -> dict[str, object]:
    """The content of `shared/measures.html.jinja`.

    Args:
        test: the figures.
        texts: of the page's language.
    """
    return {
        "rows": measure_rows(test, texts),
        "target_name": None if test.target is None else test.target.label_name,
        "target_rows": _show_target(test, texts),
        "duplicates": _describe_duplicates(test, texts),
        "duplicate_rows": _show_without(test, test.duplicates, "duplicates", texts),
        "series_rows": _show_without(test, test.series, "series", texts),
    }


def measure_rows(test: TestEvidence, texts: Texts) -> list[MeasureRow]:
    """A row for each figure of all classes together; arguments as for `show_measures`."""
    left_out = () if 1 < test.top_k < len(test.per_class) else ("top_k_accuracy",)
    return [_show_measure(name, test, texts) for name in MEASURES if name not in left_out]


def _show_measure(name: str, test: TestEvidence, texts: Texts) -> MeasureRow:
    words = {"k": test.top_k, "words": kappa_words(test.cohen_kappa, texts)}
    value: float | None = getattr(test, name)
    return MeasureRow(
        name=texts(f"measures.names.{name}", **words),
        meaning=texts(f"measures.meanings.{name}", **words),
        value=texts("measures.not_computable") if value is None else _write(value, name, texts),
        interval=_write_interval(test.intervals.get(name), name, texts),
        pictures=test.pictures,
    )


def _show_target(test: TestEvidence, texts: Texts) -> list[MeasureRow]:
    target = test.target
    if target is None:
        return []
    rows = []
    for name, pictures in (
        ("precision", target.answers), ("recall", target.pictures), ("f1", target.pictures),
        ("auc", test.pictures), ("average_precision", test.pictures),
    ):  # fmt: skip
        value: float | None = getattr(target, name)
        row = MeasureRow(
            name=texts(f"measures.target.{name}", name=target.label_name),
            meaning=texts(f"measures.target.{name}_meaning", share=texts.percent(target.share)),
            value=texts("measures.not_computable") if value is None or not pictures else _write(value, name, texts),
            interval=_write_interval(getattr(target, f"{name}_interval"), name, texts),
            pictures=pictures,
        )
        rows.append(row)
    return rows


def _describe_duplicates(test: TestEvidence, texts: Texts) -> str:
    if test.duplicates is None:
        return ""
    if not test.duplicates.pictures:
        return texts("measures.duplicates.none")
    return texts("measures.duplicates.some", count=test.duplicates.pictures)


def _show_without(
    test: TestEvidence, duplicates: DuplicateFigures | None, kind: Literal["duplicates", "series"], texts: Texts
) -> list[MeasureRow]:
    """The accuracy with and without pictures of which training has seen something; none where it has of no picture."""
    if duplicates is None or not duplicates.pictures:
        return []
    figures: tuple[tuple[str, float | None, Interval | None, int], ...] = (
        ("all", test.accuracy, test.accuracy_interval, test.pictures),
        ("without", duplicates.other_accuracy, duplicates.other_accuracy_interval, duplicates.other_pictures),
        ("only", duplicates.accuracy, duplicates.accuracy_interval, duplicates.pictures),
    )
    return [
        MeasureRow(
            name=texts(f"measures.{kind}.{name}"),
            meaning="",
            value=texts("measures.not_computable") if value is None else _write(value, "accuracy", texts),
            interval=_write_interval(interval, "accuracy", texts),
            pictures=pictures,
        )
        for name, value, interval, pictures in figures
    ]


def _write(value: float, name: str, texts: Texts) -> str:
    return texts.percent(value, 1) if name in IN_PERCENT else texts.number(value, 3)


def _write_interval(interval: Interval | None, name: str, texts: Texts) -> str:
    if interval is None:
        return ""
    low, high = (_write(end, name, texts) for end in interval)
    return texts("common.interval", low=low, high=high)
