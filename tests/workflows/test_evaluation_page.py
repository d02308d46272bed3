"""An evaluation in Python: what it gives, where it is written, and what makes way for it."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

import vitrine
from tests.data.sources.stores import fill, refusing
from tests.factories import fault_of
from vitrine.errors import UserError
from vitrine.records.spreadsheet import write_guarded_csv
from vitrine.workflows.evaluation_page import Evaluation, check_place


def test_an_evaluation_gives_figures_answers_and_the_page(colors_folder):
    evaluation = vitrine.evaluate("finished", "prepared/colours", folder="out", progress=False)
    answers = evaluation.predictions
    assert len(answers) == evaluation.record.evidence.test.pictures == 6
    assert evaluation.accuracy == pytest.approx((answers["predicted"] == answers["label_name"]).mean())
    low, high = evaluation.accuracy_interval
    assert low <= evaluation.accuracy <= high
    assert str(evaluation.report) == "out/evaluation.html"
    assert repr(evaluation).startswith("Evaluation('out': test accuracy ")
    assert evaluation.sentences[0] in evaluation._repr_html_().replace("&#x27;", "'")


def test_names_that_a_spreadsheet_would_compute_come_back_as_they_are(tmp_path):
    table = pd.DataFrame({"file": ["=1.png", "-2.png"], "label_name": ["+a", "b"], "predicted": ["NA", "007"]})
    write_guarded_csv(tmp_path / "predictions.csv", table)
    read = Evaluation(tmp_path, (), None).predictions
    assert read.to_dict("list") == table.to_dict("list")


def test_only_parameters_that_say_how_pictures_are_read_are_taken(colors_folder):
    message = fault_of(vitrine.evaluate, "finished", "prepared/colours", optim={"epochs": 2})
    assert message == "optim: only parameters of the sections data and labels say how the pictures are read"


def test_an_earlier_evaluation_makes_way_and_nothing_else_does(tmp_path):
    for name in ("empty", "earlier", "thesis"):
        (tmp_path / name).mkdir()
    (tmp_path / "earlier/evaluation.json").touch()
    (tmp_path / "thesis/chapter.txt").touch()
    for name in ("empty", "earlier", "none"):
        check_place(tmp_path / name, "folder")
    for taken in (tmp_path / "thesis", tmp_path / "thesis/chapter.txt"):
        with pytest.raises(UserError, match=r"^--output: .* is there already and is not an evaluation; take another"):
            check_place(taken, "--output")
    assert Path(tmp_path / "thesis/chapter.txt").exists()


def test_an_archive_of_a_store_is_fetched_once_although_the_first_start_was_broken_off(colors_folder, monkeypatch):
    archive = shutil.make_archive("red", "zip", "pictures/colours")
    address = f"{fill({'red.zip': Path(archive).read_bytes()})}/red.zip"

    def stop(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("vitrine.workflows.evaluate.predict_all", stop)
        with pytest.raises(KeyboardInterrupt):
            vitrine.evaluate("finished", address, folder="out/page", progress=False)
    with refusing(monkeypatch):
        evaluation = vitrine.evaluate("finished", address, folder="out/page", progress=False)
    assert evaluation.record.data.measured == 36
    assert [path.name for path in Path("out").iterdir()] == ["page"]
