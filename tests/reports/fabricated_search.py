"""A search as it might have gone, for the page and its figures."""

import numpy as np

from vitrine.evaluation.significance import compare_answers
from vitrine.records.search import ParameterRecord, SearchCost, SearchResult, TrialRecord

FILTERS = ("[16, 32]", "[16, 32, 64]", "[32, 64]", "[32, 64, 128]")
OPTIMIZERS = ("adamw", "sgd", "rmsprop")


def fabricate_trials(count: int) -> tuple[TrialRecord, ...]:
    """Complete, pruned and failed trials; the first is the recipe before."""
    generator = np.random.default_rng(3)
    trials = []
    for number in range(1, count + 1):
        rate = float(10 ** generator.uniform(-4, -1.5))
        dropout, optimizer = float(generator.uniform(0, 0.6)), str(generator.choice(OPTIMIZERS))
        filters = str(generator.choice(FILTERS))
        loss = 0.08 + 0.5 * abs(np.log10(rate) + 2.6) ** 1.5 + 0.2 * (optimizer == "sgd") + 0.2 * dropout
        state = "complete" if number in (1, 2, 3) or loss < 0.45 else "pruned"
        if number % 11 == 0:
            state = "failed"
        trials.append(
            TrialRecord(
                number=number,
                state=state,
                is_default=number == 1,
                loss=loss if state == "complete" else None,
                accuracy=max(0.1, 1 - loss / 3) if state == "complete" else None,
                epochs={"complete": 8, "pruned": 2, "failed": 0}[state],
                seconds={"complete": 14.0, "pruned": 4.0, "failed": 0.3}[state] * float(generator.uniform(0.8, 1.3)),
                values={
                    "model.small_cnn.filters": filters,
                    "model.small_cnn.dropout": dropout,
                    "optim.name": optimizer,
                    "optim.learning_rate": rate,
                },
                reason="out of memory" if state == "failed" else "",
            )
        )
    return tuple(trials)


def fabricate_result(count: int = 30, objective: str = "validation_loss", gain_of: int | None = 2) -> SearchResult:
    """A whole result; `gain_of` pictures more of 270 are named rightly by the best recipe, None: not measured."""
    trials = fabricate_trials(count)
    complete = [trial for trial in trials if trial.state == "complete"]
    best = min(complete, key=lambda trial: trial.loss)
    generator = np.random.default_rng(0)
    before = generator.random((3, 270)) < 0.97
    after = before.copy()
    if gain_of:
        for row in range(3):
            after[row, np.flatnonzero(~before[row])[:gain_of]] = True
    states = [trial.state for trial in trials]
    importances = {"model.small_cnn.filters": 0.04, "model.small_cnn.dropout": 0.11, "optim.name": 0.2}
    parameters = []
    for name, words, span, labels, was in (
        ("model.small_cnn.filters", " | ".join(FILTERS), (None, None, False), FILTERS, "[32, 64, 128]"),
        ("model.small_cnn.dropout", "0.0 to 0.6", (0.0, 0.6, False), (), "0.1"),
        ("optim.name", " | ".join(OPTIMIZERS), (None, None, False), OPTIMIZERS, "adamw"),
        ("optim.learning_rate", "0.0001 to 0.03, logarithmic", (1e-4, 10**-1.5, True), (), "0.003"),
    ):
        value = best.values[name]
        parameters.append(
            ParameterRecord(
                name=name,
                low=span[0],
                high=span[1],
                is_log=span[2],
                labels=labels,
                words=words,
                before=was,
                found=value if isinstance(value, str) else f"{value:.4g}",
                importance=importances.get(name, 0.65),
            )
        )
    return SearchResult(
        name="digits",
        recipe="digits",
        created="2026-11-21T10:00:00+00:00",
        objective=objective,
        epochs=8,
        final_epochs=15,
        pruner="median",
        sampler_seed=0,
        seeds=(0, 1, 2) if gain_of is not None else (),
        device="a processor, 2 threads",
        pictures=(1257, 271, 269),
        wanted=count,
        best=best.number,
        gain=None if gain_of is None else compare_answers(before, after),
        parameters=tuple(parameters),
        trials=trials,
        cost=SearchCost(
            trial_seconds=sum(trial.seconds for trial in trials),
            complete=states.count("complete"),
            pruned=states.count("pruned"),
            failed=states.count("failed"),
            retried=1,
            final_seconds=182.0 if gain_of is not None else 0.0,
        ),
    )
