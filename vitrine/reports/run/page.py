"""The report of a training run: figures as PNG files, and one page that a visitor understands in a minute."""

from dataclasses import asdict
from pathlib import Path

from vitrine.config.yaml_reader import parse_yaml
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.records.atomic import write_text
from vitrine.records.folder import FIGURES, REPORT
from vitrine.records.run import RunRecords, read_run
from vitrine.reports.learning_curve.page import describe_learning_curve
from vitrine.reports.shared.calibration import show_calibration
from vitrine.reports.shared.confusion_plot import confusion_matrix
from vitrine.reports.shared.mistakes import images_of, show_mistakes
from vitrine.reports.shared.next_steps import may_gain_by_epochs, suggest_for_run
from vitrine.reports.shared.plots import prediction_wall, save_png, training_curves
from vitrine.reports.shared.results import describe_result
from vitrine.reports.shared.selective import show_rejection
from vitrine.reports.shared.wall import (
    WallImage,
    choose_predictions,
    describe_choice,
    place_images,
    show_test_images,
)
from vitrine.ui.figures import inline_figure
from vitrine.ui.frame import render, thumbnail
from vitrine.ui.sentences.verdict import Notice, notices, verdict
from vitrine.ui.stored import translate
from vitrine.ui.texts import Language, Texts, load_texts


def write_run_report(run_folder: Path, prepared: PreparedDataset, language: Language = "en") -> None:
    """Writes `figures/*.png` and `report.html` from what the run folder holds, `model/` included.

    Args:
        run_folder: of a training whose records and model are written; may still bear an unfinished name.
        prepared: the data set that the run was made with.
        language: of page and figures.

    Raises:
        UserError: a record is missing, incomplete or contradicts another.
    """
    texts = load_texts(language)
    records = read_run(run_folder, prepared.label_names)
    chosen = choose_predictions(records.predictions)
    wall = place_images(chosen, show_test_images(prepared))
    numbered = _write_figures(run_folder / FIGURES, records, prepared, wall, texts)
    metrics = records.metrics
    claim, evidence = verdict(metrics.test, texts)
    content = {
        **describe_result(metrics.test, prepared.label_names, texts),
        **_describe_sections(records, prepared, texts),
        "claim": claim,
        "evidence": evidence,
        "notices": notices(metrics, texts),
        "next_steps": suggest_for_run(metrics, records.history, metrics.mistakes, metrics.learning_curve, texts),
        "curves": inline_figure(
            lambda theme: training_curves(records.history, metrics.validation.best_epoch, theme, texts)
        ),
        "name": parse_yaml(records.recipe)["name"],
        "may_gain_by_epochs": may_gain_by_epochs(metrics),
        "data": prepared.facts,
        "data_notes": [Notice("note", translate(note, texts)) for note in prepared.facts.notes],
        "training_counts": prepared.facts.counts["train"],
        "training": metrics.training,
        "validation": metrics.validation,
        "environment": records.environment,
        "recipe": records.recipe,
        "own_code": records.own_code,
        "wall": [asdict(item) | {"picture": thumbnail(item.picture)} for item in wall],
        "wall_heading": texts("run.wall.heading"),
        "numbered": numbered,
        "wall_choice": describe_choice(chosen, records.predictions, texts),
    }
    write_text(run_folder / REPORT, render("run/page.html.jinja", content, texts))


def _describe_sections(records: RunRecords, prepared: PreparedDataset, texts: Texts) -> dict[str, object]:
    """The sections that a run may lack: None where it was not measured."""
    metrics = records.metrics
    pictures, names = images_of(prepared), prepared.label_names
    return {
        "calibration": None if metrics.calibration is None else show_calibration(metrics.calibration, texts),
        "rejection": None if metrics.rejection is None else show_rejection(metrics.rejection, texts),
        "mistakes_section": None
        if metrics.mistakes is None
        else show_mistakes(metrics.mistakes, records.predictions, names, pictures, texts),
        "learning_curve": None
        if metrics.learning_curve is None
        else describe_learning_curve(metrics.learning_curve, texts),
    }


def _write_figures(
    folder: Path, records: RunRecords, prepared: PreparedDataset, wall: list[WallImage], texts: Texts
) -> dict[str, dict[str, str]]:
    """Returns, by the name of a file, what numbers stand for in it, where no font has the letters."""
    folder.mkdir(exist_ok=True)
    matrix = records.metrics.test.matrix()
    curves = training_curves(records.history, records.metrics.validation.best_epoch, texts=texts)
    save_png(curves, folder / "curves.png")
    confusions = confusion_matrix(matrix, prepared.label_names, texts=texts)
    numbered = {f"{FIGURES}/confusion_matrix.png": save_png(confusions, folder / "confusion_matrix.png")}
    pictures = [item.picture for item in wall]
    captions = [item.caption(texts) for item in wall]
    correct = [item.correct for item in wall]
    shown = prediction_wall(pictures, captions, correct)
    numbered[f"{FIGURES}/predictions.png"] = save_png(shown, folder / "predictions.png")
    return {name: numbers for name, numbers in numbered.items() if numbers}
