"""A model asked by shards says what it says when it is asked at once."""

import shutil
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import vitrine
from tests.conftest import draw_shape
from vitrine.data.loading.labeled import open_labeled
from vitrine.errors import UserError
from vitrine.evaluation.prediction_table import tabulate_predictions
from vitrine.work.journal import Deaths
from vitrine.work.local import LocalPool
from vitrine.work.part import ENDED_READER
from vitrine.work.ranks import OthersAtWorkError
from vitrine.workflows import measured_shards
from vitrine.workflows.evaluate import measure_model
from vitrine.workflows.measured_shards import AskByShards
from vitrine.workflows.parameters import build_recipe
from vitrine.workflows.progress import show_nothing


class Here:
    """An engine that does some of the units in this process."""

    def __init__(self, own=slice(None), deaths=None):
        self.own, self.deaths = own, deaths or Deaths()

    def share(self, works):
        return works[self.own]

    def run(self, works):
        for work in self.share(works):
            replace(work, deaths=self.deaths).do()
            yield work


@pytest.fixture
def predictor(colors_folder):
    return vitrine.load("finished").predictor


@pytest.fixture
def data(colors_folder, predictor):
    for kind, (name, count) in enumerate({"red": 5, "blue": 3, "violet": 2}.items()):
        (colors_folder / "new" / name).mkdir(parents=True)
        for number in range(count):
            draw_shape(kind, number).save(colors_folder / "new" / name / f"{number}.png")
    (colors_folder / "new/red/broken.png").write_text("no picture")
    recipe = build_recipe(None, {"data.source": "new"})
    return open_labeled(recipe.data, recipe.labels, None, colors_folder / "workspace", predictor.rendering)


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch):
    monkeypatch.setattr(measured_shards, "FILES_PER_SHARD", 2)  # as few as one picture


@pytest.fixture
def ask_by(tmp_path):
    """A function that makes what asks by an engine; its locks are let go at the end."""
    with ExitStack() as held:
        yield lambda engine, name="page": AskByShards(engine, tmp_path / name, 150, held)


def test_figures_are_those_of_one_process(predictor, data, ask_by, tmp_path):
    told = []
    whole = measure_model(predictor, data, "new", (), top_k=2)
    by_shards = measure_model(
        predictor, data, "new", (), 2, lambda *words, faults=0: told.append((*words, faults)), ask_by(Here())
    )
    assert told[0] == ("answering", 0, 11, 0)
    assert told[-1] == ("answering", 11, 11, 1)
    np.testing.assert_allclose(by_shards.predictions.logits, whole.predictions.logits, atol=1e-5)
    tables = [tabulate_predictions(one.predictions, top_k=2) for one in (by_shards, whole)]
    pd.testing.assert_frame_equal(*tables, atol=1e-5)
    pd.testing.assert_frame_equal(by_shards.unknown, whole.unknown, atol=1e-5)
    assert by_shards.evaluation.data == whole.evaluation.data
    assert by_shards.evaluation.evidence.test.accuracy == whole.evaluation.evidence.test.accuracy
    assert len(list((tmp_path / ".page.parts").glob("*.parquet"))) > 2


def test_a_rank_waits_for_nobody(predictor, data, ask_by, tmp_path):
    with ExitStack() as held:
        first = AskByShards(Here(slice(0, None, 2)), tmp_path / "page", 150, held)
        with pytest.raises(OthersAtWorkError, match="this rank has done its share"):
            measure_model(predictor, data, "new", (), 2, ask=first)
    last = ask_by(Here(slice(1, None, 2)))
    assert measure_model(predictor, data, "new", (), 2, ask=last).evaluation.data.measured == 8


def test_of_two_that_find_all_shards_done_one_makes_the_page(predictor, data, ask_by, tmp_path):
    winner = ask_by(Here())
    winner(predictor, data, False, show_nothing)
    with ExitStack() as held, pytest.raises(OthersAtWorkError, match="page just now: nothing is left to do here"):
        AskByShards(Here(), tmp_path / "page", 150, held)(predictor, data, False, show_nothing)


