"""A finished run as a notebook shows it: what it reached, its report, its model."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import ValidationError

from vitrine.config.loading import load_stored_recipe
from vitrine.config.recipe import Recipe
from vitrine.errors import UserError
from vitrine.records import folder as run_folder
from vitrine.records.atomic import is_link
from vitrine.records.run import Metrics
from vitrine.workflows.notebook import TEXTS, Page, table, tell_accuracy, titled
from vitrine.workflows.parameters import Place

if TYPE_CHECKING:
    import pandas as pd

NEEDED = (run_folder.RECIPE, run_folder.METRICS, run_folder.REPORT, f"{run_folder.MODEL}/config.json")


@dataclass(frozen=True, repr=False)
class Run:
    """A finished run, as `vitrine.train` gives it.

    Attributes:
        folder: with everything that was written.
        metrics: every figure, as metrics.json holds it.
    """

    folder: Path
    metrics: Metrics

    @classmethod
    def open(cls, folder: Place) -> Self:
        """Opens the folder of a finished run, of today or of an earlier time.

        Raises:
            UserError: it is not a run, or not a finished one, or damaged.

        Example:
            >>> import vitrine
            >>> run = vitrine.Run.open("runs/colours/latest")
            >>> run.metrics.test.pictures
            6
            >>> list(run.history["epoch"])
            [1]
        """
        place = Path(folder).expanduser()
        if not (place / run_folder.RECIPE).is_file():
            raise UserError(f"{place} is not a run folder (no {run_folder.RECIPE})")
        if place.name.endswith(run_folder.UNFINISHED):
            raise UserError(
                f'{place} is not finished; go on with: vitrine.train(data, resume="{place}"), or '
                f"python train.py --resume {place}"
            )
        missing = [name for name in NEEDED if not (place / name).is_file()]
        if missing:
            raise UserError(f"{place}: {missing[0]} is missing, so the run is damaged; train again")
        try:
            metrics = Metrics.model_validate_json((place / run_folder.METRICS).read_bytes())
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(map(str, fault["loc"])) or "the file"
            raise UserError(f"{place / run_folder.METRICS}: {where}: {fault['msg']}; train again") from error
        return cls(place.parent / place.readlink() if is_link(place) else place, metrics)  # "latest" is a link

    @property
    def accuracy(self) -> float:
        """Share of the test pictures that were named rightly."""
        return self.metrics.test.accuracy

    @property
    def accuracy_interval(self) -> tuple[float, float]:
        """95 % interval of the accuracy on new pictures like these."""
        return self.metrics.test.accuracy_interval

    @property
    def report(self) -> Page:
        """The page with everything that was measured."""
        return Page(self.folder / run_folder.REPORT)

    @property
    def model(self) -> Path:
        """The model folder, which `vitrine.load`, the app and transformers open."""
        return self.folder / run_folder.MODEL

    @property
    def recipe(self) -> Recipe:
        """Every parameter that it was trained with."""
        return load_stored_recipe(self.folder / run_folder.RECIPE)

    @property
    def history(self) -> "pd.DataFrame":
        """One row per epoch: losses, accuracies, learning rate, speed."""
        import pandas as pd

        return pd.read_csv(self.folder / run_folder.HISTORY)

    @property
    def predictions(self) -> "pd.DataFrame":
        """One row per test picture."""
        from vitrine.records.spreadsheet import read_guarded_csv

        return read_guarded_csv(self.folder / run_folder.PREDICTIONS, ("file", "label_name", "predicted"))

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r}: {self._result()})"

    def _result(self) -> str:
        test = self.metrics.test
        return tell_accuracy(test.accuracy, test.accuracy_interval, test.pictures)

    def _repr_html_(self) -> str:
        training, validation = self.metrics.training, self.metrics.validation
        rows = [
            ("network", f"{training.backbone}, {TEXTS.number(training.parameters)} parameters"),
            ("epochs", f"{training.epochs} of {training.epochs_planned}, kept: {validation.best_epoch}"),
            ("training time", TEXTS.duration(training.seconds)),
            ("macro-F1", TEXTS.number(self.metrics.test.macro_f1, 3)),
            ("report", str(self.report)),
            ("model", str(self.model)),
        ]
        return titled(self._result(), table(rows))
