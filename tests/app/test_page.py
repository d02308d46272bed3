"""The page of a model: its language and its parts."""

from dataclasses import replace

from tests.app.models import EXAMPLE_LABELS
from vitrine.app.page import PageParts, build_interface
from vitrine.ui.texts import load_texts


def named(page, elem_id):
    return next(block for block in page.blocks.values() if block.elem_id == elem_id)


def test_the_page_speaks_its_language_and_shows_test_pictures_only_where_the_model_has_some(predictor):
    page = build_interface(PageParts.of(predictor), "http://127.0.0.1:7860", load_texts("fr"))
    assert named(page, "picture").label == load_texts("fr")("app.page.picture") != load_texts("en")("app.page.picture")
    assert len(named(page, "examples").value) == len(EXAMPLE_LABELS)
    bare = build_interface(PageParts.of(replace(predictor, metadata=None)), "http://127.0.0.1:7860", load_texts("fr"))
    assert [block.elem_id for block in bare.blocks.values() if block.elem_id == "examples"] == []
