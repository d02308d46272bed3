"""The report of a training run: figures as PNG files, and one page that a visitor understands in a minute."""

from dataclasses import asdict
from pathlib import Path

import numpy as np

from vitrine.data.prepared import PreparedDataset
from vitrine.records.atomic import write_text
from vitrine.records.run_folder import FIGURES, REPORT
from vitrine.reporting.page import inline_figure, render, thumbnail
from vitrine.reporting.plots import confusion_matrix, prediction_wall, save_png, training_curves
from vitrine.reporting.run_records import RunRecords, read_run
from vitrine.reporting.verdict import Notice, kappa_words, most_confused, notices, right_of_hundred, verdict
from vitrine.reporting.wall import WallPicture, choose_predictions, describe_choice, hang_pictures

MOST_CONFUSED = 6


def write_run_report(run_folder: Path, prepared: PreparedDataset) -> None:
    """Writes `figures/*.png` and `report.html` from what the run folder holds, `model/` included.

    Args:
        run_folder: of a training whose records and model are written; may still bear an unfinished name.
        prepared: the data set that the run was made with.

    Raises:
        UserError: a record is missing, incomplete or contradicts another.
    """
    records = read_run(run_folder, prepared.label_names)
    chosen = choose_predictions(records.predictions)
    wall = hang_pictures(chosen, prepared)
    _write_figures(run_folder / FIGURES, records, prepared, wall)
    content = {
        **_describe_result(records, prepared),
        "data": prepared.facts,
        "data_notes": [Notice("note", note) for note in prepared.facts.notes],
        "training": records.metrics.training,
        "validation": records.metrics.validation,
        "environment": records.environment,
        "recipe": records.recipe,
        "own_code": records.own_code,
        "wall": [asdict(item) | {"picture": thumbnail(item.picture)} for item in wall],
        "wall_choice": describe_choice(chosen, records.predictions),
    }
    write_text(run_folder / REPORT, render("run_report.html.jinja", content))


def _write_figures(folder: Path, records: RunRecords, prepared: PreparedDataset, wall: list[WallPicture]) -> None:
    folder.mkdir(exist_ok=True)
    matrix = np.asarray(records.metrics.test.confusion_matrix)
    save_png(training_curves(records.history, records.metrics.validation.best_epoch), folder / "curves.png")
    save_png(confusion_matrix(matrix, prepared.label_names), folder / "confusion_matrix.png")
    pictures, captions, correct = zip(*((item.picture, item.caption, item.correct) for item in wall), strict=True)
    save_png(prediction_wall(pictures, captions, correct), folder / "predictions.png")


def _describe_result(records: RunRecords, prepared: PreparedDataset) -> dict[str, object]:
    metrics = records.metrics
    claim, evidence = verdict(metrics.test)
    matrix = np.asarray(metrics.test.confusion_matrix)
    answers = dict(zip(prepared.label_names, matrix.sum(axis=0).tolist(), strict=True))
    # The hardest first; classes that were not tested have no rank and come last.
    classes = sorted(metrics.test.per_class, key=lambda row: (not row.pictures, row.recall))
    return {
        "claim": claim,
        "evidence": evidence,
        "right_of_hundred": right_of_hundred(metrics.test.accuracy),
        "notices": notices(metrics),
        "test": metrics.test,
        "right_pictures": int(np.trace(matrix)),
        "kappa_words": kappa_words(metrics.test.cohen_kappa),
        "classes": classes,
        "answers": answers,
        "confusions": most_confused(matrix, prepared.label_names, MOST_CONFUSED),
        "mistakes": int(matrix.sum() - np.trace(matrix)),
        "matrix": inline_figure(lambda theme: confusion_matrix(matrix, prepared.label_names, theme)),
        "curves": inline_figure(lambda theme: training_curves(records.history, metrics.validation.best_epoch, theme)),
    }
