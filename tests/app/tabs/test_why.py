"""The map behind the button "Why?", and what is said of it."""

import re
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from markupsafe import escape

from tests.app.models import noise, write_model
from vitrine.app.classifier import Shown
from vitrine.app.tabs.why import Why, forget_map, stored_maps
from vitrine.explain.explainer import Explainer
from vitrine.predict.predictor import Predictor
from vitrine.records.model import ExampleMap
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


@pytest.fixture
def trusting(monkeypatch):
    """Every map stands its checks."""
    monkeypatch.setattr(Explainer, "judge", lambda *_: SimpleNamespace(is_trusted=True, random_weights=None))


def test_the_map_comes_at_once_and_its_check_a_moment_later(why, shown):
    (drawn, said), (kept, checked) = why.explain(shown, "occlusion")
    assert (drawn["visible"], drawn["value"].size) == (True, (60, 40))
    assert shown.prediction.ranking[0][0] in said
    assert ENGLISH("app.why.checking") in said
    assert "value" not in kept, "the map stays as it is"
    assert re.search("Checked: the probability|Do not trust this map", checked)
    assert ENGLISH("app.why.checking") not in checked


@pytest.mark.parametrize(
    ("is_trusted", "random_weights", "words"),
    [(True, 0.1, "learnt nothing"), (True, None, "Checked: "), (False, 0.9, "Do not trust")],
)
def test_each_verdict_is_said_and_nothing_that_was_not_checked(
    why, shown, monkeypatch, is_trusted, random_weights, words
):
    verdict = SimpleNamespace(is_trusted=is_trusted, random_weights=random_weights)
    monkeypatch.setattr(Explainer, "judge", lambda *_: verdict)
    *_, (_, said) = why.explain(shown)
    assert words in said
    assert ("learnt nothing" in said) == (random_weights is not None)


@pytest.mark.parametrize("verdicts", [(True,), (False, True), (False, False)])
def test_where_the_quickest_map_does_not_stand_its_checks_another_one_follows(why, shown, monkeypatch, verdicts):
    answers = iter(verdicts)
    monkeypatch.setattr(Explainer, "judge", lambda *_: SimpleNamespace(is_trusted=next(answers), random_weights=None))
    steps = list(why.explain(shown))
    maps = [drawn["value"] for drawn, _ in steps if "value" in drawn]
    assert len(maps) == len(verdicts)
    assert [ENGLISH("app.why.next_method") in said for _, said in steps].count(True) == len(verdicts) - 1
    assert ("Do not trust" in steps[-1][1]) == (not verdicts[-1])
    assert list(answers) == []


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
    *_, (drawn, said) = why.explain(shown)
    assert not drawn["visible"]
    assert said.startswith("<p>No part of the picture speaks for ")


def test_another_picture_takes_the_map_away():
    drawn, said = forget_map()
    assert (drawn["visible"], drawn["value"], said) == (False, None, "")


def test_another_class_and_another_way_are_explained_where_they_are_chosen(why, shown):
    other = shown.prediction.ranking[-1][0]
    (drawn, said), _ = why.explain(shown, "occlusion", other)
    assert drawn["visible"]
    assert str(escape(other)) in said


def test_shapley_values_are_offered_where_their_library_is(why, monkeypatch):
    monkeypatch.setattr("vitrine.app.tabs.why.find_spec", lambda _name: None)
    assert why.methods == ["hirescam", "occlusion"]
    monkeypatch.setattr("vitrine.app.tabs.why.find_spec", lambda _name: object())
    assert why.methods == ["hirescam", "occlusion", "shap"]


def test_it_is_told_how_far_a_slow_map_is_and_whoever_leaves_ends_it(why, shown, monkeypatch):
    asked, ended = [], threading.Event()

    def explain(_explainer, *_given, options, **_named):
        try:
            for done in range(10_000):
                asked.append(done)
                options.progress(done, 10_000)
                time.sleep(0.01)
        finally:
            ended.set()

    monkeypatch.setattr(Explainer, "explain", explain)
    monkeypatch.setattr("vitrine.app.tabs.why.STEP_SECONDS", 0.02)
    steps = why.explain(shown, "shap")
    _, said = next(steps)
    assert re.search(r"has been asked [\d,]+ of 10,000 times", said) or "10000" in said
    steps.close()
    assert ended.wait(10)
    assert len(asked) < 10_000


@pytest.mark.usefixtures("trusting")
def test_a_test_picture_brings_its_map_which_is_made_and_checked_once(why, shown, monkeypatch):
    example = replace(shown, example="000")
    assert why.open_example(example) == forget_map()
    (drawn, _), (_, checked) = why.explain(example)
    monkeypatch.setattr(Explainer, "explain", lambda *_, **__: 1 / 0)
    (again, said) = why.open_example(example)
    assert (again["value"], again["visible"], said) == (drawn["value"], True, checked)
    assert list(why.explain(example)) == [(again, said)]
    with pytest.raises(ZeroDivisionError):  # another class is asked for anew
        list(why.explain(example, label_name="red"))


@pytest.fixture
def bringing_maps(tmp_path):
    """A model with a map of its first picture in its folder, of its second outside, and of its third a broken one."""
    folder = write_model(tmp_path / "model")
    predictor = Predictor.load(str(folder))
    noise(9).save(folder / "examples/000.map.png")
    noise(9).save(tmp_path / "outside.png")
    (folder / "examples/002.map.png").write_text("no picture")
    files = ("examples/000.map.png", "../outside.png", "examples/002.map.png")
    examples = [
        example.model_copy(
            update={"map": ExampleMap(file=file, label_name="<red>", is_trusted=True, random_weights_tried=True)}
        )
        for example, file in zip(predictor.metadata.examples, files, strict=False)
    ]
    return replace(predictor, metadata=predictor.metadata.model_copy(update={"examples": examples}))


def test_a_map_that_came_with_the_model_is_there_at_once(bringing_maps, shown):
    why = Why(Explainer(bringing_maps), ENGLISH, stored_maps(bringing_maps, ENGLISH))
    drawn, said = why.open_example(replace(shown, example="000"))
    assert drawn["visible"]
    assert np.array_equal(np.asarray(drawn["value"]), np.asarray(noise(9)))
    assert "&lt;red&gt;" in said
    assert "learnt nothing" in said


def test_maps_outside_of_the_model_folder_and_broken_ones_are_passed_over(bringing_maps):
    assert set(stored_maps(bringing_maps, ENGLISH)) == {"000"}


def test_what_visitors_bring_has_no_map_until_it_is_asked_for_and_none_is_kept(why, shown):
    before = dict(why.kept)
    list(why.explain(shown))
    assert why.kept == before
    for other in (None, shown, replace(shown, example="000", on_page=False)):
        assert why.open_example(other) == forget_map()
