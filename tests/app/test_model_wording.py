"""What the tab on the model says, of models of which much or little is known."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.app.models import LABELS, metadata
from tests.ui.sentences.test_verdict import make_metrics
from vitrine.app.model_facts import ModelFacts
from vitrine.app.model_wording import MOST_CLASSES, ModelWording
from vitrine.records.model import Trust
from vitrine.records.runtime import RuntimeChoice
from vitrine.records.training_data import TrainingData
from vitrine.ui.texts import load_texts, plain_spaces

MATRIX = [[20 if row == column else 1 for column in range(5)] for row in range(5)]


def describe(facts, label_names=LABELS, examples=None, language="en"):
    wording = ModelWording(facts, label_names, examples or {}, "torch", load_texts(language))
    return plain_spaces(wording.sections())


@pytest.fixture
def facts(tmp_path):
    counts = {"train": dict(zip(LABELS, (1, 2, 3, 4, 1234), strict=True))}
    data = TrainingData(
        name="colours", source="/home/ann/colours", version="0123456789abcdef", manifest_sha256="0",
        counts=counts, split_seed=0,
    )  # fmt: skip
    return ModelFacts(metadata([]), make_metrics(MATRIX, names=LABELS), data, None, tmp_path / "report.html")


def test_a_model_in_its_run_shows_figures_limits_classes_licenses_and_the_report(facts):
    page = describe(facts, examples={"red": Path("pictures/a b.png")})
    for said in (
        "120 pictures that its training never saw", "Accuracy", 'href="report"',
        "1,234", "file=pictures/a%20b.png", "(resnet18): apache-2.0", "(colours): nobody stated one",
        "version 0123456789ab",
    ):  # fmt: skip
        assert said in page
    assert "/home/ann" not in page


def test_names_are_text(facts):
    page = describe(facts)
    assert "&lt;b&gt;green&lt;/b&gt;" in page
    assert "<b>green" not in page


def test_without_its_run_a_model_says_what_it_knows_and_links_to_no_report():
    page = describe(ModelFacts(metadata([])))
    assert "Right on 97.0 % of 200 pictures" in page
    assert "report" not in page
    assert page.count("<tr>") == 1 + len(LABELS)


def test_a_model_from_elsewhere_says_that_nobody_measured_it():
    page = describe(ModelFacts())
    assert "nobody has recorded" in page
    assert "Licences" not in page


@pytest.mark.parametrize(
    ("trust", "said"),
    [
        (None, "it always answers"),
        (Trust(precision=0.95, confidence_threshold=None), "could not show that 95 % of its answers"),
        (Trust(precision=0.95, confidence_threshold=0.7), "cannot tell pictures that show none"),
        (Trust(precision=0.95, confidence_threshold=0.7, similarity_threshold=0.5), "is below 0.500 is of none"),
    ],
)
def test_thresholds_are_told_in_words(trust, said):
    assert said in describe(ModelFacts(metadata([]).model_copy(update={"trust": trust})))


def test_of_hundreds_of_classes_the_weakest_are_shown(facts):
    names = [f"class {number:03}" for number in range(MOST_CLASSES + 10)]
    matrix = [[10 if row == column else 0 for column in range(len(names))] for row in range(len(names))]
    matrix[-1][-1], matrix[-1][0] = 1, 9
    page = describe(replace(facts, metrics=make_metrics(matrix, names=names)), names)
    assert page.index("class 049") < page.index("class 001")
    assert "class 048" not in page.split("Its classes")[1]
    assert "Of 50 classes these 40" in page


@pytest.mark.parametrize(
    ("backbone", "recipe", "said"),
    [
        ("small_cnn", {}, "random weights"),
        ("resnet18", {"model": {"pretrained": False}}, "random weights"),
        ("facebook/convnextv2-tiny-1k-224", {}, "cc-by-nc-4.0"),
        ("facebook/convnextv2-tiny-1k-224", {}, "binds, or may bind"),
        ("/home/ann/weights/mine", {}, "(mine): nobody stated one"),
    ],
)
def test_licenses_of_weights_are_told_with_what_binds(backbone, recipe, said):
    record = metadata([]).model_copy(update={"backbone": backbone, "recipe": recipe})
    assert said in describe(ModelFacts(record))


def test_the_time_of_an_answer_is_told_once_it_is_measured():
    wording = ModelWording(ModelFacts(), LABELS, {}, "torch", load_texts("fr"))
    assert "12,3 ms" in plain_spaces(wording.latency(0.01234))
    assert "ouverture de cet onglet" in wording.latency(None)
    assert "Licences" in describe(ModelFacts(metadata([])), language="fr")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "PyTorch 30.0 ms, ONNX Runtime 12.5 ms a picture, when it was first opened on this machine; not used"),
        ("fr", "PyTorch 30,0 ms, ONNX Runtime 12,5 ms par image, à sa première ouverture sur cette machine; non util"),
    ],
)
def test_a_runtime_that_was_chosen_is_told_with_its_times_and_without_places_of_the_machine(language, said):
    choice = RuntimeChoice(
        machine="m",
        chosen="onnxruntime",
        seconds={"torch": 0.03, "onnxruntime": 0.0125},
        left_out={"openvino": "/home/ann cannot be written"},
    )
    wording = ModelWording(ModelFacts(), LABELS, {}, "onnxruntime", load_texts(language), choice)
    page = plain_spaces(wording.sections())
    assert said in page
    assert "OpenVINO" in page
    assert "ann" not in page
