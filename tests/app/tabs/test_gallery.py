"""The test pictures, chosen by class and by what the model says of them."""

import gradio as gr
import pytest

from tests.app.models import EXAMPLE_LABELS
from vitrine.app.classifier import Classifier
from vitrine.app.tabs.gallery import build_gallery
from vitrine.ui.texts import load_texts


@pytest.fixture
def page(predictor, folder):
    with gr.Blocks() as page:
        gallery, numbers = build_gallery(Classifier(predictor, load_texts("en")))
    return page, gallery, numbers


def test_all_pictures_are_shown_at_first_with_their_classes(page):
    _, gallery, numbers = page
    assert len(gallery.value) == len(EXAMPLE_LABELS)
    assert numbers.value == list(range(len(EXAMPLE_LABELS)))


def test_a_class_and_an_outcome_leave_those_that_are_both_and_it_is_said_where_there_are_none(page):
    blocks, _, numbers = page
    show = next(fn.fn for fn in blocks.fns.values())
    update, chosen, nothing = show(EXAMPLE_LABELS[0], "")
    assert [label for _, label in update["value"]] == [EXAMPLE_LABELS[0]]
    assert (chosen, nothing["visible"]) == ([0], False)
    by_outcome = [show("", outcome)[1] for outcome in ("right", "wrong", "unsure")]
    assert sorted(number for some in by_outcome for number in some) == numbers.value
    update, chosen, nothing = show("no such class", "")
    assert (update["value"], chosen, nothing["visible"]) == ([], [], True)


def test_the_filters_are_private_to_the_page(page):
    assert {fn.api_visibility for fn in page[0].fns.values()} == {"private"}
