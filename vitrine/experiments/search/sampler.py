"""What a search tries next, and what it stops early: Optuna's TPE and pruners, with draws that a resume repeats."""

from collections.abc import Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner
from optuna.samplers import BaseSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState

from vitrine.experiments.search.file import Search
from vitrine.experiments.search.space import SearchedParameter

RETRY_OF = "retry_of"
SURPLUS = "surplus"
STARTUP_SHARE = 3  # one third of the trials, at most ten, is drawn by chance before TPE chooses
STARTUP_MOST = 10


def counted_trials(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """The trials that count, by number: without those that were tried again, and those beyond the wanted number."""
    retried = {trial.user_attrs.get(RETRY_OF) for trial in trials}
    return [trial for trial in trials if trial.number not in retried and SURPLUS not in trial.user_attrs]


class RepeatableTPE(BaseSampler):
    """TPE whose draws depend on the seed and a trial's place alone.

    A search that was killed and resumed therefore draws what it would have drawn, and workers draw different values.
    """

    def __init__(self, study: optuna.Study, seed: int, startup: int) -> None:
        self.study = study  # Hyperband hands samplers a part of it only, by which places would be taken twice
        self.seed = seed
        self.startup = startup
        self.sampler = self._build(0)

    def _build(self, place: int) -> TPESampler:
        return TPESampler(seed=(self.seed * 1_000_003 + place) % 2**32, n_startup_trials=self.startup)

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """Begins the draws of a trial."""
        counted = counted_trials(self.study.get_trials(deepcopy=False))
        self.sampler = self._build(sum(other.number < trial.number for other in counted))

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """As TPE."""
        return self.sampler.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """As TPE."""
        return self.sampler.sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """As TPE."""
        return self.sampler.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """As TPE."""
        self.sampler.after_trial(study, trial, state, values)


def build_sampler(search: Search, study: optuna.Study) -> BaseSampler:
    """TPE over all parameters together."""
    startup = max(1, min(STARTUP_MOST, search.file.trials // STARTUP_SHARE))
    return RepeatableTPE(study, search.file.sampler_seed, startup)


def build_pruner(search: Search) -> BasePruner:
    """The pruner that the file names; steps are epochs from 1."""
    pruner = search.file.pruner
    if pruner.method == "median":
        return MedianPruner(n_startup_trials=pruner.startup_trials, n_warmup_steps=pruner.warmup_epochs)
    if pruner.method == "hyperband" and search.epochs > pruner.warmup_epochs:
        return HyperbandPruner(min_resource=pruner.warmup_epochs, max_resource=search.epochs)
    return NopPruner()


def suggest_values(trial: optuna.Trial, space: Sequence[SearchedParameter]) -> dict[str, Any]:
    """The values that a trial shall have, as a recipe holds them."""
    values = {}
    for parameter in space:
        if parameter.kind == "choice":
            stored: Any = trial.suggest_categorical(parameter.stored_name, parameter.labels)
        elif parameter.kind == "int":
            step = 1 if parameter.step is None else int(parameter.step)
            stored = trial.suggest_int(
                parameter.stored_name, int(parameter.low), int(parameter.high), log=parameter.is_log, step=step
            )
        else:
            stored = trial.suggest_float(
                parameter.stored_name, parameter.low, parameter.high, log=parameter.is_log, step=parameter.step
            )
        values[parameter.name] = parameter.read(stored)
    return values