def test_a_rank_that_comes_when_the_page_is_written_does_nothing(predictor, data, tmp_path):
    def ask(engine, words=()):
        with ExitStack() as held:
            asked = AskByShards(engine, tmp_path / "page", 150, held, words)
            asked(predictor, data, False, show_nothing)
            (tmp_path / "page").mkdir(exist_ok=True)
            asked.finish()

    ask(Here())
    with pytest.raises(OthersAtWorkError, match=r"page is written: nothing is left to do here.*remove it first"):
        ask(Here(slice(0, None, 2)))
    assert not (tmp_path / ".page.parts").exists()
    ask(Here())  # alone, it is measured anew
    with pytest.raises(OthersAtWorkError, match="has done its share"):
        ask(Here(slice(0, None, 2)), ["in French"])


def test_who_is_still_at_work_when_another_one_has_written_the_page_finds_nothing_left(predictor, data, tmp_path):
    def ask(engine):
        with ExitStack() as held:
            asked = AskByShards(engine, tmp_path / "page", 150, held)
            asked(predictor, data, False, show_nothing)
            (tmp_path / "page").mkdir(exist_ok=True)
            asked.finish()

    class Slow(Here):
        def run(self, works):
            yield next(super().run(works))
            ask(Here())
            yield from super().run(works)

    with pytest.raises(OthersAtWorkError, match=r"page is written: nothing is left to do here"):
        ask(Slow())
    assert [path.name for path in tmp_path.glob(".page*")] == []


def test_parts_that_somebody_removed_are_named(predictor, data, ask_by, tmp_path):
    class Robbed(Here):
        def run(self, works):
            shutil.rmtree(tmp_path / ".page.parts")
            yield from super().run(works)

    with pytest.raises(UserError, match=r"page\.parts was removed while its parts were made"):
        ask_by(Robbed())(predictor, data, False, show_nothing)


def test_a_job_that_was_broken_off_goes_on_from_its_last_whole_shard(predictor, data, ask_by):
    asked = []

    class Counted(Here):
        def __init__(self, most):
            super().__init__()
            self.most = most

        def run(self, works):
            for work in works:
                if not work.is_done():
                    if len(asked) == self.most:
                        raise KeyboardInterrupt
                    asked.append(work.name)
                    work.do()
                yield work

    with pytest.raises(KeyboardInterrupt):
        ask_by(Counted(2))(predictor, data, False, show_nothing)
    predicted = ask_by(Counted(None))(predictor, data, False, show_nothing)
    assert len(asked) == len(set(asked)) > 2  # none twice
    assert len(predicted.places) + len(predicted.unreadable) == 11


def test_a_picture_that_ended_its_process_counts_as_unreadable(predictor, data, ask_by):
    predicted = ask_by(Here(deaths=Deaths((0, 0))))(predictor, data, False, show_nothing)
    assert {one.reason for one in predicted.unreadable} == {ENDED_READER}
    assert len(predicted.unreadable) > 2


def test_a_prepared_data_set_needs_no_shards(predictor, colors_folder, tmp_path, ask_by):
    recipe = build_recipe(None, {"data.source": "prepared/colours"})
    data = open_labeled(recipe.data, recipe.labels, None, tmp_path, predictor.rendering)
    with pytest.raises(UserError, match="--run-on: is for pictures of a source"):
        measure_model(predictor, data, "prepared/colours", (), 2, ask=ask_by(Here()))


@pytest.mark.slow
def test_processes_say_what_this_one_says(predictor, data, ask_by):
    here = ask_by(Here(), "here")(predictor, data, False, show_nothing)
    there = ask_by(LocalPool(2), "there")(predictor, data, False, show_nothing)
    assert (here.predictions.logits == there.predictions.logits).all()
