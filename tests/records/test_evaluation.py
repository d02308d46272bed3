"""The content of evaluation.json, as an earlier build wrote it and as it may not be."""

import json

import pytest

from tests.records.examples import EXAMPLES, GOLDEN, faults_of
from vitrine.errors import UserError
from vitrine.records.evaluation import Evaluation


def test_what_an_earlier_build_called_otherwise_is_read_under_todays_names():
    stored = json.loads((GOLDEN / "evaluation.json").read_text("utf-8"))
    evaluation = EXAMPLES[Evaluation]()
    assert evaluation.data.unknown == stored["data"]["strangers"] == {"other": 6}
    assert evaluation.data.from_preprocessed is stored["data"]["from_squares"] is False
    trust = evaluation.evidence.trust
    assert (trust.unknown, trust.unknown_answered, trust.unknown_refused) == (6, 0, 6)
    written = json.loads(evaluation.model_dump_json())
    assert "strangers" not in written["data"]
    assert written["evidence"]["trust"]["unknown"] == 6


def test_model_data_and_labels_are_read():
    evaluation = EXAMPLES[Evaluation]()
    assert (evaluation.model.name, evaluation.model.labels, evaluation.model.image_size) == ("colours", 3, 24)
    assert (evaluation.data.found, evaluation.data.measured, evaluation.data.part) == (30, 24, "all")
    assert evaluation.evidence.label_names == ("blau é", "red", "vert <b>")


def test_a_part_and_an_acquaintance_that_do_not_exist_are_refused():
    data = EXAMPLES[Evaluation]().data
    assert faults_of(data, part="most", acquaintance="close") == {
        "part": "literal_error",
        "acquaintance": "literal_error",
    }


def test_a_wrong_figure_is_named_with_its_place_in_the_file(tmp_path):
    content = json.loads(EXAMPLES[Evaluation]().model_dump_json())
    content["evidence"]["trust"]["precision"] = 95
    (tmp_path / "evaluation.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"evidence\.trust\.precision: .*less than or equal to 1; run python -m vitr"):
        Evaluation.read(tmp_path / "evaluation.json")
