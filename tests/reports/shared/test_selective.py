"""When the model does not answer: what is claimed, in both languages, of good, weak and tiny classifiers."""

import pytest

from tests.reports.shared.conftest import measured
from vitrine.reports.shared.selective import show_rejection
from vitrine.ui.texts import load_texts


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(("pictures", "margin"), [(3, 3.0), (30, 5.0), (200, 0.5), (200, 6.0)])
def test_every_classifier_has_a_page_in_both_languages(trust_page_of, pictures, margin, language):
    page = trust_page_of(*measured(pictures, margin, in_distribution=pictures != 30), language)
    assert "None" not in page.text.replace("None of", "")
    assert "nan" not in page.text.split()


def test_a_good_classifier_is_said_to_keep_its_promise():
    _, rejection = measured(300, 6.0)
    said = show_rejection(rejection, load_texts("en"))
    assert "at least the 95\u00a0% that were asked for" in said["claim"]
    assert [row.name for row in said["rows"]] == ["An answer", "Unsure: A or B", "None of my classes"]
    assert sum(row.pictures for row in said["rows"]) == 300
    assert "below" in said["similarity"]


@pytest.mark.parametrize(
    ("pictures", "margin", "why"),
    [(12, 9.0, "12 validation pictures are too few to show"), (300, 0.3, "not right, or not sure, often enough")],
)
def test_a_model_that_never_answers_says_why(pictures, margin, why):
    _, rejection = measured(pictures, margin)
    assert why in show_rejection(rejection, load_texts("en"))["claim"]


def test_a_network_without_similarity_is_said_to_know_no_picture_of_unknown_classes():
    _, rejection = measured(100, 5.0, in_distribution=False)
    assert "cannot tell pictures of other things" in show_rejection(rejection, load_texts("en"))["similarity"]
