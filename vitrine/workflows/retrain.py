"""From corrections to a new revision of a model, or to the reasons why there is none."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitrine.config.aliases import complete_section
from vitrine.config.loading import load_recipe, write_overrides
from vitrine.config.recipe import Recipe
from vitrine.data.prepared.local_copy import make_local
from vitrine.errors import UserError
from vitrine.invocation import command_line
from vitrine.records import folder as run_folder
from vitrine.records.gate import GateMargins
from vitrine.records.model import METADATA, ModelMetadata
from vitrine.records.prepared import read_facts
from vitrine.records.revisions import ATTEMPTS, LOG, ModelLine, hold_line
from vitrine.records.training_data import TrainingData
from vitrine.workflows.parameters import Place
from vitrine.workflows.progress import Show, show_progress
from vitrine.workflows.retraining import CORRECTIONS, Retrained, Retraining
from vitrine.workflows.run import Run
from vitrine.workflows.train import RUNS

if TYPE_CHECKING:
    from vitrine.data.labels.class_changes import ClassChanges
    from vitrine.data.labels.further_corrections import Joined

MODELS = Path("models")
MOST_TOLD = 5  # refused rows in a message
# What decides which pictures there are, their sides and their pixels: both models must be asked the same question.
FIXED_SECTIONS = ("data", "labels", "checks", "preparation")


def retrain(
    run: Place,
    corrections: Place,
    /,
    *,
    margins: GateMargins | None = None,
    models: Place = MODELS,
    folder: Place = RUNS,
    progress: bool | None = None,
    **parameters: Any,
) -> Retrained:
    """Trains a model again with corrections, and puts it in use where it is shown not to be worse.

    The recipe is that of the model in use, whose weights the training starts from. The gate asks both models about
    the pictures that were set aside for it (`data.gate_fraction`). The test pictures are read only for a model that
    passed.

    Args:
        run: folder of a finished run, or of a model with its revisions (`models/dogs`).
        corrections: table as `python -m vitrine corrections` writes it, with actions.
        margins: by how much the model may do worse; None takes the usual ones.
        models: below which revisions are kept: `<models>/<name>`.
        folder: below which the run of an accepted model is written.
        progress: True shows a bar, False shows nothing; None: a bar on a terminal and in a notebook.
        **parameters: of the recipe that shall be otherwise, as for `vitrine.train`; not of the pictures.

    Raises:
        UserError: it cannot be retrained like this; the message says what to do.
    """
    with show_progress(progress) as show:
        return retrain_model(
            Path(run).expanduser(),
            Path(corrections).expanduser(),
            margins or GateMargins(),
            list(write_overrides(parameters)),
            (Path(models).expanduser(), Path(folder).expanduser()),
            show,
        )


def retrain_model(
    place: Path,
    table: Path,
    margins: GateMargins,
    overrides: list[str],
    folders: tuple[Path, Path],
    show: Show,
) -> Retrained:
    """The same for commands and pages.

    Args:
        place: of a run, or of a model with its revisions.
        table: of corrections.
        margins: of the gate.
        overrides: `section.name=value` each.
        folders: below which revisions, and below which runs are kept.
        show: told how the preparation and the training go.

    Raises:
        UserError: it cannot be retrained like this.
    """
    models, runs = folders
    _check_overrides(overrides)
    run, line_folder = _find(place, models)
    recipe = _read_recipe(run, overrides)
    _check_data(run, recipe)
    with hold_line(line_folder):
        line = _open_line(line_folder, recipe.name, run)
        with _attempt(line) as folder:
            joined, changes = _join(recipe, table, folder, line)
            attempt = Retraining(line, recipe, joined, changes, table.name, margins, folder)
            return attempt.carry_out(runs, show)


def check_retrainable(place: Path) -> None:
    """Makes sure that a model can be retrained at all, before anybody corrects its answers.

    Args:
        place: of a run, or of a model with its revisions.

    Raises:
        UserError: it cannot; the message says what to do.
    """
    run, _ = _find(place, MODELS)
    _check_data(run, _read_recipe(run, []))


def _check_overrides(overrides: list[str]) -> None:
    """Refuses what would ask both models different questions."""
    for one in overrides:
        name = one.partition("=")[0].strip()
        if name == "name" or name.split(".")[0] in FIXED_SECTIONS or name.startswith("model.warm_start"):
            raise UserError(
                f"{name}: a retraining keeps the pictures, their preparation and the name of the model in use, so that "
                f"both can be compared; leave it out, or train a new model (`{command_line('train')}`)"
            )


def _find(place: Path, models: Path) -> tuple[Path, Path]:
    """The run of the model in use, and the folder of its revisions."""
    if (place / LOG).is_file():
        return Path(ModelLine.open(place).in_use.run), place
    run = Run.open(place).folder
    return run, models / load_recipe(run / run_folder.RECIPE).name


def _open_line(folder: Path, name: str, run: Path) -> ModelLine:
    """The revisions of a model; a run becomes the first one."""
    if not (folder / LOG).is_file():
        names = ModelMetadata.read(run / run_folder.MODEL / METADATA).label_names
        return ModelLine.begin(folder, name, run, Run.open(run).accuracy, names)
    line = ModelLine.open(folder)
    line.point()
    if Path(line.in_use.run).resolve() != run.resolve():
        raise UserError(
            f"{run} is not the run of the model in use: {folder} is at revision {line.log.in_use}, of the run "
            f"{line.in_use.run}. Give {folder} in place of the run to go on from there, or begin new revisions from "
            f"this run in another folder (--models FOLDER){_say_rollback(line, run)}"
        )
    return line


def _say_rollback(line: ModelLine, run: Path) -> str:
    numbers = [one.number for one in line.log.revisions if Path(one.run).resolve() == run.resolve()]
    return f", or roll back first (`{command_line('rollback')} {line.folder} --to {numbers[-1]}`)" if numbers else ""


def _read_recipe(run: Path, overrides: list[str]) -> Recipe:
    path = run / run_folder.RECIPE
    if not path.is_file():
        raise UserError(f"{run} is gone, or has no {run_folder.RECIPE}: without its recipe nothing can be retrained")
    recipe = load_recipe(path, overrides, defaults={"preparation": complete_section("preparation", {})})
    local = make_local(recipe.prepared_folder)
    if local == recipe.prepared_folder:
        return recipe
    return recipe.model_copy(update={"data": recipe.data.model_copy(update={"prepared": str(local)})})


def _check_data(run: Path, recipe: Recipe) -> None:
    """Makes sure that the data set is the one that the model in use was trained on, and has pictures for the gate."""
    facts = read_facts(recipe.prepared_folder)
    if not facts.counts.get("gate"):
        raise UserError(
            f"{recipe.prepared_folder} has no pictures set aside for the gate, so nobody could tell whether a "
            f"retrained model is worse; run `{command_line('prepare')}` with data.gate_fraction=0.2, and train on it "
            "first"
        )
    learned_from = TrainingData.read(run / run_folder.DATA).version
    if learned_from != facts.version:
        raise UserError(
            f"{recipe.prepared_folder} was prepared anew since {run} was trained (version {facts.version}, not "
            f"{learned_from}), so the model may know pictures of the gate. Train on it once more, and begin new "
            f"revisions from that run: `{command_line('retrain')} {run.parent / run_folder.LATEST} --corrections TABLE "
            "--models FOLDER`"
        )


def _join(recipe: Recipe, table: Path, folder: Path, line: ModelLine) -> "tuple[Joined, ClassChanges]":
    """Writes the corrections of before and the new ones as one table."""
    from vitrine.data.labels.class_changes import read_class_changes
    from vitrine.data.labels.corrections import read_corrections, read_rows
    from vitrine.data.labels.further_corrections import join_corrections, place_pictures
    from vitrine.data.labels.store_rows import KNOWN_COLUMNS, KnownPictures
    from vitrine.records.corrections import CLASS_ACTIONS, write_rows
    from vitrine.records.manifest import read_manifest
    from vitrine.workflows.accepted_names import read_accepted_names

    encoding = recipe.data.encoding
    read_corrections(table, encoding, classes_may_change=True)  # says what is not clear
    earlier = Path(recipe.data.corrections).expanduser() if recipe.data.corrections else None
    before = [row for _, row in read_rows(earlier, encoding) if row.action] if earlier else []
    rows = read_rows(table, encoding)
    facts = read_facts(recipe.prepared_folder)
    changes = read_class_changes(rows, facts.label_names)
    marked = [row for _, row in rows if row.action and row.action not in CLASS_ACTIONS]
    placed = place_pictures(before, earlier.parent if earlier else folder), place_pictures(marked, table.parent)
    pictures = KnownPictures.of(read_manifest(recipe.prepared_folder, KNOWN_COLUMNS), facts.label_sources)
    joined = join_corrections(*placed, changes, pictures, recipe.name, read_accepted_names(line))
    if not joined.new and not changes.names:
        reasons = "".join(f"\n  {file}: {reason}" for file, reason in list(joined.refused.items())[:MOST_TOLD])
        if joined.elsewhere:
            passed = "1 row was" if joined.elsewhere == 1 else f"{joined.elsewhere:,} rows were"
            reasons += f"\n  {passed} passed over, of other data sets or models"
        raise UserError(f"--corrections: {table} says nothing new, so there is nothing to learn{reasons}")
    write_rows(folder / CORRECTIONS, joined.rows)
    return joined, changes


@contextmanager
def _attempt(line: ModelLine) -> Iterator[Path]:
    """A folder for one attempt; one that fails or is stopped leaves none."""
    parent = line.folder / ATTEMPTS
    parent.mkdir(exist_ok=True)
    stamp, number = datetime.now().strftime("%Y-%m-%d_%H-%M-%S"), 1  # local time, as of runs
    while (folder := parent / (stamp if number == 1 else f"{stamp}_{number}")).exists():
        number += 1
    folder.mkdir()
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
