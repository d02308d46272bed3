"""The map behind the button "Why?", and what is said of it."""

import re

import numpy as np
import pytest

from tests.app.models import noise, write_model
from vitrine.app.classifier import Shown
from vitrine.app.why import Why, forget_map
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
    drawn, said, found = why.show_map(shown)
    assert drawn["visible"]
    assert drawn["value"].size == (60, 40)
    assert shown.prediction.ranking[0][0] in said
    assert ENGLISH("app.why.checking") in said
    checked = why.check_map(shown, found)
    trusted = re.compile("Checked: the probability|Do not trust this map")
    assert trusted.search(checked)
    assert ENGLISH("app.why.checking") not in checked


def test_both_verdicts_are_said(why, shown, monkeypatch):
    *_, found = why.show_map(shown)
    for trusted, words in ((True, "Checked: "), (False, "Do not trust")):
        verdict = type("Verdict", (), {"is_trusted": trusted})
        monkeypatch.setattr(Explainer, "judge", lambda *_, verdict=verdict, **__: verdict)
        assert words in why.check_map(shown, found)


def test_without_a_picture_nothing_is_explained(why):
    drawn, said, found = why.show_map(None)
    assert (drawn["visible"], found) == (False, None)
    assert "Choose a picture first" in said
    assert why.check_map(None, None)["__type__"] == "update"


def test_a_picture_in_which_nothing_speaks_for_the_class_is_told_so(why, shown, monkeypatch):
    from dataclasses import replace

    real = Explainer.explain
    monkeypatch.setattr(
        Explainer, "explain", lambda *given, **also: replace(real(*given, **also), importance=np.zeros((2, 2)))
    )
    drawn, said, found = why.show_map(shown)
    assert (drawn["visible"], found) == (False, None)
    assert said.startswith("<p>No part of the picture speaks for ")


def test_another_picture_takes_the_map_away():
    drawn, said = forget_map()
    assert (drawn["visible"], drawn["value"], said) == (False, None, "")
