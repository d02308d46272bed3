"""Both models are asked about the same pictures, in today's names of the classes."""

import numpy as np
import pytest

from tests.factories import fault_of
from vitrine.records.gate import GateMargins
from vitrine.workflows import gate
from vitrine.workflows.gate import pass_gate


@pytest.fixture
def asked(colors_folder, monkeypatch):
    """A model and its data set, whose test pictures stand for those of the gate."""
    from vitrine.data.prepared.dataset import open_prepared

    monkeypatch.setattr(gate, "measure_memory", lambda *_: None)
    prepared = open_prepared(colors_folder / "prepared/colours")
    prepared.splits[gate.GATE] = prepared.splits["test"]
    prepared.facts.counts[gate.GATE] = prepared.facts.counts["test"]
    return colors_folder / "finished/model", prepared


def test_a_model_beside_itself_gives_the_very_same_answers(asked):
    model, prepared = asked
    result = pass_gate(
        model, model, prepared, {}, GateMargins(latency=100.0, memory=100.0)
    )  # time is no matter of this test
    assert result.findings.unchanged
    assert result.findings.verdict == "undecided"  # two pictures of each class prove nothing
    assert (result.answers["before"] == result.answers["now"]).all()
    assert list(result.answers["file"]) == list(prepared.splits["test"]["file"])
    assert {check.figure for check in result.findings.checks} >= {"accuracy", "class", "latency"}


def test_a_class_that_the_model_in_use_does_not_know_is_new(asked):
    model, prepared = asked
    result = pass_gate(model, model, prepared, {"red": "rouge"}, GateMargins())
    assert [new.label_name for new in result.findings.new_classes] == ["red"]


def test_merged_classes_are_asked_about_by_the_sum_of_their_probabilities():
    from vitrine.evaluation.gate import GateAnswers

    said = np.array([[0.4, 0.35, 0.25]])
    summed = gate.sum_classes(said, [[1, 2], [0]])
    assert summed.tolist() == [[0.6, 0.4]]
    assert GateAnswers(summed, np.array([True])).probabilities.argmax() == 0


def test_a_data_set_without_pictures_for_the_gate_is_named(colors_folder):
    from vitrine.data.prepared.dataset import open_prepared

    prepared = open_prepared(colors_folder / "prepared/colours")
    model = colors_folder / "finished/model"
    assert "no pictures set aside for the gate" in fault_of(pass_gate, model, model, prepared, {}, GateMargins())
