"""Curves of a training in other programs, through Accelerate."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories import make_recipe, prepare, write_colored_classes
from vitrine.config.loading import dump_recipe
from vitrine.errors import UserError
from vitrine.training.machine.trackers import check_tracker, flatten

ROOT = Path(__file__).parents[3]
DOUBLE = """
import json
from types import SimpleNamespace

told = {"epochs": []}
config = SimpleNamespace(update=lambda values, allow_val_change: told.update(settings=values))


def init(**options):
    told["options"] = options
    return SimpleNamespace(
        log=lambda values, step: told["epochs"].append([step, values]),
        finish=lambda: json.dump(told, open("told.json", "w")),
    )
"""


@pytest.fixture
def site(tmp_path):
    """Where a library called Trackio lies that only writes down what it is told."""
    folder = tmp_path / "site"
    (folder / "trackio-1.0.dist-info").mkdir(parents=True)
    (folder / "trackio-1.0.dist-info" / "METADATA").write_text("Name: trackio\nVersion: 1.0\n")
    (folder / "trackio.py").write_text(DOUBLE)
    return folder


@pytest.mark.slow
def test_a_tracker_gets_the_recipe_and_every_epoch_under_the_name_of_the_run(site, tmp_path):
    prepared = prepare(write_colored_classes(tmp_path / "source"), tmp_path / "prepared" / "colours")
    recipe = make_recipe(prepared, "optim.epochs=2", "engine.tracker=trackio")
    (tmp_path / "colours.yaml").write_text(dump_recipe(recipe))
    # A process of its own: Accelerate looks for trackers when it is imported.
    command = [sys.executable, str(ROOT / "train.py"), "colours.yaml"]
    subprocess.run(command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(site)}, check=True)
    told = json.loads((tmp_path / "told.json").read_text())
    run = (tmp_path / "runs/colours/latest").resolve().name
    assert told["options"] == {"project": "colours", "name": run}
    assert told["settings"]["optim.epochs"] == 2
    assert [step for step, _ in told["epochs"]] == [1, 2]
    assert {"train_loss", "validation_accuracy"} <= set(told["epochs"][0][1])


def test_a_tracker_that_is_not_installed_is_named_with_its_command(monkeypatch):
    monkeypatch.setattr("vitrine.training.machine.trackers.find_spec", lambda _: None)
    with pytest.raises(UserError, match=r"engine\.tracker: trackio is not installed; run `pip install trackio`"):
        check_tracker("trackio")
    check_tracker("none")


def test_settings_for_trackers_are_flat_and_plain():
    settings = {"name": "x", "optim": {"rate": 0.1, "steps": [1, 2], "none": None}, "rename": {}}
    assert flatten(settings) == {
        "name": "x",
        "optim.rate": 0.1,
        "optim.steps": "[1, 2]",
        "optim.none": "None",
        "rename": "{}",
    }
