"""`python -m vitrine search`: the line of each trial, and what people get wrong."""

from types import SimpleNamespace

import pytest
from optuna.trial import TrialState

from vitrine.commands import search

SEARCH = "recipe: colours.yaml\ntrials: 3\nseeds: []\nparameters: {optim.learning_rate: {low: 1e-4, high: 0.1}}\n"


@pytest.fixture
def searched(workplace):
    """The current folder, with a search file and its recipe."""
    (workplace / "colours.yaml").write_text("data: {image_size: 32}\nengine: {tracker: none}\n")
    (workplace / "small.yaml").write_text(SEARCH)
    (workplace / "empty").mkdir(exist_ok=True)
    (workplace / "empty" / "config.json").write_text("{}")
    return workplace


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["small.yaml", "--storage", "sqlite:////no/such/folder/x.db"], "error: --storage: "),
        (["small.yaml", "--trials", "none"], "trials: must be a whole number (got 'none')"),
        (["small.yaml", "--workers", "0"], "error: --workers: must be at least 1 (got 0)"),
        (["small.yaml", "optim.learning_rat=1"], "did you mean optim.learning_rate?"),
        (["small.yaml", "other.yaml"], "error: other.yaml: one search file at a time"),
        (["smal.yaml"], "there is no such search; did you mean small.yaml?"),
        (["small.yaml", "data.prepared=nowhere"], "error: nowhere is not a prepared data set"),
        (["small.yaml", "model.backbone=nowhere"], "error: model.backbone: there is no 'nowhere'"),
        (["small.yaml", "model.backbone=./empty"], "error: small: all 3 trials of the search failed"),
    ],
)
def test_mistakes_are_one_message(searched, capsys, arguments, message):
    assert search.main(arguments) == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("report", "line"),
    [
        ((3, TrialState.COMPLETE, 0.51234, 0.5, "", 2.04), "trial 3: complete 0.5123 (2.0 s, best 0.5000)\n"),
        ((1, TrialState.FAIL, None, None, "out of memory", 9.0), "trial 1: fail: out of memory (9.0 s)\n"),
    ],
)
def test_a_trial_is_told_in_one_line(capsys, report, line):
    names = ("number", "state", "value", "best", "reason", "seconds")
    search.print_report(SimpleNamespace(**dict(zip(names, report, strict=True))))
    assert capsys.readouterr().out == line
