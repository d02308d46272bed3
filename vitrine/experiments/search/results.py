"""From the trials of a study to what the page shows, and to the best recipe as a file."""

import re
from collections.abc import Mapping
from typing import Any, Literal

import optuna
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.trial import FrozenTrial, TrialState

from vitrine.config.aliases import current_name
from vitrine.config.loading import dump_recipe
from vitrine.config.recipe import Recipe
from vitrine.config.suited import EPOCHS
from vitrine.errors import UserError
from vitrine.experiments.search.file import Search
from vitrine.experiments.search.sampler import RETRY_OF, counted_trials
from vitrine.experiments.search.space import change_recipe, read_value, write_value
from vitrine.experiments.search.storage import IS_DEFAULT
from vitrine.experiments.search.trials import FIGURES, check_any_came_through
from vitrine.experiments.search.workers import DIED, REASON
from vitrine.records.search import ParameterRecord, TrialRecord

FEWEST_FOR_IMPORTANCE = 4
STATES: dict[TrialState, Literal["complete", "pruned", "failed"]] = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
}


def find_best(study: optuna.Study) -> FrozenTrial:
    """The complete trial with the lowest objective; of equal ones the first.

    Raises:
        UserError: no trial was trained to its end.
    """
    check_any_came_through(study)
    complete = [trial for trial in finished_trials(study) if trial.state == TrialState.COMPLETE]
    if not complete:
        raise UserError(
            f"{study.study_name}: no trial of the search was trained to its end; run the same command with more trials"
        )
    return min(complete, key=lambda trial: (trial.value, trial.number))


def finished_trials(study: optuna.Study) -> list[FrozenTrial]:
    """The finished trials that count, by number."""
    return [trial for trial in counted_trials(study.trials) if trial.state.is_finished()]


def read_values(search: Search, trial: FrozenTrial) -> dict[str, Any]:
    """A trial's values, as a recipe holds them."""
    return {one.name: one.read(trial.params[one.stored_name]) for one in search.space}


def best_recipe(search: Search, trial: FrozenTrial) -> Recipe:
    """The base recipe with a trial's values; it keeps its own number of epochs, also where another part is trained."""
    return change_recipe(search.base, read_values(search, trial) | {EPOCHS: search.base.optim.epochs})


def record_trials(study: optuna.Study) -> tuple[TrialRecord, ...]:
    """All finished trials that count."""
    return tuple(_record(place, trial) for place, trial in enumerate(finished_trials(study), start=1))


def _record(place: int, trial: FrozenTrial) -> TrialRecord:
    figures = trial.user_attrs.get(FIGURES, {})
    is_complete = trial.state == TrialState.COMPLETE
    failed = trial.state == TrialState.FAIL
    return TrialRecord(
        number=place,
        state=STATES[trial.state],
        is_default=IS_DEFAULT in trial.user_attrs,
        loss=figures.get("loss") if is_complete else None,
        accuracy=figures.get("accuracy") if is_complete else None,
        epochs=figures.get("epochs", 0),
        seconds=figures.get("seconds"),
        values={
            current_name(name): value if isinstance(value, str) else float(value)
            for name, value in trial.params.items()
        },
        reason=str(trial.user_attrs.get(REASON, DIED)) if failed else "",
    )


def count_retried(study: optuna.Study) -> int:
    """Trials that died with their process and were tried again."""
    return len({trial.user_attrs[RETRY_OF] for trial in study.trials if RETRY_OF in trial.user_attrs})


def record_parameters(search: Search, study: optuna.Study, best: FrozenTrial) -> tuple[ParameterRecord, ...]:
    """What was searched, what was found, and what mattered.

    Args:
        search: what was searched.
        study: its trials.
        best: of them.
    """
    importances = measure_importance(study)
    found = read_values(search, best)
    return tuple(
        ParameterRecord(
            name=one.name,
            low=None if one.kind == "choice" else float(one.low),
            high=None if one.kind == "choice" else float(one.high),
            is_log=one.is_log,
            labels=one.labels,
            words=one.words,
            before=_write_short(read_value(search.base, one.name)),
            found=_write_short(found[one.name]),
            importance=importances.get(one.stored_name),
        )
        for one in search.space
    )


def _write_short(value: Any) -> str:
    """Four digits are what a search can tell of a number."""
    return f"{value:.4g}" if isinstance(value, float) else write_value(value)


def measure_importance(study: optuna.Study) -> dict[str, float]:
    """fANOVA: the share of the differences between complete trials that each parameter explains.

    Returns:
        Shares by name that add up to 1; nothing with too few complete trials, or where all are equally good.
    """
    values = [trial.value for trial in finished_trials(study) if trial.state == TrialState.COMPLETE]
    if len(values) < FEWEST_FOR_IMPORTANCE or len(set(values)) == 1:
        return {}
    shares = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0))
    return {name: min(max(float(share), 0.0), 1.0) for name, share in shares.items()}


def write_recipe(recipe: Recipe, parameters: tuple[ParameterRecord, ...], header: Mapping[str, str]) -> str:
    """The recipe as YAML, every value written out; what the search changed or confirmed has a comment.

    Args:
        recipe: the best one.
        parameters: what was searched.
        header: lines of comment on top, by their first words.
    """
    by_name = {parameter.name: parameter for parameter in parameters}
    lines = [f"# {first}: {rest}" for first, rest in header.items()]
    sections: list[str] = []
    for line in dump_recipe(recipe).splitlines():
        key = re.match(r"^( *)([A-Za-z_]+):", line)
        if key:
            depth = len(key[1]) // 2
            sections = [*sections[:depth], key[2]]
            parameter = by_name.get(".".join(sections))
            if parameter is not None:
                line += f"  # {_comment(parameter)}"
        lines.append(line)
    return "\n".join(lines) + "\n"


def _comment(parameter: ParameterRecord) -> str:
    was = "kept" if parameter.before == parameter.found else f"found by the search, was {parameter.before}"
    matters = "" if parameter.importance is None else f"; explains {parameter.importance:.0%} of the differences"
    return f"{was}{matters}; searched: {parameter.words}"
