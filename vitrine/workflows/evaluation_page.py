"""A model measured on labelled pictures: from what a person names to the page and its record."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import vitrine
from vitrine.config.recipe import Recipe
from vitrine.errors import UserError
from vitrine.records.evaluation import PAGE, RECORD
from vitrine.workflows.parameters import Place, build_recipe, check_at_least_one, short_name
from vitrine.workflows.progress import Show, show_nothing, show_progress

if TYPE_CHECKING:
    import pandas as pd

    from vitrine.data.loading.labeled import LabeledData
    from vitrine.data.prepared.dataset import PreparedDataset
    from vitrine.data.sources.fetching import Fetched
    from vitrine.predict.predictor import Predictor
    from vitrine.records.evaluation import Evaluation as EvaluationRecord
    from vitrine.work.unit import Engine
    from vitrine.workflows.model import Model
    from vitrine.workflows.notebook import Page
    from vitrine.workflows.run import Run

EVALUATIONS = Path("evaluations")


@dataclass(frozen=True)
class Measuring:
    """How a model is measured.

    Attributes:
        split: "test" or "all" pictures; None: the test split where there is one.
        labels: "label=class" each, where the names do not tell which class a label of the model means.
        top_k: a top-k answer is right when the label is among the k likeliest.
        language: of the page.
    """

    split: Literal["test", "all"] | None = None
    labels: Sequence[str] = ()
    top_k: int = 3
    language: Literal["en", "fr"] = "en"


@dataclass(frozen=True, repr=False)
class Evaluation:
    """What a model reached on a data set, as `vitrine.evaluate` gives it.

    Attributes:
        folder: with the page, the record, and a table of all answers.
        sentences: the verdict, then what speaks against it.
        record: every figure, as evaluation.json holds it.
    """

    folder: Path
    sentences: tuple[str, ...]
    record: "EvaluationRecord"

    @property
    def accuracy(self) -> float:
        """Share of the pictures that were named rightly."""
        return self.record.evidence.test.accuracy

    @property
    def accuracy_interval(self) -> tuple[float, float]:
        """95 % interval of the accuracy on other pictures like these."""
        return self.record.evidence.test.accuracy_interval

    @property
    def report(self) -> "Page":
        """The page with everything that was measured."""
        from vitrine.workflows.notebook import Page

        return Page(self.folder / PAGE)

    @property
    def predictions(self) -> "pd.DataFrame":
        """One row per picture of a class that the model knows."""
        from vitrine.records.spreadsheet import read_guarded_csv

        return read_guarded_csv(self.folder / "predictions.csv", ("file", "label_name", "predicted"))

    def __repr__(self) -> str:
        return f"Evaluation({str(self.folder)!r}: {self._result()})"

    def _result(self) -> str:
        from vitrine.workflows.notebook import tell_accuracy

        return tell_accuracy(self.accuracy, self.accuracy_interval, self.record.evidence.test.pictures)

    def _repr_html_(self) -> str:
        from vitrine.workflows.notebook import titled

        return titled(f"{self.record.model.name}: {self._result()}", *self.sentences, f"report: {self.report}")


def evaluate(
    model: "Model | Run | Place",
    data: "PreparedDataset | Place",
    /,
    *,
    split: Literal["test", "all"] | None = None,
    labels: Mapping[str, str] | Sequence[str] = (),
    top_k: int = 3,
    language: Literal["en", "fr"] = "en",
    folder: Place | None = None,
    progress: bool | None = None,
    **parameters: Any,
) -> Evaluation:
    """Measures any model on any labelled pictures, and writes a page with all that can be said of it.

    Args:
        model: what `load` takes, or what it gave.
        data: a data set (its test split), a folder with one sub-folder per class, an archive, a table, or
            `"hub:owner/name"`.
        split: which pictures: "test" or "all"; None: the test split where there is one.
        labels: `{label of the model: class}` where the names do not tell.
        top_k: a top-k answer is right when the label is among the k likeliest.
        language: of the page.
        folder: to write; None: `evaluations/<model>/<data>`.
        progress: True shows bars, False shows nothing; None: bars on a terminal and in a notebook.
        **parameters: how to read the pictures, of the sections `data` and `labels` of a recipe.

    Raises:
        UserError: the model learned from these pictures, knows none of their classes, or one of both cannot be read.

    Example:
        >>> import vitrine
        >>> run = vitrine.Run.open("runs/colours/latest")
        >>> evaluation = vitrine.evaluate(run, "prepared/colours", progress=False)
        >>> evaluation.accuracy == run.accuracy
        True
    """
    from vitrine.data.prepared.dataset import PreparedDataset
    from vitrine.workflows.model import load

    check_at_least_one("top_k", top_k)
    source = str(data.folder if isinstance(data, PreparedDataset) else data)
    strange = [name for name in parameters if name.split(".")[0] not in ("data", "labels")]
    if strange:
        raise UserError(f"{strange[0]}: only parameters of the sections data and labels say how the pictures are read")
    recipe = build_recipe(None, {**parameters, "data.source": source})
    loaded = load(model)
    out = Path(folder).expanduser() if folder is not None else EVALUATIONS / loaded.name / short_name(source)
    check_place(out, "folder")
    pairs = [f"{name}={meant}" for name, meant in labels.items()] if isinstance(labels, Mapping) else list(labels)
    how = Measuring(split, pairs, top_k, language)
    with show_progress(progress) as show:
        sentences = evaluate_source(loaded.predictor, recipe, out, how, show)
    return Evaluation(out, tuple(sentences), _read_record(out))


def _read_record(folder: Path) -> "EvaluationRecord":
    from vitrine.records.evaluation import Evaluation as Record

    return Record.model_validate_json((folder / RECORD).read_bytes())


def evaluate_source(
    predictor: "Predictor",
    recipe: Recipe,
    output: Path,
    how: Measuring,
    show: Show = show_nothing,
    engine: "Engine | None" = None,
) -> list[str]:
    """Measures a model on the pictures that a recipe's data section names, and writes the page.

    Args:
        predictor: the model.
        recipe: its sections `data` and `labels` say which pictures, and how to read them.
        output: folder to write; an earlier evaluation there is replaced.
        how: what is measured.
        show: told how far it is.
        engine: asks the model, in shards that outlast an error; None: this process.

    Returns:
        The verdict and the warnings.

    Raises:
        UserError: see `measure_model` and `open_labeled`.
        OthersAtWorkError: other ranks have not done their shares yet, or another process writes the page.
    """
    from vitrine.records.locks import hold_lock
    from vitrine.reports.evaluation.page import write_evaluation
    from vitrine.work.ranks import NothingLeftError
    from vitrine.workflows.evaluate import ask_here, measure_model
    from vitrine.workflows.measured_shards import AskByShards, lock_of

    with _opened(predictor, recipe, output, how, engine) as (data, fetched), ExitStack() as held:
        words = (vitrine.__version__, repr(how))
        limit = recipe.data.max_megapixels
        by_shards = None if engine is None else AskByShards(engine, output, limit, held, words)
        try:
            measured = measure_model(
                predictor, data, recipe.data.source, how.labels, how.top_k, show, by_shards or ask_here
            )
        except NothingLeftError:
            fetched.is_needless = True
            raise
        if by_shards is None:
            output.absolute().parent.mkdir(parents=True, exist_ok=True)
            held.enter_context(hold_lock(lock_of(output), is_removed=True))
        # The pictures of the page are opened once more, so the workspace must still be there.
        sentences = write_evaluation(output, measured, how.language)
        if by_shards is not None:
            by_shards.finish()
        fetched.is_needless = True
    return sentences


@contextmanager
def _opened(
    predictor: "Predictor", recipe: Recipe, output: Path, how: Measuring, engine: "Engine | None"
) -> "Iterator[tuple[LabeledData, Fetched]]":
    """The pictures, and what was fetched of them; what is unpacked goes at the end."""
    from vitrine.data.loading.labeled import open_labeled
    from vitrine.data.sources.addresses import is_address
    from vitrine.data.sources.fetching import fetched_beside
    from vitrine.data.sources.places import keeping_nothing
    from vitrine.work.choice import works_elsewhere

    parent = output.absolute().parent
    if engine is not None or is_address(recipe.data.source):  # parts, or what is fetched, lie beside the output
        parent.mkdir(parents=True, exist_ok=True)
    with (
        keeping_nothing() if engine is None else nullcontext(),
        fetched_beside(output if is_address(recipe.data.source) else None) as fetched,
        tempfile.TemporaryDirectory(prefix=".vitrine-", dir=parent if works_elsewhere(engine) else None) as workspace,
    ):
        rendering = predictor.rendering
        yield open_labeled(recipe.data, recipe.labels, how.split, Path(workspace), rendering, fetched.folder), fetched


def check_place(output: Path, option: str) -> None:
    """An earlier evaluation makes way; nothing else does.

    Args:
        output: folder to write.
        option: by which it was given, for the message.
    """
    if output.exists() and not (output.is_dir() and ((output / RECORD).exists() or not any(output.iterdir()))):
        raise UserError(f"{option}: {output} is there already and is not an evaluation; take another folder")
