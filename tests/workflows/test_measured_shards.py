"""A model asked by shards says what it says when it is asked at once."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import vitrine
from tests.conftest import draw_shape
from vitrine.data.loading.labeled import open_labeled
from vitrine.errors import UserError
from vitrine.work.journal import Deaths
from vitrine.work.local import LocalPool
from vitrine.work.part import ENDED_READER
from vitrine.work.ranks import OthersAtWorkError
from vitrine.workflows import measured_shards
from vitrine.workflows.evaluate import measure_model
from vitrine.workflows.measured_shards import AskByShards
from vitrine.workflows.parameters import build_recipe


class Here:
    """An engine that does some of the units in this process."""

    def __init__(self, share=slice(None), deaths=None):
        self.share, self.deaths = share, deaths or Deaths()

    def run(self, works):
        for work in works[self.share]:
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
    monkeypatch.setattr(measured_shards, "FILES_PER_SHARD", 4)


def test_figures_are_those_of_one_process(predictor, data, tmp_path):
    done = []
    whole = measure_model(predictor, data, "new", (), top_k=2)
    by_shards = measure_model(
        predictor, data, "new", (), 2, lambda *told: done.append(told), AskByShards(Here(), tmp_path, 150)
    )
    assert done == [(4, 11), (8, 11), (11, 11)]
    np.testing.assert_allclose(by_shards.logits, whole.logits, atol=1e-5)
    pd.testing.assert_frame_equal(by_shards.predictions, whole.predictions, atol=1e-5)
    pd.testing.assert_frame_equal(by_shards.unknown, whole.unknown, atol=1e-5)
    assert by_shards.evaluation.data == whole.evaluation.data
    assert by_shards.evaluation.evidence.test.accuracy == whole.evaluation.evidence.test.accuracy
    assert len(list(tmp_path.glob("*.parquet"))) == 3


def test_a_rank_waits_for_nobody(predictor, data, tmp_path):
    with pytest.raises(OthersAtWorkError):
        measure_model(predictor, data, "new", (), 2, ask=AskByShards(Here(slice(0, None, 2)), tmp_path, 150))
    last = AskByShards(Here(slice(1, None, 2)), tmp_path, 150)
    assert measure_model(predictor, data, "new", (), 2, ask=last).evaluation.data.measured == 8


def test_a_picture_that_ended_its_process_counts_as_unreadable(predictor, data, tmp_path):
    ask = AskByShards(Here(deaths=Deaths((1, 1))), tmp_path, 150)
    predicted = ask(predictor, data, False, lambda _: None)
    assert [one.place for one in predicted.unreadable if one.reason == ENDED_READER] == [1, 5, 9]


def test_a_prepared_data_set_needs_no_shards(predictor, colors_folder, tmp_path):
    recipe = build_recipe(None, {"data.source": "prepared/colours"})
    data = open_labeled(recipe.data, recipe.labels, None, tmp_path, predictor.rendering)
    with pytest.raises(UserError, match="--run-on: is for pictures of a source"):
        measure_model(predictor, data, "prepared/colours", (), 2, ask=AskByShards(Here(), tmp_path, 150))


@pytest.mark.slow
def test_processes_say_what_this_one_says(predictor, data, tmp_path):
    here = AskByShards(Here(), tmp_path / "here", 150)(predictor, data, False, lambda _: None)
    there = AskByShards(LocalPool(2), tmp_path / "there", 150)(predictor, data, False, lambda _: None)
    assert (here.predictions.logits == there.predictions.logits).all()
