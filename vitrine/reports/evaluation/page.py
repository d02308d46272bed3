"""What `python -m vitrine evaluate` writes: the record, the tables, the logits, and the page made of them."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from vitrine.data.images.decoding import ImageError
from vitrine.evaluation.prediction_table import summarize_predictions, tabulate_in_parts
from vitrine.models.calibration.blocks import by_blocks
from vitrine.predict.predictions import Predictions
from vitrine.records.atomic import new_folder, write_text
from vitrine.records.calibration import Reliability
from vitrine.records.evaluation import PAGE, RECORD, Evaluation, MeasuredData, TrustFigures
from vitrine.records.spreadsheet import write_guarded_csv, write_guarded_parts
from vitrine.reports.shared.calibration import judge_confidence
from vitrine.reports.shared.mistakes import show_mistakes
from vitrine.reports.shared.next_steps import suggest_for_evaluation
from vitrine.reports.shared.reliability_plots import reliability_as_it_is
from vitrine.reports.shared.results import describe_result
from vitrine.reports.shared.wall import choose_predictions, describe_choice, place_images, shrink
from vitrine.ui.figures import inline_figure
from vitrine.ui.frame import render, thumbnail
from vitrine.ui.sentences.verdict import Notice, notices_of_test, verdict
from vitrine.ui.texts import Language, Texts, load_texts

PREDICTIONS = "predictions.csv"
UNKNOWN = "strangers.csv"
LOGITS = "logits.npz"
MOST_NAMED = 20  # files that cannot be read


@dataclass(frozen=True)
class Measured:
    """A model's answers to a data set.

    Attributes:
        evaluation: the record.
        predictions: for the pictures of classes that the model knows, with their true labels.
        unknown: a table for pictures of other classes, without what only a true class can tell.
        show: opens the picture of a file.
    """

    evaluation: Evaluation
    predictions: Predictions
    unknown: pd.DataFrame
    show: Callable[[str], Image.Image]


def write_evaluation(folder: Path, measured: Measured, language: Language = "en") -> list[str]:
    """Writes record, page, `predictions.csv`, `logits.npz`, and `strangers.csv` if there are any.

    Args:
        folder: is replaced as a whole where it exists.
        measured: what to write.
        language: of the page.

    Returns:
        The verdict and the warnings, in that language.
    """
    texts = load_texts(language)
    evaluation = measured.evaluation
    claim, evidence = verdict(evaluation.evidence.test, texts, elsewhere=evaluation.data.acquaintance != "same_split")
    found = [*_warn_of_data(evaluation.data, texts), *notices_of_test(evaluation.evidence.test, texts)]
    page = render("evaluation/page.html.jinja", _describe(measured, claim, evidence, found, texts), texts)
    with new_folder(folder, replace=True) as temporary:
        evaluation.write(temporary / RECORD)
        parts = tabulate_in_parts(measured.predictions, evaluation.evidence.test.top_k)
        write_guarded_parts(temporary / PREDICTIONS, parts)
        if len(measured.unknown):
            write_guarded_csv(temporary / UNKNOWN, measured.unknown)
        _write_logits(temporary / LOGITS, measured.predictions)
        write_text(temporary / PAGE, page)
    return [f"{claim} {evidence}", *(f"{texts(f'common.{notice.level}')} {notice.text}" for notice in found)]


def _write_logits(path: Path, predictions: Predictions) -> None:
    """Float32, `[pictures, classes]`, calibrated as far as the model is, and the true labels, int64, `[pictures]`."""
    logits = by_blocks(lambda rows: rows.astype(np.float32) + 0, predictions.logits)  # -0.0 is written as 0.0
    np.savez(path, test_logits=logits, test_labels=predictions.true_label_ids)


def _describe(measured: Measured, claim: str, evidence: str, found: list[Notice], texts: Texts) -> dict[str, object]:
    evaluation = measured.evaluation
    said = evaluation.evidence
    predictions = summarize_predictions(measured.predictions)
    chosen = choose_predictions(predictions)
    find = _forgiving(measured.show)
    shown = {file: shrink(picture) for file in chosen["file"] if (picture := find(file)) is not None}
    chosen = chosen[chosen["file"].isin(shown)]
    wall = place_images(chosen, shown.__getitem__)
    return {
        **describe_result(said.test, said.label_names, texts),
        "claim": claim,
        "evidence": evidence,
        "notices": found,
        "next_steps": suggest_for_evaluation(said, texts),
        "evaluation": evaluation,
        "training_counts": None,
        "reliability": _describe_reliability(said.reliability, said.test.accuracy, texts),
        "trust": None if said.trust is None else _describe_trust(said.trust, texts),
        "mistakes_section": show_mistakes(said.mistakes, predictions, said.label_names, find, texts, is_run=False),
        "wall": [asdict(item) | {"picture": thumbnail(item.picture)} for item in wall],
        "wall_heading": texts("run.wall.heading_elsewhere"),
        "wall_choice": describe_choice(chosen, predictions, texts),
        "unreadable": evaluation.data.unreadable[:MOST_NAMED],
        "more_unreadable": max(0, len(evaluation.data.unreadable) - MOST_NAMED),
    }


def _forgiving(show: Callable[[str], Image.Image]) -> Callable[[str], Image.Image | None]:
    def find(file: str) -> Image.Image | None:
        try:
            return show(file)
        except ImageError:  # it could be read a minute ago
            return None

    return find


def _warn_of_data(data: MeasuredData, texts: Texts) -> list[Notice]:
    found = []
    if data.acquaintance == "same_source":
        found.append(Notice("warning", texts("evaluation.notices.same_source")))
    if data.unknown:
        names = texts.quote(list(data.unknown))
        text = texts("evaluation.notices.unknown", count=sum(data.unknown.values()), names=names)
        found.append(Notice("warning", text))
    if data.unreadable:
        found.append(Notice("warning", texts("evaluation.notices.unreadable", count=len(data.unreadable))))
    if data.from_preprocessed:
        found.append(Notice("note", texts("evaluation.notices.from_preprocessed")))
    if data.acquaintance == "unknown":
        found.append(Notice("note", texts("evaluation.notices.unknown_training")))
    return found


def _describe_reliability(reliability: Reliability, accuracy: float, texts: Texts) -> dict[str, object]:
    kind = judge_confidence(reliability, accuracy)
    interval = texts.interval(*reliability.error_interval, 1)
    average = texts(
        "evaluation.trust.on_average",
        confidence=texts.percent(reliability.confidence, 1), accuracy=texts.percent(accuracy, 1),
    )  # fmt: skip
    chance = texts.percent(reliability.chance_error, 1)
    return {
        "claim": texts(f"calibration.claims.{kind}", error=texts.percent(reliability.error, 1)),
        "average": average,
        "error": texts.percent(reliability.error, 1),
        "error_remark": texts("evaluation.trust.error_remark", interval=interval, chance=chance),
        "figure": inline_figure(lambda theme: reliability_as_it_is(reliability, texts, theme)),
    }


def _describe_trust(trust: TrustFigures, texts: Texts) -> dict[str, object]:
    accuracy, interval = trust.accuracy_answered, trust.accuracy_answered_interval
    precision = texts.percent(trust.precision)
    if accuracy is None or interval is None:
        verdict_of_promise, remark = texts("evaluation.trust.no_answer"), ""
    else:
        kind = "open" if trust.is_kept is None else "kept" if trust.is_kept else "broken"
        values = {"accuracy": texts.percent(accuracy, 1), "interval": texts.interval(*interval, 1)}
        verdict_of_promise = texts(f"evaluation.trust.{kind}", precision=precision, **values)
        remark = texts(
            "evaluation.trust.answered_remark",
            right=texts.number(trust.right), answered=texts.number(trust.answered), accuracy=values["accuracy"],
        )  # fmt: skip
    unknown = texts(
        "evaluation.trust.unknown",
        count=trust.unknown, refused=texts.number(trust.unknown_refused),
        answered=texts.number(trust.unknown_answered),
    )  # fmt: skip
    return {
        "figures": trust,
        "aim": texts("evaluation.trust.aim", precision=precision),
        "verdict": verdict_of_promise,
        "answered_remark": remark,
        "unknown": unknown if trust.unknown else "",
    }
