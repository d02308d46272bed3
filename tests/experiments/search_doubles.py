"""A training that takes no time, for tests of what a search does around it."""

import math
from types import SimpleNamespace

import datasets
import optuna

from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.experiments.search import trials as search_trials
from vitrine.experiments.search.file import load_search
from vitrine.experiments.search.storage import default_address, open_study
from vitrine.experiments.search.trials import run_trials
from vitrine.training.loop.progress import EpochRecord

# A process number that no system gives out.
NOBODY = {"host": None, "pid": 2**22 + 7, "started": 0.0}


class Killed(BaseException):
    """Stands for `kill -9`: nothing in the code may answer to it."""


def write_search(folder, rest="", parameters="optim.learning_rate: {low: 1e-4, high: 1e-1, log: true}"):
    """A search over one rate and one list, six trials of four epochs, no pruning; `rest` adds or replaces lines."""
    values = {"trials": "6", "epochs": "4", "pruner": "{method: none}"}
    lines = [line for line in rest.split("\n") if line]
    kept = [f"{key}: {value}" for key, value in values.items() if not any(line.startswith(f"{key}:") for line in lines)]
    (folder / "base.yaml").write_text("optim: {epochs: 4}\nmodel: {small_cnn: {filters: [8]}}\n")
    path = folder / "mine.yaml"
    more = "  model.small_cnn.filters: {choices: [[8], [8, 16]]}"
    path.write_text("\n".join(["recipe: base.yaml", *kept, *lines, "parameters:", f"  {parameters}", more]) + "\n")
    return load_search(path)


def make_prepared(folder):
    """Splits of a few labels, without pictures."""
    rows = datasets.Dataset.from_dict({"label": [0, 1]})
    splits = datasets.DatasetDict(dict.fromkeys(("train", "validation", "test"), rows))
    return PreparedDataset(folder, SimpleNamespace(label_names=["cat", "dog"], version="0" * 12), splits)


class FakeTraining:
    """Stands in for `fit_network`: a rate of 0.01 is best; notes what it was asked to train.

    Attributes:
        plans: of all trainings.
        answers: by number of the training from 0, an exception to raise instead.
    """

    def __init__(self, **answers):
        self.plans = []
        self.prepared = None
        self.answers = {int(key.removeprefix("at_")): error for key, error in answers.items()}

    def __call__(self, plan, prepared, folder, listeners, begun):
        self.plans.append(plan)
        self.prepared = prepared
        error = self.answers.get(len(self.plans) - 1, self.answers.get(-1))
        if error is not None:
            raise error
        distance = abs(math.log10(plan.optimizer.learning_rate) + 2)
        records = [self.record(epoch, distance) for epoch in range(1, plan.options.epochs + 1)]
        for record in records:
            listeners.on_epoch(record)
        fit = SimpleNamespace(best=records[-1], best_epoch=len(records))
        return SimpleNamespace(fit=fit, facts={"parameters": 1})

    def record(self, epoch, distance):
        loss = distance + 1 / epoch
        return EpochRecord(epoch, loss, 0.5, loss, max(0.0, 0.9 - distance / 10), loss, 0.1, 1.0, 1.0)


def search_on(monkeypatch, folder, training, search, address=None):
    """Runs the trials of a search with a fake training; returns its study."""
    monkeypatch.setattr(search_trials, "fit_network", training)
    monkeypatch.setattr(search_trials, "POLL_SECONDS", 0.01)
    prepared = make_prepared(folder)
    study = open_study(search, prepared, address or default_address(folder))
    reports = []
    run_trials(search, study, prepared, folder / "scratch", reports.append)
    return study, reports


def states_of(study):
    """States of all trials, those tried again too."""
    return [trial.state.name for trial in study.trials]


def values_of(study):
    """Values of the complete trials, in their order."""
    return [trial.params for trial in study.trials if trial.state == optuna.trial.TrialState.COMPLETE]
