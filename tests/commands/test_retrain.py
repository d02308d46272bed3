"""The command says what was asked, what followed, and ends with a code that a script can act on."""

import pytest

from tests.factories import fault_of
from tests.records.examples import make_gate_report
from vitrine.commands import retrain
from vitrine.commands.retrain import read_margins
from vitrine.records.gate import GateMargins
from vitrine.records.revisions import ModelLine, RevisionLog
from vitrine.workflows.retraining import Retrained


@pytest.fixture
def answer(monkeypatch, tmp_path):
    """A function that lets the workflow come to a verdict; gives what it was asked with."""

    def make(verdict, **changes):
        report = make_gate_report(**changes)
        report = report.model_copy(update={"findings": report.findings.model_copy(update={"verdict": verdict})})
        log = RevisionLog(name="pets", in_use=1, revisions=(), test_readings=1)
        run = tmp_path / "run" if verdict == "accepted" else None
        given = []

        def retrain_model(*arguments):
            given.extend(arguments)
            return Retrained(tmp_path / "attempt", report, ModelLine(tmp_path / "models/pets", log), run)

        monkeypatch.setattr(retrain, "retrain_model", retrain_model)
        return given

    return make


@pytest.mark.parametrize(("verdict", "code"), [("accepted", 0), ("refused", 3), ("undecided", 4)])
def test_the_exit_code_tells_the_verdict(answer, verdict, code):
    answer(verdict)
    assert retrain.main(["run", "--corrections", "table.csv"]) == code


def test_what_was_asked_and_what_followed_is_printed(answer, capsys, tmp_path):
    answer("refused")
    retrain.main(["run", "--corrections", "table.csv"])
    printed = capsys.readouterr().out
    assert "3 pictures have another label." in printed
    assert "accuracy of 'naïve “dog”'" in printed
    assert "Refused: revision 1 stays in use." in printed
    assert f"page:  {tmp_path / 'attempt/gate.html'}" in printed
    assert "model:" not in printed


def test_an_accepted_model_is_named_with_where_it_lies(answer, capsys, tmp_path):
    answer("accepted", became=2, test_accuracy=0.9)
    retrain.main(["run", "--corrections", "table.csv"])
    printed = capsys.readouterr().out
    assert "Accepted: revision 2 is in use now." in printed
    assert f"model: {tmp_path / 'models/pets/current'}" in printed


def test_margins_and_parameters_reach_the_workflow(answer):
    given = answer("refused")
    words = ["run", "--corrections", "t.csv", "--margin", "accuracy=0.05", "--set", "optim.epochs=3"]
    retrain.main(words)
    assert given[2] == GateMargins(accuracy=0.05)
    assert given[3] == ["optim.epochs=3"]


@pytest.mark.parametrize(
    ("word", "fault"),
    [
        ("acuracy=0.1", "acuracy: unknown name; there are accuracy, class_accuracy"),
        ("accuracy=2", "accuracy: must be at most 1"),
        ("accuracy=", "accuracy: "),
        ("accuracy=nan", "accuracy: must be a finite number"),
    ],
)
def test_a_margin_that_is_none_is_named(word, fault):
    assert fault in fault_of(read_margins, [word])


def test_a_run_that_is_none_ends_with_one_message(capsys, tmp_path):
    assert retrain.main([str(tmp_path), "--corrections", "table.csv"]) == 2
    assert capsys.readouterr().err.startswith(f"error: {tmp_path} is not a run folder")
