"""When the model does not answer: what is claimed, in both languages, of good, weak and tiny classifiers."""

import pytest

from tests.reports.shared.conftest import measured
from vitrine.reports.shared.calibration import show_calibration
from vitrine.reports.shared.selective import show_rejection
from vitrine.ui.texts import load_texts

LARGER = [pytest.param(*case, marks=pytest.mark.slow) for case in [(200, 0.5), (200, 6.0)]]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(("pictures", "margin"), [(3, 3.0), (30, 5.0), *LARGER])
def test_every_classifier_has_a_page_in_both_languages(trust_page_of, pictures, margin, language):
    page = trust_page_of(*measured(pictures, margin, in_distribution=pictures != 30), language)
    assert "None" not in page.text.replace("None of", "")
    assert "nan" not in page.text.split()


def test_a_good_classifier_is_said_to_keep_its_promise():
    calibration, rejection = measured(300, 6.0)
    said = show_rejection(rejection, load_texts("en"))
    assert "at least the 95\u00a0% that were asked for" in said["claim"]
    assert [row.name for row in said["rows"]] == ["An answer", "Unsure: A or B", "None of my classes"]
    assert sum(row.pictures for row in said["rows"]) == 300
    assert "below" in said["similarity"]
    assert show_calibration(calibration, load_texts("en"))["claim"].startswith("Yes")


def test_a_model_that_never_answers_says_why():
    _, rejection = measured(300, 0.3)
    said = show_rejection(rejection, load_texts("en"))["claim"]
    assert "not right, or not sure, often enough" in said
    assert "300 validation pictures" in said


def test_a_model_of_an_earlier_build_that_never_answers_still_says_why():
    changes = {"confidence_threshold": None, "why_never": "too_few_pictures"}
    rejection = measured(12, 9.0)[1].model_copy(update=changes)
    said = show_rejection(rejection, load_texts("en"))
    assert "12 validation pictures are too few to show" in said["claim"]
    assert said["threshold"] == ""


@pytest.mark.parametrize(("language", "words"), [("en", "not proven with so few pictures"), ("fr", "pas prouvé")])
def test_answers_of_few_pictures_are_given_and_called_unproven(language, words):
    _, rejection = measured(12, 9.0)
    assert rejection.coverage > 0.9
    said = show_rejection(rejection, load_texts(language))
    assert words in said["claim"]
    assert "95" in said["threshold"]
    assert words not in show_rejection(measured(300, 6.0)[1], load_texts(language))["claim"]


def test_out_of_fold_answers_are_said_to_be_of_heads_that_had_not_learned_the_pictures():
    calibration, rejection = (section.model_copy(update={"basis": "out_of_fold"}) for section in measured(100, 6.0))
    words = "100 training and validation pictures, each answered by a head that had not learned it"
    assert words in show_rejection(rejection, load_texts("en"))["threshold"]
    assert words in show_calibration(calibration, load_texts("en"))["temperature"]


def test_a_network_without_similarity_is_said_to_know_no_picture_of_unknown_classes():
    _, rejection = measured(100, 5.0, in_distribution=False)
    assert "cannot tell pictures of other things" in show_rejection(rejection, load_texts("en"))["similarity"]
