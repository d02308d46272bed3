"""Variants of a recipe held against each other: what is missing is trained, then figures and page are written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

from vitrine.config.loading import dump_recipe
from vitrine.config.recipe import Recipe
from vitrine.errors import UserError
from vitrine.experiments.compare.file import Comparison as Plan
from vitrine.experiments.compare.file import check_comparison, load_comparison
from vitrine.workflows.parameters import SHORT_NAMES, Place, check_at_least_one
from vitrine.workflows.prepare import write_data_set
from vitrine.workflows.progress import Show, show_progress
from vitrine.workflows.train import RUNS, recipe_for

if TYPE_CHECKING:
    from vitrine.data.prepared.dataset import PreparedDataset
    from vitrine.experiments.compare.plan import PlannedRun
    from vitrine.experiments.compare.runner import Event
    from vitrine.records.comparison import ComparisonFigures
    from vitrine.ui.texts import Texts
    from vitrine.workflows.notebook import Page


@dataclass(frozen=True, repr=False)
class Comparison:
    """Variants held against each other, as `vitrine.compare` gives them.

    Attributes:
        folder: with the page, the figures, and every run.
        figures: as comparison.json holds them.
    """

    folder: Path
    figures: "ComparisonFigures"

    @property
    def answer(self) -> str:
        """Which variant is better, or that it cannot be told."""
        from vitrine.reports.comparison.words import answer
        from vitrine.ui.texts import load_texts

        return answer(self.figures, load_texts("en"))[0]

    @property
    def report(self) -> "Page":
        """The page, with every figure that the answer rests on."""
        from vitrine.reports.comparison.page import PAGE
        from vitrine.workflows.notebook import Page

        return Page(self.folder / PAGE)

    def __repr__(self) -> str:
        return f"Comparison({str(self.folder)!r}: {self.answer})"

    def _repr_html_(self) -> str:
        from vitrine.reports.comparison.words import sentence, spread
        from vitrine.workflows.notebook import TEXTS, table, titled

        rows = [
            (one.name, spread(one.accuracy, TEXTS), TEXTS.interval(*one.accuracy_interval, 1),
             TEXTS.duration(one.seconds.mean), TEXTS.number(one.runs))
            for one in self.figures.variants
        ]  # fmt: skip
        keys = ("accuracy.variant", "accuracy.test", "accuracy.interval", "cost.time", "accuracy.trainings")
        pairs = [sentence(pair, TEXTS) for pair in self.figures.pairs]
        failed = [f"failed: {one.variant}, seed {one.seed}: {one.reason}" for one in self.figures.failures]
        headings = [TEXTS(f"comparison.{key}") for key in keys]
        return titled(self.answer, table(rows, headings), *failed, *pairs, f"report: {self.report}")


def compare(
    data: "PreparedDataset | Place",
    variants: Mapping[str, Mapping[str, Any]] | None = None,
    /,
    *,
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    name: str | None = None,
    recipe: Place | None = None,
    folder: Place = RUNS,
    workers: int = 1,
    language: Literal["en", "fr"] = "en",
    progress: bool | None = None,
    **parameters: Any,
) -> Comparison:
    """Trains variants with several seeds each, and tests whether their differences are more than chance.

    Runs that are done already are not done again.

    Args:
        data: a data set, or the folder of one, as `prepare` makes it; without variants, a comparison file (see
            configs/compare/).
        variants: what each changes, by its name: `{"small": {"backbone": "mobilenet_v2"}, "large": {"backbone":
            "resnet50"}}`, with the short names of `train`, dotted names or sections. The first is the reference.
        seeds: each variant is trained once with each.
        name: of the comparison; None: "<name of the data set>_comparison", or that of the file.
        recipe: YAML file that all variants start from; None takes the defaults.
        folder: below which everything is written: `<folder>/<name>`.
        workers: processes that share the runs; more than one in scripts only.
        language: of the page.
        progress: True shows a bar, False shows nothing; None: a bar on a terminal and in a notebook.
        **parameters: of all variants; see `train`.

    Raises:
        UserError: one message that lists every fault of the variants.
        KeyboardInterrupt: somebody stopped it; the same call goes on from there.

    Example:
        >>> import vitrine
        >>> data = vitrine.prepare("pictures/colours", image_size=16, progress=False)
        >>> variants = {"slow": {"learning_rate": 1e-4}, "quick": {"learning_rate": 1e-2}}
        >>> comparison = vitrine.compare(data, variants, seeds=[0], epochs=1, progress=False)
        >>> [variant.name for variant in comparison.figures.variants]
        ['slow', 'quick']
        >>> str(comparison.report)
        'runs/colours_comparison/comparison.html'
    """
    check_at_least_one("workers", workers)
    plan = _plan(data, variants, list(seeds), name, recipe, parameters)
    from vitrine.ui.texts import load_texts

    out = Path(folder).expanduser() / plan.name
    with show_progress(progress) as show:
        runs = plan_missing(plan, out, write_data_set, lambda text: show(text, 0, 0))
        do_missing(runs, _Told(show, runs).tell, workers=workers)
    figures, _ = conclude(plan, runs, out, load_texts(language))
    return Comparison(out, figures)


def _plan(
    data: "PreparedDataset | Place",
    variants: Mapping[str, Mapping[str, Any]] | None,
    seeds: list[int],
    name: str | None,
    recipe: Place | None,
    parameters: Mapping[str, Any],
) -> Plan:
    from vitrine.data.prepared.dataset import PreparedDataset

    if variants is None:
        if isinstance(data, PreparedDataset) or Path(data).expanduser().is_dir():
            raise UserError('compare: name what is compared: compare(data, {"a": {"epochs": 5}, "b": {"epochs": 10}})')
        if recipe is not None or name is not None or parameters:
            raise UserError("compare: a comparison file says everything itself; leave out recipe, name and parameters")
        return load_comparison(Path(data).expanduser())
    base = recipe_for(data, recipe, dict(parameters))
    name = name or f"{base.name}_comparison"
    with TemporaryDirectory(prefix="vitrine-") as folder:
        path = Path(folder) / f"{base.name}.yaml"  # variants start from a file; it is read once, here
        path.write_text(dump_recipe(_without_seed(base)), "utf-8")
        changes = {key: {SHORT_NAMES.get(one, one): to for one, to in ones.items()} for key, ones in variants.items()}
        values = {"name": name, "recipe": str(path), "variants": changes, "seeds": seeds}
        return check_comparison(values, Path(f"comparison {name}"))


def _without_seed(recipe: Recipe) -> Recipe:
    if recipe.engine.seed:
        raise UserError("seed: a comparison has several; give seeds=[0, 1, 2]")
    return recipe


class _Told:
    """Counts the runs that are done, and shows what is at work."""

    def __init__(self, show: Show, runs: Sequence["PlannedRun"]) -> None:
        self.show, self.total = show, len(runs)
        self.done = sum(run.is_done() or run.failure.exists() for run in runs)

    def tell(self, event: "Event") -> None:
        """Moves the bars."""
        if event.kind in ("done", "failed"):
            self.done += 1
        elif event.kind in ("features", "epoch"):
            self.show(event.kind, event.done, event.total)
        self.show("runs", self.done, self.total)


def plan_missing(
    comparison: Plan, folder: Path, prepare: Callable[[Recipe], object], say: Callable[[str], None]
) -> list["PlannedRun"]:
    """Every run of a comparison; data sets that are missing are prepared.

    Args:
        comparison: checked.
        folder: of the comparison; is made.
        prepare: writes the prepared data set of a recipe.
        say: told what is prepared.

    Raises:
        UserError: pictures cannot be prepared, or a data set has other settings than its variant.
    """
    from vitrine.experiments.compare.datasets import prepare_missing
    from vitrine.experiments.compare.plan import plan_runs

    folder.mkdir(parents=True, exist_ok=True)
    return plan_runs(comparison, folder, prepare_missing(comparison, folder, prepare, say))


def do_missing(
    runs: Sequence["PlannedRun"],
    tell: Callable[["Event"], None],
    workers: int = 1,
    reports: bool = False,
) -> None:
    """Does the runs that are neither done nor failed.

    Args:
        runs: of a comparison.
        tell: told how it goes.
        workers: processes that share the runs.
        reports: whether each run gets its own page.

    Raises:
        UserError: a data set is damaged, the disk cannot lock files, or workers die again and again.
        KeyboardInterrupt: somebody stopped it; what was done is kept.
    """
    from vitrine.experiments.compare.runner import Options
    from vitrine.experiments.compare.workers import spread_runs
    from vitrine.models.quiet import silence_transformers
    from vitrine.records.prepared import check_files, read_facts

    missing = [run for run in runs if not run.is_done() and not run.failure.exists()]
    # Each run would find the damage too, and fail: better once, before anything starts.
    for folder in dict.fromkeys(run.recipe.prepared_folder for run in missing):
        check_files(folder, read_facts(folder), full=True)
    silence_transformers()
    spread_runs(runs, Options(reports=reports), tell, workers)


def conclude(
    comparison: Plan, runs: Sequence["PlannedRun"], folder: Path, texts: "Texts"
) -> tuple["ComparisonFigures", Path]:
    """Writes figures and page of what is done.

    Args:
        comparison: checked.
        runs: all of it.
        folder: of the comparison.
        texts: of the page's language.

    Returns:
        The figures, and the page.
    """
    from vitrine.experiments.compare.results import collect_figures, write_figures
    from vitrine.reports.comparison.page import write_comparison_page

    figures = collect_figures(comparison, runs)
    write_figures(figures, folder)
    return figures, write_comparison_page(figures, folder, texts)
