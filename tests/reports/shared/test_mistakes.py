import numpy as np
import pandas as pd
import pytest

from tests.reports.fabricated import Page, prepare_classes
from vitrine.evaluation.label_errors import LabeledProbabilities
from vitrine.evaluation.mistakes import collect_mistakes
from vitrine.reports.shared import mistakes as mistakes_section
from vitrine.reports.shared.mistakes import images_of, show_mistakes
from vitrine.ui.frame import TEMPLATES, render
from vitrine.ui.texts import load_texts

NASTY = "<b>cat & 'co'"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    return prepare_classes(tmp_path_factory.mktemp("mistakes"), {NASTY: 20, "dog": 20, "emu": 20})


def judge(prepared, answers, split="test"):
    rows = prepared.splits[split]
    probabilities = np.full((len(rows), len(prepared.label_names)), 0.05)
    probabilities[np.arange(len(rows)), answers] = 0.9
    return LabeledProbabilities(split, list(rows["file"]), np.asarray(rows["label"]), probabilities, "model")


def predictions_of(test, prepared):
    names = np.asarray(prepared.label_names, dtype=object)
    answers = test.probabilities.argmax(axis=1)
    return pd.DataFrame(
        {
            "file": test.files, "label_name": names[test.label_ids], "predicted": names[answers],
            "correct": answers == test.label_ids, "probability": 0.9,
        }
    )  # fmt: skip


@pytest.fixture
def page_of(prepared, tmp_path, monkeypatch):
    """The page with this section alone, of a model that gives these answers to the test pictures."""

    def make(change=lambda answers: answers, language="en", attributes=None, not_examined=("train",)):
        label_ids = np.asarray(prepared.splits["test"]["label"])
        test = judge(prepared, change(label_ids.copy()))
        mistakes = collect_mistakes([test], prepared.label_names, attributes, not_examined)
        folder = tmp_path / "templates"
        folder.mkdir(exist_ok=True)
        (folder / "page.html.jinja").write_text(
            '{% extends "base.html.jinja" %}{% from "shared/mistakes.html.jinja" import mistakes %}'
            '{% block style %}{% include "shared/mistakes.css" %}{% endblock %}'
            "{% block main %}{{ mistakes(section) }}{% endblock %}"
        )
        monkeypatch.setattr("vitrine.ui.frame.TEMPLATES", (folder, *TEMPLATES))
        section = show_mistakes(
            mistakes, predictions_of(test, prepared), prepared.label_names, images_of(prepared), load_texts(language)
        )
        (tmp_path / "page.html").write_text(render("page.html.jinja", {"section": section}), encoding="utf-8")
        return Page(tmp_path / "page.html")

    return make


def mix_up(answers):
    answers[answers == 0] = [1] * 3 + [2] + [0] * (sum(answers == 0) - 4)
    return answers


def test_every_number_of_the_table_leads_to_its_pictures(page_of):
    page = page_of(mix_up)
    links = {address for address in page.addresses if address and address.startswith("#mix-up-")}
    galleries = [a["id"] for _, a in page.attributes if "id" in a and (a.get("class") or "").startswith("gallery")]
    anchors = {f"#{name}" for name in galleries}
    assert links == anchors == {"#mix-up-0-0", "#mix-up-0-1", "#mix-up-0-2", "#mix-up-1-1", "#mix-up-2-2"}
    assert galleries[0] == "mix-up-0-1"  # the most frequent mix-up is shown where none is chosen
    assert f"{NASTY}, called dog" in page.text
    assert f"3 of 8 pictures of {NASTY} were called dog." in page.text


def test_names_are_shown_as_text_and_nothing_is_loaded(page_of):
    page = page_of(mix_up)
    assert "<b>cat" not in page.source
    assert NASTY in page.text
    assert all(address.startswith(("data:", "#")) for address in page.addresses)
    assert "script" not in page.tags


def test_a_faultless_model_has_no_mix_ups_and_no_wrong_labels(page_of):
    page = page_of()
    assert "No test picture was named wrongly." in page.text
    assert "No label looks wrong." in page.text
    assert "Training: not examined" in page.text
    assert "corrections.csv" not in page.text


def test_likely_wrong_labels_are_shown_with_the_command_that_exports_them(page_of):
    page = page_of(mix_up)
    assert f"labelled {NASTY} rather dog?" in page.text
    assert "python -m vitrine corrections RUN --output corrections.csv" in page.text
    assert "python -m vitrine prepare RUN/recipe.yaml data.corrections=corrections.csv" in page.text
    assert "it agrees with 83.3 % of the labels" in page.text


def test_pictures_have_a_limit_and_what_is_left_out_is_said(page_of, monkeypatch):
    monkeypatch.setattr(mistakes_section, "MOST_IN_CELLS", 2)
    monkeypatch.setattr("vitrine.reports.shared.losses.MOST_LOSSES", 0)
    monkeypatch.setattr(mistakes_section, "MOST_SUSPECTS", 0)
    page = page_of(mix_up)
    assert page.tags.count("img") == 2
    assert "and 1 more that is not shown" in page.text
    assert "numbers without a line under them have no pictures here" in page.text


def test_the_table_of_many_classes_shows_those_with_the_most_mistakes(page_of, monkeypatch):
    monkeypatch.setattr(mistakes_section, "MOST_CLASSES", 2)
    page = page_of(mix_up)
    assert "1 other class is left out here" in page.text
    assert "called emu" not in page.text.split("Most confused pairs")[0]


def slices_table(pictures, **columns):
    values = {"brightness": np.arange(pictures, dtype=float), "contrast": 40.0, "side": 20.0, "elongation": 2.0}
    return pd.DataFrame(values | {"is_grey": False, "sharpness": 1.0, "subgroup": ""} | columns)


@pytest.mark.parametrize(
    ("language", "weaker", "unseen"),
    [
        ("en", "Dark pictures are harder: 0 % right, 100 % of the others.", "no such pictures"),
        ("fr", "Plus difficile : Sombres.", "aucune image de ce genre"),
    ],
)
def test_weak_slices_are_named_in_words(page_of, prepared, language, weaker, unseen):
    number = len(prepared.splits["test"])
    dark = np.arange(number) < round(0.2 * number)

    def fail_in_the_dark(answers):
        answers[dark] = (answers[dark] + 1) % 3
        return answers

    page = page_of(fail_in_the_dark, language, slices_table(number))
    assert weaker in page.text
    assert unseen in page.text


def test_subgroups_have_a_table_of_their_own_where_there_are_any(page_of, prepared):
    number = len(prepared.splits["test"])
    names = ["<b>face" if place < 10 else "body" for place in range(number)]
    page = page_of(mix_up, "en", slices_table(number, subgroup=names))
    assert "Test pictures of each sub-group against all others" in page.text
    assert "<b>face" in page.text
    assert "Sub-groups" not in page_of(mix_up, "en", slices_table(number)).text


def test_french_pages_have_no_english_sentence(page_of):
    text = page_of(mix_up, "fr").text
    assert "Les erreurs, image par image" in text
    assert "pictures" not in text
    assert f"3 des 8 images de {NASTY} ont été nommées dog." in text


def test_a_judge_that_errs_often_estimates_nothing(page_of):
    assert "If the judge is right wherever it is sure" in page_of().text
    page = page_of(lambda answers: np.roll(answers, len(answers) // 2))
    assert "it agrees with" in page.text
    assert "If the judge is right wherever it is sure" not in page.text
