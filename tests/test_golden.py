"""What the build before the redesign left on the disk is read by this one, and goes on to give the same numbers.

`golden/` was made by that build in one folder: a prepared data set, a run, its ONNX file and evaluation, an unfinished
run, a comparison, a search. `awkward.json` holds its logits and decisions on the pictures of `awkward_pictures`.
"""

import json
import logging
import shutil
from pathlib import Path

import numpy as np
import pytest

from vitrine.commands import compare, runs, search
from vitrine.config.loading import load_recipe
from vitrine.data.prepared.dataset import open_prepared
from vitrine.experiments.compare.file import load_comparison
from vitrine.experiments.search.file import load_search
from vitrine.models.calibration.selective import describe
from vitrine.predict.predictor import Predictor
from vitrine.records.comparison import ComparisonFigures
from vitrine.records.evaluation import Evaluation
from vitrine.records.manifest import read_manifest
from vitrine.records.run import read_run
from vitrine.records.search import SearchResult
from vitrine.reports.run.page import write_run_report
from vitrine.training.loop.progress import Listeners
from vitrine.training.run import run_training

GOLDEN = Path(__file__).parent / "golden"
RUN = Path("runs/colours/2026-11-28_15-16-41")
UNFINISHED = Path("runs/colours/2026-11-28_15-19-58.unfinished")
LABELS = ("blau é", "red", "vert <b>")
RENAMED = ("augmentation.grayscale", "preparation.center_share", "preparation.fill_color")


@pytest.fixture
def golden(tmp_path, monkeypatch):
    """A copy to work on, as the current folder: its paths are relative."""
    folder = tmp_path / "golden"
    shutil.copytree(GOLDEN, folder)
    monkeypatch.chdir(folder)
    return folder


def test_the_prepared_data_set_opens(golden):
    prepared = open_prepared(Path("prepared/colours"))
    assert prepared.label_names == LABELS
    assert {split: len(rows) for split, rows in prepared.splits.items()} == {"train": 36, "validation": 18, "test": 18}
    assert prepared.facts.settings.preparation.fill_color == "grey"
    manifest = read_manifest(Path("prepared/colours"))
    assert (len(manifest), set(manifest["status"])) == (72, {"kept"})


@pytest.mark.slow
def test_the_report_of_the_run_is_written_from_its_records(golden):
    stored = json.loads((RUN / "metrics.json").read_text("utf-8"))
    metrics = read_run(RUN, LABELS).metrics
    assert metrics.test.duplicates.other_pictures == stored["test"]["twins"]["other_pictures"] == 18
    assert metrics.test.loss == stored["test"]["loss"]
    assert metrics.rejection.similarity_threshold == stored["rejection"]["familiarity_threshold"]
    assert metrics.rejection.neighbors == stored["rejection"]["neighbours"]
    write_run_report(RUN, open_prepared(Path("prepared/colours")))
    assert "vert &lt;b&gt;" in (RUN / "report.html").read_text("utf-8")


def test_the_run_and_the_unfinished_one_stand_in_the_table(golden, capsys):
    code = runs.main(["--name", "colours"])
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    assert f"python -m vitrine train --resume {UNFINISHED}" in out
    assert "1.000" in out


@pytest.mark.parametrize(("kind", "model"), [("model", RUN / "model"), ("onnx", Path("colours.onnx"))])
def test_logits_and_decisions_are_what_they_were(golden, awkward_pictures, kind, model):
    stored = json.loads((golden / "awkward.json").read_text("utf-8"))[kind]
    predictor = Predictor.load(str(model))
    assert stored.keys() <= {file.name for file in awkward_pictures.iterdir()}
    for name, expected in stored.items():
        picture = predictor.open_image(awkward_pictures / name)
        np.testing.assert_allclose(predictor.predict_images([picture]).logits[0], expected["logits"], rtol=0, atol=1e-6)
        np.testing.assert_allclose(
            predictor.predict_images([picture]).probabilities[0], expected["probabilities"], rtol=0, atol=1e-6
        )
        (prediction,) = predictor.predict_images([picture])
        assert describe(prediction.decision) == expected["decision"]


def test_old_names_in_a_recipe_are_read_with_a_line_on_each(golden, caplog):
    with caplog.at_level(logging.WARNING):
        recipe = load_recipe(Path("colours.yaml"))
    assert recipe.augmentation.grayscale == 0.1
    assert (recipe.preparation.center_share, recipe.preparation.fill_color) == (0.9, "grey")
    assert len(caplog.messages) == len(RENAMED)
    assert all(any(f"is now called {name}" in message for message in caplog.messages) for name in RENAMED)


@pytest.mark.parametrize(
    ("record", "file"),
    [
        (Evaluation, "evaluation.json"),
        (ComparisonFigures, "runs/compare/comparison.json"),
        (SearchResult, "runs/search/search/search.json"),
    ],
)
def test_records_are_read_and_written_again_without_loss(golden, record, file):
    read = record.read(Path(file))
    read.write(Path("again.json"))
    assert record.read(Path("again.json")) == read
    assert _numbers(json.loads(Path("again.json").read_text("utf-8"))) >= _numbers(
        json.loads(Path(file).read_text("utf-8"))
    )


def _numbers(content: object) -> set[float]:
    """Every number in a JSON file, wherever it stands."""
    if isinstance(content, dict | list):
        inner = content.values() if isinstance(content, dict) else content
        return set().union(*map(_numbers, inner))
    return {float(content)} if isinstance(content, int | float) else set()


@pytest.mark.slow
def test_the_unfinished_run_goes_on_behind_its_last_epoch(golden):
    seen = []

    def stop(record):
        seen.append(record.epoch)
        raise KeyboardInterrupt

    recipe = load_recipe(UNFINISHED / "recipe.yaml")
    with pytest.raises(KeyboardInterrupt):
        run_training(recipe, UNFINISHED, Listeners(on_epoch=stop))
    assert seen == [13]


def _still_says(now, then):
    """Whether figures have all that an earlier build noted, with the same values; there may be more of them now."""
    if isinstance(then, dict):
        return all(key in now and _still_says(now[key], value) for key, value in then.items())
    if isinstance(then, list):
        return len(now) == len(then) and all(map(_still_says, now, then))
    return now == then


def test_the_finished_runs_of_the_comparison_are_known_as_done(golden, capsys):
    figures = Path("runs/compare/comparison.json")
    before = json.loads(figures.read_text("utf-8"))
    assert load_comparison(Path("compare.yaml")).name == "compare"
    assert compare.main(["compare.yaml"]) == 0
    after = json.loads(figures.read_text("utf-8"))
    assert _still_says(after["runs"], before["runs"])
    assert _still_says(after["variants"], before["variants"])


@pytest.mark.slow
def test_the_search_goes_on_with_its_trials(golden, capsys):
    before = SearchResult.read(Path("runs/search/search/search.json"))
    assert [one.name for one in load_search(Path("search.yaml")).space] == ["optim.learning_rate", RENAMED[0]]
    assert search.main(["search.yaml", "trials=5", "seeds=[]", "report.language=fr"]) == 0
    after = SearchResult.read(Path("runs/search/search/search.json"))
    assert [trial.loss for trial in after.trials][:4] == [trial.loss for trial in before.trials]
    assert len(after.trials) == 5
    assert set(after.trials[0].values) == {"optim.learning_rate", RENAMED[0]}
