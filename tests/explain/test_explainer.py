"""One call for a map, one for its score."""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from tests.predict.models import LABELS, write_small_cnn
from vitrine.config.data import PreparationSection
from vitrine.errors import UserError
from vitrine.explain.explainer import METHODS, Explainer
from vitrine.explain.perturbation import Perturbation
from vitrine.predict.predictor import Predictor


@pytest.fixture(scope="module")
def explainer(tmp_path_factory):
    folder = write_small_cnn(tmp_path_factory.mktemp("model"), PreparationSection())
    return Explainer(Predictor.load(str(folder)))


@pytest.fixture
def picture():
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8))


@pytest.mark.parametrize("method", [method for method in METHODS if method != "shap"])
def test_the_likeliest_class_is_explained_unless_another_is_named(explainer, picture, method):
    found = explainer.explain(picture, method=method)
    assert found.label_name == found.prediction.ranking[0][0]
    assert found.importance.shape == (32, 32)
    assert 0 <= found.importance.min() <= found.importance.max() <= 1
    other = next(name for name in LABELS if name != found.label_name)
    named = explainer.explain(picture, other, method)
    assert (named.label_name, named.method) == (other, method)
    assert not np.array_equal(named.importance, found.importance)


def test_a_map_is_measured_beside_its_controls(explainer, picture):
    verdict = explainer.judge(explainer.explain(picture))
    assert set(verdict.controls) == {"random", "centre"}
    assert 0 <= verdict.own.deletion <= 1
    assert -1 <= verdict.random_weights <= 1


def test_a_map_of_answers_alone_needs_no_other_weights(explainer, picture):
    assert explainer.judge(explainer.explain(picture, method="occlusion")).random_weights is None


def test_a_map_that_every_network_has_is_not_to_be_trusted(explainer, picture, monkeypatch):
    found = explainer.explain(picture, method="hirescam")
    monkeypatch.setattr(type(explainer), "_activation_map", lambda *_arguments, **_keywords: found.importance)
    verdict = explainer.judge(found)
    assert (verdict.random_weights, verdict.is_trusted) == (pytest.approx(1), False)


@pytest.mark.slow  # numba compiles for seconds
def test_shapley_values_ask_as_often_as_they_were_told_and_can_be_stopped(explainer, picture):
    pytest.importorskip("shap")
    asked = []
    found = explainer.explain(
        picture, method="shap", options=Perturbation(evaluations=60, progress=lambda *at: asked.append(at))
    )
    assert found.importance.shape == (32, 32)
    assert asked[-1] == (60, 60)

    def stop(_done, _all):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        explainer.explain(picture, method="shap", options=Perturbation("inpaint_telea", 60, stop))


@pytest.mark.parametrize(
    ("method", "verdicts", "chosen"),
    [
        (None, [True], "hirescam"),
        (None, [False, True], "occlusion"),
        (None, [False, False], "occlusion"),
        ("layercam", [False], "layercam"),
    ],
)
def test_without_a_method_the_first_map_that_stands_its_checks_is_taken(
    explainer, picture, monkeypatch, method, verdicts, chosen
):
    answers = iter(verdicts)
    monkeypatch.setattr(Explainer, "judge", lambda *_: SimpleNamespace(is_trusted=next(answers)))
    found, verdict = explainer.explain_and_judge(picture, method=method)
    assert (found.method, verdict.is_trusted) == (chosen, verdicts[-1])
    assert list(answers) == []


def test_an_unknown_class_is_named_with_what_may_be_meant(explainer, picture):
    with pytest.raises(UserError, match=r"^the model knows no class 'zebra'; there are '"):
        explainer.explain(picture, "zebra")


def test_a_network_without_activations_is_explained_by_occlusion_only(explainer, picture):
    class Runtime:
        run = explainer.predictor.network.run

    from dataclasses import replace

    other = Explainer(replace(explainer.predictor, network=Runtime()))
    with pytest.raises(
        UserError,
        match="does not tell the activations that are asked for; give the model folder, or take the method occ",
    ):
        other.explain(picture, method="layercam")
    assert other.explain(picture, method="occlusion").importance.shape == (32, 32)
