"""The map behind the button "Why?", and what is said of it."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from tests.app.models import noise, write_model
from vitrine.app.classifier import Shown
from vitrine.app.tabs.why import Why, forget_map
from vitrine.explain.explainer import Explainer
from vitrine.predict.predictor import Predictor
from vitrine.ui.texts import load_texts

ENGLISH = load_texts("en")


@pytest.fixture(scope="module")
def why(tmp_path_factory):
    predictor = Predictor.load(str(write_model(tmp_path_factory.mktemp("model") / "model")))
    return Why(Explainer(predictor), ENGLISH)


@pytest.fixture
def shown(why, tmp_path):
    noise(3, (60, 40)).save(tmp_path / "photo.png")
    prediction = why.explainer.predictor.predict_images([noise(3, (60, 40))])[0]
    return Shown(tmp_path / "photo.png", "photo.png", prediction)


def test_the_map_comes_at_once_and_its_check_a_moment_later(why, shown):
    (drawn, said), (kept, checked) = why.explain(shown)
    assert (drawn["visible"], drawn["value"].size) == (True, (60, 40))
    assert shown.prediction.ranking[0][0] in said
    assert ENGLISH("app.why.checking") in said
    assert "value" not in kept, "the map stays as it is"
    assert re.search("Checked: the probability|Do not trust this map", checked)
    assert ENGLISH("app.why.checking") not in checked


@pytest.mark.parametrize(("is_trusted", "words"), [(True, "Checked: "), (False, "Do not trust")])
def test_both_verdicts_are_said(why, shown, monkeypatch, is_trusted, words):
    monkeypatch.setattr(Explainer, "judge", lambda *_: SimpleNamespace(is_trusted=is_trusted))
    *_, (_, said) = why.explain(shown)
    assert words in said


def test_without_a_picture_nothing_is_explained(why, shown):
    for nothing in (None, replace(shown, on_page=False)):
        ((drawn, said),) = why.explain(nothing)
        assert (drawn["visible"], said) == (False, "<p>Choose a picture first.</p>")


def test_a_picture_that_was_deleted_in_the_meantime_is_told_so(why, shown):
    shown.path.unlink()
    ((drawn, said),) = why.explain(shown)
    assert (drawn["visible"], said) == (
        False,
        "<p>The picture has been deleted in the meantime; choose it again.</p>",
    )


def test_a_picture_in_which_nothing_speaks_for_the_class_is_told_so(why, shown, monkeypatch):
    real = Explainer.explain
    monkeypatch.setattr(
        Explainer, "explain", lambda *given, **also: replace(real(*given, **also), importance=np.zeros((2, 2)))
    )
    ((drawn, said),) = why.explain(shown)
    assert not drawn["visible"]
    assert said.startswith("<p>No part of the picture speaks for ")


def test_another_picture_takes_the_map_away():
    drawn, said = forget_map()
    assert (drawn["visible"], drawn["value"], said) == (False, None, "")
