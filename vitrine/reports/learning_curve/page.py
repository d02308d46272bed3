"""Would more pictures help, and of which class? The part of a page, and the page of its own command."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vitrine.evaluation.learning_curve.curve import ClassGain, LearningCurve, Outlook
from vitrine.records.atomic import write_text
from vitrine.records.prepared import PreparedFacts
from vitrine.reports.learning_curve.plot import draw_learning_curve
from vitrine.ui.figures import inline_figure
from vitrine.ui.frame import render
from vitrine.ui.texts import Texts

PAGE = "learning_curve.html"
NUMBERS = "learning_curve.json"
NOTABLE = 0.005  # of the accuracy: half a point; less is hardly worth the pictures
MINUS = "\N{MINUS SIGN}"
ABOVE_NOTHING = 0.0005  # the law cannot rise, so no gain is below 0; it is shown where its interval leaves 0.0 out


def describe_learning_curve(curve: LearningCurve, texts: Texts) -> dict[str, Any]:
    """What `learning_curve/section.html.jinja` shows, under the name `learning_curve`.

    Args:
        curve: the section of metrics.json.
        texts: of the reader's language.
    """
    return {
        "texts": texts,
        "claim": claim(curve, texts),
        "advice": advise(curve, texts),
        "figure": inline_figure(lambda theme: draw_learning_curve(curve, texts, theme)),
        "outlooks": [_describe_outlook(outlook, texts) for outlook in curve.outlooks],
        "gains": [_describe_gain(gain, texts) for gain in curve.gains],
        "notes": _note(curve, texts),
        "method": texts(
            "learning_curve.method",
            pictures=texts("common.pictures", count=curve.measured),
            folds=curve.folds,
            repeats=curve.repeats,
        ),
        "gain_method": texts("learning_curve.gain_method", count=curve.added),
        "added": curve.added,
    }


def claim(curve: LearningCurve, texts: Texts) -> str:
    """The sentence on top: what twice as many pictures would bring."""
    if not curve.outlooks:
        return texts("learning_curve.too_few")
    twice = next(outlook for outlook in curve.outlooks if outlook.factor == 2)
    low, high = twice.gain_interval
    kind = "not_shown"
    if low >= ABOVE_NOTHING and twice.gain >= NOTABLE:
        kind = "helps"
    elif high < NOTABLE:
        kind = "hardly"
    return texts(
        f"learning_curve.{kind}",
        gain=_points(twice.gain, texts),
        interval=_range(twice.gain_interval, texts),
        accuracy=texts.percent(curve.outlooks[0].accuracy, 1),
    )


def advise(curve: LearningCurve, texts: Texts) -> str:
    """Which class to photograph next."""
    if not curve.gains:
        return texts("learning_curve.no_class")
    best = curve.gains[0]
    if not best.shown:
        return texts("learning_curve.no_class_shown", count=curve.added)
    values = {"name": best.label_name, "gain": _points(best.gain, texts), "recall": _points(best.recall_gain, texts)}
    return texts("learning_curve.most", count=curve.added, **values)


def _describe_outlook(outlook: Outlook, texts: Texts) -> dict[str, str]:
    key = {1.0: "today", 2.0: "twice", 4.0: "four_times"}[outlook.factor]
    is_today = outlook.factor == 1
    return {
        "name": texts(f"learning_curve.{key}"),
        "pictures": texts.number(outlook.pictures_per_class),
        "accuracy": texts.percent(outlook.accuracy, 1),
        "interval": texts.interval(*outlook.interval, 1),
        "gain": "" if is_today else _points(outlook.gain, texts),
        "gain_interval": "" if is_today else _range(outlook.gain_interval, texts),
    }


def _describe_gain(gain: ClassGain, texts: Texts) -> dict[str, Any]:
    return {
        "name": gain.label_name,
        "pictures": texts.number(gain.pictures),
        "recall": texts.percent(gain.recall, 1),
        "gain": _points(gain.gain, texts),
        "interval": _range(gain.gain_interval, texts),
        "recall_gain": _points(gain.recall_gain, texts),
        "shown": gain.shown,
    }


def _note(curve: LearningCurve, texts: Texts) -> list[str]:
    notes = []
    if curve.foretold is not None:
        last = curve.points[-1]
        notes.append(
            texts(
                "learning_curve.check",
                foretold=texts.percent(curve.foretold, 1),
                measured=texts.percent(last.accuracy, 1),
                interval=texts.interval(*last.interval, 1),
            )
        )
    if curve.not_looked_at and curve.gains:
        notes.append(texts("learning_curve.not_looked_at", count=len(curve.not_looked_at)))
    if curve.measured < curve.pictures:
        notes.append(texts("learning_curve.unmeasured", count=curve.pictures - curve.measured))
    return notes


def _points(share: float, texts: Texts) -> str:
    """A difference of shares in points with its sign: "+1.2"."""
    number = texts.number(abs(share) * 100, 1)
    if not any(digit in number for digit in "123456789"):
        return number
    sign = "+" if share > 0 else MINUS
    return f"{sign}{number}"


def _range(interval: tuple[float, float], texts: Texts) -> str:
    return texts("common.interval", low=_points(interval[0], texts), high=_points(interval[1], texts))


def write_learning_curve_page(
    folder: Path, curve: LearningCurve, data: PreparedFacts, facts: Mapping[str, Any], texts: Texts
) -> str:
    """Writes `learning_curve.html` and `learning_curve.json`.

    Args:
        folder: is made where there is none; older files of these names are replaced.
        curve: what was measured.
        data: of the data set.
        facts: what it was measured with: `backbone`, `created`, `device`, `precision`, `width`, `seconds` (of each
            part), `looked_at` (training and validation pictures that there are), `knows_classes` (the network was
            trained on classes of these names).
        texts: of the reader's language.

    Returns:
        The sentences on top.
    """
    shown = describe_learning_curve(curve, texts)
    if facts["knows_classes"]:
        shown["notes"].insert(0, texts("learning_curve.knows_classes"))
    if curve.pictures < facts["looked_at"]:
        shown["notes"].append(texts("learning_curve.part", count=curve.pictures, all=texts.number(facts["looked_at"])))
    content = {"data": data, "facts": facts, "curve": curve, "texts": texts, "learning_curve": shown}
    page = render("learning_curve/page.html.jinja", content, texts)
    folder.mkdir(parents=True, exist_ok=True)
    numbers = {**facts, "claim": shown["claim"], "advice": shown["advice"], "curve": curve.model_dump(mode="json")}
    write_text(folder / NUMBERS, json.dumps(numbers, indent=2, ensure_ascii=False))
    write_text(folder / PAGE, page)
    return f"{shown['claim']} {shown['advice']}"
