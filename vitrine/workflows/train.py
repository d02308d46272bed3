"""From a prepared data set to a finished run: trained, measured once on its test pictures, with a report."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitrine.config.loading import load_stored_recipe
from vitrine.config.recipe import Recipe
from vitrine.errors import UserError
from vitrine.records import folder as run_folder
from vitrine.workflows.early_checks import check_inputs
from vitrine.workflows.parameters import Place, build_recipe
from vitrine.workflows.progress import Show, show_progress

if TYPE_CHECKING:
    from vitrine.data.prepared.dataset import PreparedDataset
    from vitrine.records.run import Metrics
    from vitrine.training.finish import BeforeTest
    from vitrine.training.loop.progress import Listeners
    from vitrine.workflows.run import Run

RUNS = Path("runs")


@dataclass(frozen=True)
class Trained:
    """What a training leaves.

    Attributes:
        folder: of the finished run.
        metrics: the content of metrics.json.
    """

    folder: Path
    metrics: "Metrics"


def train(
    data: "PreparedDataset | Place",
    /,
    *,
    backbone: str | None = None,
    epochs: int | None = None,
    learning_rate: float | None = None,
    batch_size: int | None = None,
    seed: int | None = None,
    name: str | None = None,
    recipe: Place | None = None,
    folder: Place = RUNS,
    resume: Place | None = None,
    progress: bool | None = None,
    **parameters: Any,
) -> "Run":
    """Trains a classifier on a prepared data set, measures it once on the test pictures, and writes a report.

    Args:
        data: a data set, or the folder of one, as `prepare` makes it.
        backbone: a name that `python -m vitrine backbones` lists, an id on the Hugging Face Hub, a model folder, or
            "small_cnn", which starts from random weights; None: "small_cnn", or as the recipe says.
        epochs: most passes over the training pictures.
        learning_rate: highest of the schedule.
        batch_size: pictures of a step on each device.
        seed: of weights, order and augmentation.
        name: names the run; None takes that of the recipe, or of the data set.
        recipe: YAML file; None takes the defaults. What it does not say of the pictures, the data set says.
        folder: below which the run is written: `<folder>/<name>/<time>`.
        resume: folder of an interrupted run, which goes on with its own recipe; give no other parameter then.
        progress: True shows a bar, False shows nothing; None: a bar on a terminal and in a notebook.
        **parameters: any other parameter of a recipe: `optim={"weight_decay": 0.1}`, or
            `**{"augmentation.policy": "light"}`.

    Raises:
        UserError: it cannot be trained like this; the message says what to do.
        KeyboardInterrupt: somebody stopped it; a note says how to go on where work was kept.

    Example:
        >>> import vitrine
        >>> data = vitrine.prepare("pictures/colours", image_size=16, progress=False)
        >>> run = vitrine.train(data, epochs=1, seed=1, progress=False)
        >>> run.metrics.training.epochs
        1
        >>> 0 <= run.accuracy <= 1
        True
        >>> run.report.path.name
        'report.html'
    """
    begun = time.monotonic()
    common = {
        "backbone": backbone, "epochs": epochs, "learning_rate": learning_rate, "batch_size": batch_size, "seed": seed,
        "name": name,
    }  # fmt: skip
    given = {key: value for key, value in common.items() if value is not None} | parameters
    if resume is None:
        resolved, unfinished = recipe_for(data, recipe, given), None
    else:
        if recipe is not None or given:
            names = ", ".join(["recipe"] * (recipe is not None) + list(given))
            raise UserError(f"resume: a run goes on with its own recipe; leave out {names}")
        unfinished = Path(resume).expanduser()
        resolved = read_stored_recipe(unfinished, "resume")
        _check_same_data(data, resolved)
    with _note_what_is_left() as say_kept, show_progress(progress) as show:
        listeners = listen(show, resolved.optim.epochs)
        trained = train_recipe(resolved, unfinished, Path(folder).expanduser(), listeners, say_kept, begun)
    from vitrine.workflows.run import Run

    if trained is None:
        raise UserError("vitrine.train works in one process; for several devices launch train.py with accelerate")
    return Run.open(trained.folder)


def recipe_for(data: "PreparedDataset | Place", recipe: Place | None, parameters: dict[str, Any]) -> Recipe:
    """The recipe of work on a data set: a file and parameters, and what they do not say as it was prepared.

    Args:
        data: a data set, or its folder.
        recipe: YAML file; None takes the defaults.
        parameters: see `build_recipe`.

    Raises:
        UserError: there is no such data set, or the parameters have faults.
    """
    from vitrine.data.prepared.dataset import PreparedDataset
    from vitrine.data.prepared.local_copy import read_facts_at
    from vitrine.data.sources.addresses import address_of
    from vitrine.workflows.dataset import as_data_set

    # An address stays one, so that the run can go on where there is no copy yet, or stream what is there.
    place = data.folder if isinstance(data, PreparedDataset) else data
    address = address_of(Path(place).expanduser())
    facts = as_data_set(data).facts if address is None else read_facts_at(address)
    defaults = {"name": facts.name, **facts.settings.model_dump(mode="json")}
    return build_recipe(recipe, {**parameters, "data.prepared": place}, defaults)


def read_stored_recipe(folder: Path, option: str) -> Recipe:
    """The recipe of an unfinished run.

    Args:
        folder: of the run.
        option: by which it was given, for messages.

    Raises:
        UserError: it is not a run, or finished already.
    """
    if not (folder / run_folder.RECIPE).exists():
        raise UserError(f"{option}: {folder} is not a run folder (no {run_folder.RECIPE})")
    if not folder.name.endswith(run_folder.UNFINISHED):
        raise UserError(f"{option}: {folder} is finished; its report is {folder / run_folder.REPORT}")
    return load_stored_recipe(folder / run_folder.RECIPE)


def train_recipe(
    recipe: Recipe,
    unfinished: Path | None,
    runs: Path,
    listeners: "Listeners",
    say_kept: Callable[[Path], None] = lambda _: None,
    begun: float | None = None,
    before_test: "BeforeTest | None" = None,
) -> Trained | None:
    """Trains, evaluates, writes the report and gives the run its final name.

    Args:
        recipe: the resolved recipe.
        unfinished: folder of an interrupted run that goes on; None starts one.
        runs: below which a new run is made.
        listeners: told how it goes.
        say_kept: told the folder of a run that ended early and can go on; one that holds no work yet is removed.
        begun: `time.monotonic()` from which a time budget counts; None: from now.
        before_test: is shown the model's folder before the test split is read; what it raises ends the training.

    Returns:
        The finished run; None in the processes that help the main one.

    Raises:
        UserError: it cannot be trained like this, or another process is at work on the run.
        KeyboardInterrupt: somebody stopped it.
    """
    check_inputs(recipe)
    from vitrine.models.quiet import silence_transformers
    from vitrine.reports.run.page import write_run_report
    from vitrine.ship.model_card import write_model_card
    from vitrine.training.matching_data import open_matching_data
    from vitrine.training.run import is_main_process, open_run, run_training

    silence_transformers()
    prepared, recipe = open_matching_data(recipe)
    folder = unfinished or open_run(runs, recipe.name)
    main_process = is_main_process()
    with run_folder.hold_run(folder) if main_process else nullcontext():
        try:
            metrics = run_training(recipe, folder, listeners, begun, prepared=prepared, before_test=before_test)
            if metrics is None:
                return None
            write_run_report(folder, prepared, recipe.report.language)
            write_model_card(folder)
        except BaseException:
            if main_process:
                _keep_or_remove(folder, say_kept)
            raise
        return Trained(run_folder.finish_run(folder), metrics)


def _keep_or_remove(folder: Path, say_kept: Callable[[Path], None]) -> None:
    """An interrupted run keeps what it has; one without any work leaves nothing behind."""
    from vitrine.training.run import can_go_on

    if can_go_on(folder):
        say_kept(folder)
    else:
        shutil.rmtree(folder)


@contextmanager
def _note_what_is_left() -> Iterator[Callable[[Path], None]]:
    """Adds to what ends a training how it can go on."""
    kept: list[Path] = []
    try:
        yield kept.append
    except BaseException as error:
        for folder in kept:
            error.add_note(
                f"what was done so far is kept; go on with: vitrine.train(data, resume={os.fspath(folder)!r})"
            )
        raise


def listen(show: Show, epochs: int) -> "Listeners":
    """What a training tells, as bars show it.

    Args:
        show: the bars.
        epochs: most that there may be.
    """
    from vitrine.training.loop.progress import Listeners

    return Listeners(
        on_features=lambda done, total: show("features", done, total),
        on_step=lambda step: show("training", (step.epoch - 1) * step.steps + step.step, step.total_steps),
        on_epoch=lambda epoch: show("epochs", epoch.epoch, epochs),
    )


def _check_same_data(data: "PreparedDataset | Place", recipe: Recipe) -> None:
    from vitrine.data.prepared.dataset import PreparedDataset
    from vitrine.data.prepared.local_copy import make_local

    streamed = recipe.engine.reading == "streamed"
    place = data.folder if isinstance(data, PreparedDataset) else Path(data).expanduser()
    folder = make_local(place, streamed=streamed)
    if folder.resolve() != make_local(recipe.prepared_folder, streamed=streamed).resolve():
        raise UserError(f"resume: the run was trained on {recipe.prepared_folder}, not on {folder}")
