"""From the run folders of a comparison to its figures: `comparison.json`."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from vitrine.config.recipe import Recipe
from vitrine.errors import UserError
from vitrine.evaluation.repeats import TestAnswers, compare_all, summarize_variants
from vitrine.experiments.compare.cost import read_cost
from vitrine.experiments.compare.file import Comparison
from vitrine.experiments.compare.plan import PlannedRun
from vitrine.experiments.compare.runner import read_failure
from vitrine.records import folder as run_folder
from vitrine.records.comparison import Change, ComparisonFigures, Failure, RunFigures
from vitrine.records.environment import Environment, now
from vitrine.records.prepared import read_facts
from vitrine.records.run import Metrics, TrainingFigures
from vitrine.records.spreadsheet import read_guarded_csv, write_guarded_csv
from vitrine.training.machine.trackers import flatten

FIGURES = "comparison.json"
TABLE = "runs.csv"
# Where runs lie and how they are watched is nobody's question.
NOT_TOLD = {"name", "engine.seed", "engine.tracker", "data.prepared", "data.fold", "data.keep_split"}


def collect_figures(comparison: Comparison, runs: Sequence[PlannedRun]) -> ComparisonFigures:
    """Reads what is done and what failed; runs that are still at work are left out.

    Raises:
        UserError: a file of a finished run is missing or damaged.
    """
    done = [run for run in runs if run.is_done()]
    figures = [_read_run(run) for run in done]
    answers = {}
    for variant in comparison.variants:
        own = [run for run in done if run.variant == variant.name]
        if own:
            answers[variant.name] = _read_answers(own)
    failures = [
        Failure(variant=run.variant, seed=run.seed, fold=run.fold, reason=reason)
        for run in runs
        if run not in done and (reason := read_failure(run)) is not None
    ]
    return ComparisonFigures(
        name=comparison.name,
        question=comparison.question,
        created=now(),
        reference=comparison.reference,
        seeds=comparison.seeds,
        folds=comparison.folds,
        planned=len(runs),
        changes=_find_changes({variant.name: variant.recipe for variant in comparison.variants}),
        variants=summarize_variants(figures, answers),
        pairs=compare_all(answers, comparison.reference),
        runs=figures,
        failures=failures,
    )


def write_figures(figures: ComparisonFigures, folder: Path) -> None:
    """Writes `comparison.json`, and `runs.csv` with a row for each finished run."""
    figures.write(folder / FIGURES)
    rows = pd.DataFrame([run.model_dump() for run in figures.runs], columns=list(RunFigures.model_fields))
    write_guarded_csv(folder / TABLE, rows)


def _read_run(run: PlannedRun) -> RunFigures:
    try:
        metrics = Metrics.read(run.folder / run_folder.METRICS)
        environment = Environment.read(run.folder / run_folder.ENVIRONMENT)
        history = pd.read_csv(run.folder / run_folder.HISTORY).set_index("epoch")
        test, training, validation = metrics.test, metrics.training, metrics.validation
        cost = read_cost(run.folder)
        return RunFigures(
            variant=run.variant,
            seed=run.seed,
            fold=run.fold,
            folder=f"{run.variant}/{run.folder.name}",
            accuracy=test.accuracy,
            macro_f1=test.macro_f1,
            cohen_kappa=test.cohen_kappa,
            validation_accuracy=validation.accuracy,
            training_accuracy=history.loc[validation.best_epoch, "train_accuracy"],
            test_loss=test.loss,
            validation_loss=validation.loss,
            **_read_epoch_seconds(history, training),
            epochs=training.epochs,
            seconds=training.seconds if cost is None else cost.seconds,
            cpu_seconds=training.seconds if cost is None else cost.cpu_seconds,
            images_per_second=training.images_per_second,
            parameters=training.parameters,
            trainable_parameters=training.trainable_parameters,
            device=environment.device,
        )
    except (OSError, ValueError, KeyError) as error:
        raise _damaged(run, f"{type(error).__name__}: {error}") from error
    except UserError as error:
        raise _damaged(run, str(error)) from error


def _read_epoch_seconds(history: pd.DataFrame, training: TrainingFigures) -> dict[str, float]:
    """Of a frozen network, whose epochs take milliseconds, the one look at the pictures is what takes the time."""
    unknown = training.feature_views and training.feature_seconds is None
    if unknown or "validation_seconds" not in history:  # of an earlier build
        return {}
    seconds, validation = (float(history[column].sum()) for column in ("seconds", "validation_seconds"))
    return {
        "epoch_seconds": seconds - validation + (training.feature_seconds or 0.0),
        "validation_seconds": validation + (training.validation_feature_seconds or 0.0),
    }


def _read_answers(runs: Sequence[PlannedRun]) -> TestAnswers:
    """The answers of a variant's runs; one that has no row for a picture is refused, since all saw the same."""
    source = read_facts(runs[0].recipe.prepared_folder).source
    pictures: tuple[str, ...] = ()
    rows = []
    for run in runs:
        try:
            table = read_guarded_csv(run.folder / run_folder.PREDICTIONS, ("file", "label_name"))
            own = tuple(
                f"{source}\0{file}\0{label}" for file, label in zip(table["file"], table["label_name"], strict=True)
            )
            rows.append(table["correct"].to_numpy(bool))
        except (OSError, ValueError, KeyError) as error:
            raise _damaged(run, f"{type(error).__name__}: {error}") from error
        if pictures not in ((), own):
            raise UserError(
                f"{run.folder}: its test pictures are not those of the other seeds; remove it to train it again"
            )
        pictures = own
    return TestAnswers(pictures, tuple((run.seed, run.fold) for run in runs), np.stack(rows))


def _damaged(run: PlannedRun, reason: str) -> UserError:
    return UserError(f"{run.folder}: cannot be read ({reason}); remove it to train it again")


def _find_changes(recipes: dict[str, Recipe]) -> list[Change]:
    flat = {name: flatten(recipe.model_dump(mode="json")) for name, recipe in recipes.items()}
    parameters = dict.fromkeys(parameter for values in flat.values() for parameter in values)
    found = []
    for parameter in parameters:
        values = {name: _in_words(own.get(parameter)) for name, own in flat.items()}
        if parameter not in NOT_TOLD and len(set(values.values())) > 1:
            found.append(Change(parameter=parameter, values=values))
    return found


def _in_words(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
