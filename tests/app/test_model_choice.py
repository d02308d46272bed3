"""Which model the page shows: asked for, of the environment, or the newest run."""

import os

from tests.factories import fault_of
from vitrine.app.model_choice import choose_model
from vitrine.models.hub_files import find_model_folder


def make_model(folder, seconds):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    os.utime(folder / "config.json", (seconds, seconds))
    return folder


def test_the_newest_finished_run_is_the_default(tmp_path):
    make_model(tmp_path / "digits" / "latest" / "model", 2000)
    newest = make_model(tmp_path / "dogs" / "latest" / "model", 3000)
    make_model(tmp_path / "old" / "latest" / "model", 1000)
    (tmp_path / "unfinished" / "latest" / "model").mkdir(parents=True)
    assert choose_model(None, None, tmp_path) == str(newest)


def test_the_argument_goes_before_the_environment_and_that_before_the_runs(tmp_path):
    make_model(tmp_path / "digits" / "latest" / "model", 1)
    assert choose_model("someone/one", "someone/two", tmp_path) == "someone/one"
    assert choose_model(None, "someone/two", tmp_path) == "someone/two"
    assert choose_model("", " ", tmp_path) == str(tmp_path / "digits" / "latest" / "model")


def test_a_run_folder_is_taken_as_it_was_given_and_its_reader_finds_the_model_in_it(tmp_path):
    run = make_model(tmp_path / "digits" / "latest" / "model", 1).parent
    assert choose_model(str(run), None, tmp_path) == str(run)
    assert find_model_folder(str(run)) == run / "model"


def test_what_can_be_no_model_is_said_at_once_with_the_runs_that_there_are(tmp_path):
    (tmp_path / "dogs" / "latest").mkdir(parents=True)
    for name in ("nosuch", "runs/nosuch/latest", str(tmp_path / "gone")):
        assert "an id on the Hub reads owner/name" in (said := fault_of(choose_model, name, None, tmp_path))
        assert said.endswith("holds runs of 'dogs'")
    for name in ("gone.onnx", "GONE.ONNX"):
        assert choose_model(name, None, tmp_path) == name  # its reader has better words
