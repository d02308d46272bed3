"""What the tab for many pictures is made of."""

import gradio as gr
import pytest

from vitrine.app.batches import Batches, Step, View
from vitrine.app.tabs.batch import KEPT_HOURS, build_batch
from vitrine.predict.answers.job import BatchJob
from vitrine.ui.texts import load_texts


@pytest.fixture
def page(predictor):
    with gr.Blocks() as page:
        build_batch(Batches(predictor, load_texts("en")), page)
    return page


def test_a_page_that_stays_open_keeps_nothing_for_ever(page, predictor, folder):
    (state,) = [block for block in page.blocks.values() if isinstance(block, gr.State)]
    assert state.time_to_live == KEPT_HOURS * 3600
    job = BatchJob(predictor, folder)
    state.delete_callback(job)
    state.delete_callback(None)
    assert not job.folder.exists()


def test_every_event_is_private_and_has_the_outputs_of_its_function(page):
    events = {function.name: function for function in page.fns.values()}
    assert len(events["start"].outputs) == len(Step._fields)
    for name in ("show", "show_first", "show_next", "show_previous"):
        assert len(events[name].outputs) == len(View._fields)
    assert {function.api_visibility for function in page.fns.values() if function.fn is not None} <= {
        "private", "undocumented",
    }  # fmt: skip


@pytest.mark.parametrize(("is_there", "offered"), [(True, {"csv", "parquet", "folders"}), (False, {"csv", "folders"})])
def test_parquet_is_offered_where_it_can_be_written(predictor, monkeypatch, is_there, offered):
    monkeypatch.setattr("vitrine.app.tabs.batch.find_spec", lambda name: object() if is_there else None)
    with gr.Blocks() as page:
        build_batch(Batches(predictor, load_texts("en")), page)
    ids = {block.elem_id for block in page.blocks.values()}
    assert {name for name in ("csv", "parquet", "folders") if f"batch-{name}" in ids} == offered
