"""From the pictures of a few classes to a model that answers: prepared, its head trained, measured, with a report."""

from dataclasses import dataclass
from pathlib import Path

from vitrine.config.packaged import recipes_folder
from vitrine.records.folder import LATEST
from vitrine.workflows.prepare import name_source, prepare
from vitrine.workflows.run import Run
from vitrine.workflows.train import train

RECIPE = "head_only.yaml"
PREPARED, RUNS = "prepared", "runs"


@dataclass(frozen=True)
class Taught:
    """What a lesson leaves.

    Attributes:
        run: folder of the finished run; the model is in it.
        right: pictures of the test that were answered rightly, whatever the decision.
        tested: pictures of the test.
    """

    run: Path
    right: int
    tested: int


def teach(pictures: Path, folder: Path) -> Taught:
    """Trains the head of the network of `configs/head_only.yaml` on pictures.

    Args:
        pictures: with a sub-folder for each class, whatever its name.
        folder: below which data set and run are written.

    Raises:
        UserError: it cannot be trained on these pictures; the message says what to do.
    """
    recipe, name = recipes_folder() / RECIPE, _name(folder)
    data = prepare(
        pictures,
        name=name,
        recipe=recipe,
        folder=folder / PREPARED,
        progress=False,
        data={"layout": "classes"},  # a class may be called as a split is
    )
    return _describe(train(data, recipe=recipe, name=name, folder=folder / RUNS, progress=False))


def find_taught(folder: Path) -> Taught | None:
    """What the last lesson in a folder left; None where there was none.

    Raises:
        UserError: it is damaged.
    """
    latest = folder / RUNS / _name(folder) / LATEST
    return _describe(Run.open(latest.resolve())) if latest.exists() else None


def _name(folder: Path) -> str:
    """Of data set and runs: a folder may have blanks and accents, a recipe's name may not."""
    return name_source(str(folder.resolve()))


def _describe(run: Run) -> Taught:
    tested = run.metrics.test.pictures
    return Taught(run.folder, round(run.accuracy * tested), tested)


def load_training() -> None:
    """Imports what takes seconds, so that the first lesson need not wait for it."""
    import vitrine.training.run
    import vitrine.workflows.dataset  # noqa: F401
