"""What the page knows of its model: its own record, and the run around it where that is its own."""

import json
from dataclasses import replace

import pytest

from tests.app.models import LABELS, write_model
from tests.ui.sentences.test_verdict import make_metrics
from vitrine.app.model_facts import ModelFacts, read_facts
from vitrine.predict.predictor import Predictor


def write_run(folder):
    """A run around a model of five classes with 200 test pictures, of which 194 were right."""
    write_model(folder / "model")
    matrix = [[40 if row == column else 0 for column in range(5)] for row in range(5)]
    matrix[0][0], matrix[0][1] = 34, 6
    metrics = make_metrics(matrix, interval=(0.936, 0.986), names=LABELS)
    (folder / "metrics.json").write_text(metrics.model_dump_json(), encoding="utf-8")
    (folder / "recipe.yaml").write_text("name: colours\n", encoding="utf-8")
    (folder / "report.html").write_text("<h1>Report</h1>", encoding="utf-8")
    return folder


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path / "run")


def load(folder):
    return Predictor.load(str(folder))


def test_a_model_in_its_run_brings_figures_and_report(run):
    facts = read_facts(load(run / "model"))
    assert facts.metrics.test.pictures == 200
    assert facts.report == run / "report.html"
    assert facts.data is None
    assert facts.environment is None


def test_a_model_alone_or_of_somebody_else_has_only_what_it_says_itself(run, tmp_path):
    alone = load(write_model(tmp_path / "alone"))
    assert read_facts(alone) == ModelFacts(alone.metadata)
    of_the_hub = replace(load(run / "model"), metadata=None)
    assert read_facts(of_the_hub) == ModelFacts()


@pytest.mark.parametrize("name", ["metrics.json", "report.html"])
def test_a_link_out_of_the_run_is_not_followed(run, tmp_path, name):
    secret = tmp_path / "secret"
    (run / name).rename(secret)
    (run / name).symlink_to(secret)
    facts = read_facts(load(run / "model"))
    assert facts.report is None
    assert (facts.metrics is None) == (name == "metrics.json")


def test_figures_of_another_model_and_damaged_ones_are_not_shown(run):
    content = json.loads((run / "metrics.json").read_text())
    predictor = load(run / "model")
    content["test"]["accuracy"] = 0.5
    (run / "metrics.json").write_text(json.dumps(content))
    assert read_facts(predictor) == ModelFacts(predictor.metadata)
    (run / "metrics.json").write_text("{")
    assert read_facts(predictor) == ModelFacts(predictor.metadata)
