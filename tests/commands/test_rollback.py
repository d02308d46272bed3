"""Revisions are listed and put in use by their numbers."""

import pytest

from tests.records.revision_lines import make_line
from vitrine.commands import rollback
from vitrine.records.revisions import ModelLine


@pytest.fixture
def model(tmp_path):
    return make_line(tmp_path).folder


def test_the_list_marks_the_one_in_use_and_counts_the_readings_of_the_test(model, capsys):
    assert rollback.main([str(model), "--list"]) == 0
    first, second, said = capsys.readouterr().out.splitlines()
    assert first.startswith("     1 ")
    assert "test accuracy 90.0 %" in first
    assert second.startswith("*    2 ")
    assert second.endswith("better")
    assert said == "* is in use; the test pictures were read 2 times, once for each revision"


def test_without_a_number_the_one_before_is_put_in_use(model, capsys):
    assert rollback.main([str(model)]) == 0
    assert capsys.readouterr().out == f"revision 1 is in use: {model / 'current'}\n"
    assert rollback.main([str(model)]) == 2
    assert "there is none before it" in capsys.readouterr().err
    assert rollback.main([str(model), "--to", "2"]) == 0
    assert ModelLine.open(model).log.in_use == 2


def test_a_number_that_is_not_there_and_a_folder_that_is_no_model_are_named(model, capsys, tmp_path):
    assert rollback.main([str(model), "--to", "9"]) == 2
    assert "has no revision 9; there are 1, 2" in capsys.readouterr().err
    assert rollback.main([str(tmp_path)]) == 2
    assert "holds no revisions" in capsys.readouterr().err
    assert not (tmp_path / ".lock").exists()
