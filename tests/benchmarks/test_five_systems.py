"""The benchmark of the five systems: its recorded command, and which of its goals are reached."""

import json

import numpy as np
import pandas as pd
import pytest

from benchmarks.five_systems import RESULTS, SYSTEMS, build_parser, condense_variant, judge, say_command
from tests.records.examples import make_metrics
from tests.reports.comparisons import fabricate
from vitrine.records.folder import METRICS, PREDICTIONS


def test_the_recorded_command_names_its_file_and_folders_of_weights_and_no_place(tmp_path):
    (tmp_path / "resnet18").mkdir()
    arguments = ["s3", "--pictures", str(tmp_path), "--name", "s3_stages", "--set", "model.head=stages"]
    arguments += ["--backbones", "efficientnet_lite0", "microsoft/resnet-18", str(tmp_path / "resnet18")]
    said = say_command(build_parser().parse_args(arguments))
    assert "--name s3_stages" in said
    assert "--backbones efficientnet_lite0 microsoft/resnet-18 WEIGHTS/resnet18" in said
    assert str(tmp_path) not in said
    again = build_parser().parse_args(said.split()[2:])
    assert (again.name, again.set) == ("s3_stages", ["model.head=stages"])


@pytest.mark.parametrize(
    ("found", "goals", "reached"),
    [
        ({"accuracy": 0.97}, {"accuracy": 0.97}, [True]),
        ({"accuracy": 0.98, "cohen_kappa": 0.95}, {"accuracy": 0.97, "cohen_kappa": 0.96}, [True, False]),
        ({"f1": {"photo": 0.975, "not_photo": 0.9}}, {"f1.photo": 0.97}, [True]),
        ({"seconds_of_a_run": 312.0}, {"seconds_of_a_run": 120.0}, [False]),
        ({"accuracy_without_copies": None}, {"accuracy_without_copies": 0.965, "f1.photo": 0.97}, [None, None]),
    ],
)
def test_each_goal_is_judged_by_its_own_figure(found, goals, reached):
    assert list(judge(found, goals).items()) == list(zip(goals, reached, strict=True))


def test_a_variant_is_condensed_with_the_mean_f1_of_each_class_and_every_goal(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    figures = fabricate({"plain": 0.9})
    variant = figures.variants[0]
    runs = [run for run in figures.runs if run.variant == variant.name]
    shown = []
    for number, run in enumerate(runs):
        folder = tmp_path / "runs" / figures.name / run.folder
        folder.mkdir(parents=True)
        metrics = make_metrics()
        rows = [row.model_copy(update={"f1": 0.5 + 0.01 * number}) for row in metrics.test.per_class]
        metrics.model_copy(update={"test": metrics.test.model_copy(update={"per_class": rows})}).write(folder / METRICS)
        pd.DataFrame({"correct": [True, False]}).to_csv(folder / PREDICTIONS)
        shown = [row.label_name for row in rows]
    goals = {f"f1.{shown[0]}": 0.4, "accuracy": 2.0}
    found = condense_variant(variant, figures, np.array([False, True]), goals)
    assert found["f1"] == dict.fromkeys(shown, pytest.approx(0.5 + 0.01 * (len(runs) - 1) / 2, abs=1e-4))
    assert found["accuracy_without_copies"] == 1
    assert found["goals_reached"] == {f"f1.{shown[0]}": True, "accuracy": False}
    json.dumps(found)


def test_goals_are_of_figures_that_a_variant_has():
    known = {"accuracy", "cohen_kappa", "accuracy_without_copies", "seconds_of_a_run", "f1"}
    for system in SYSTEMS.values():
        assert {goal.partition(".")[0] for goal in (*system.goals, *system.scratch_goals)} <= known


@pytest.mark.parametrize("path", sorted(RESULTS.glob("s?_*.json")), ids=lambda path: path.stem)
def test_a_recorded_command_writes_the_file_that_holds_it_with_the_goals_of_today(path):
    result = json.loads(path.read_text("utf-8"))
    options = build_parser().parse_args(result["command"].split()[2:])
    system = SYSTEMS[options.system]
    assert (options.name or f"{options.system}_{options.part}") == path.stem
    assert result["goals"] == (system.scratch_goals if options.part == "scratch" else system.goals)
    for variant in result["variants"]:
        assert variant["goals_reached"] == judge(variant, result["goals"])
