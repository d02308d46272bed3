"""Comparisons of a run or four, planned and done in the current folder."""

from collections.abc import Sequence
from pathlib import Path

from vitrine.config.recipe import Recipe
from vitrine.experiments.compare.datasets import prepare_missing
from vitrine.experiments.compare.file import Comparison, load_comparison
from vitrine.experiments.compare.plan import PlannedRun, plan_runs
from vitrine.experiments.compare.runner import Event, Options, do_runs

ONE = "seeds: [0]\nvariants: {plain: {}}\n"
TWO = "seeds: [0, 1]\nvariants: {plain: {}, wide: {'model.small_cnn.filters': [6]}}\n"


def refuse(recipe: Recipe) -> None:
    """Stands in for preparing, where everything shall be prepared already."""
    raise AssertionError(f"{recipe.prepared_folder} should have been there")


def plan(path: Path, *overrides: str) -> tuple[Comparison, list[PlannedRun]]:
    """A comparison, and its runs below `runs/`."""
    comparison = load_comparison(path, overrides)
    folder = Path("runs") / comparison.name
    folder.mkdir(parents=True, exist_ok=True)
    return comparison, plan_runs(comparison, folder, prepare_missing(comparison, folder, refuse, print))


def do(runs: Sequence[PlannedRun]) -> list[tuple[str, str]]:
    """What happened: (kind, run) of every final event."""
    events: list[Event] = []
    do_runs(runs, Options(), events.append)
    return [(event.kind, event.run) for event in events if event.kind in ("done", "failed")]
