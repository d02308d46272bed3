"""Sentences of a comparison: they say what was shown and no more."""

import pytest

from tests.reports.comparisons import fabricate
from vitrine.records.difference import Verdict
from vitrine.reports.comparison.words import answer, measured, notes, sentence
from vitrine.ui.texts import load_texts

EN, FR = load_texts("en"), load_texts("fr")


def pair_of(verdict, points, interval):
    (pair,) = fabricate({"none": 0.9, "light": 0.91}).pairs
    changes = {"verdict": verdict, "points": points, "interval": interval}
    return pair.model_copy(update={"difference": pair.difference.model_copy(update=changes)})


@pytest.mark.parametrize(
    ("verdict", "points", "interval", "expected"),
    [
        (Verdict.NOT_SHOWN, 1.1, (-0.2, 2.4), "+1.1 points, interval -0.2 to 2.4: not shown to help"),
        (Verdict.NOT_SHOWN, -1.1, (-2.4, 0.2), "-1.1 points, interval -2.4 to 0.2: no difference is shown"),
        (Verdict.NOT_SHOWN, -0.01, (-1.0, 1.0), "0.0 points, interval -1.0 to 1.0: no difference is shown"),
        (Verdict.BETTER, 3.0, (1.0, 5.0), "+3.0 points, interval 1.0 to 5.0: shown to be better"),
        (Verdict.WORSE, -3.0, (-5.0, -1.0), "-3.0 points, interval -5.0 to -1.0: shown to be worse"),
    ],
)
def test_a_difference_is_put_into_words(verdict, points, interval, expected):
    assert measured(pair_of(verdict, points, interval), EN) == expected


def test_a_sentence_names_both_variants_in_both_languages():
    pair = pair_of(Verdict.NOT_SHOWN, 1.1, (-0.2, 2.4))
    assert sentence(pair, EN).startswith("light against none: +1.1")
    french = sentence(pair, FR).replace("\u00a0", " ")
    assert french == "light face à none : +1,1 points, intervalle de -0,2 à 2,4 : aucun gain n\u2019est établi"


def test_two_variants_that_hardly_differ_are_not_called_different():
    claim, evidence = answer(fabricate({"none": 0.9, "light": 0.905}), EN)
    assert claim == "No difference between none and light is shown."
    assert "points, interval" in evidence
    assert "3.0 times the processor time" in evidence


def test_of_several_the_better_ones_are_named_and_the_best():
    claim, evidence = answer(fabricate({"none": 0.6, "light": 0.8, "strong": 0.9}), EN)
    assert claim == "light and strong are better than none."
    assert evidence.startswith("strong has the highest accuracy")


def test_of_several_equal_ones_none_is_better():
    claim, _ = answer(fabricate({"none": 0.9, "light": 0.9, "strong": 0.9}), EN)
    assert claim == "No variant is shown to be better than none."


def test_one_variant_is_told_with_its_spread():
    claim, evidence = answer(fabricate({"repeated": 0.9}), EN)
    assert claim.startswith("repeated names 9")
    assert "5 trainings" in evidence


def test_nothing_done_is_said():
    figures = fabricate({"none": 0.9, "light": 0.9}, seeds=(), planned=4)
    assert answer(figures, EN)[0] == "No training is done yet."


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        (fabricate({"none": 0.9, "light": 0.9}, seeds=(0,)), "one training only"),
        (fabricate({"none": 0.9, "light": 0.9}, seeds=(0, 1)), "With 2 trainings"),
        (fabricate({"none": 0.9, "light": 0.9}, failures=2), "2 trainings failed"),
        (fabricate({"none": 0.9, "light": 0.9}, planned=11), "1 of 11 trainings is not done yet"),
        (fabricate({"none": 0.9, "light": 0.9, "c": 0.9}), "flatters a little"),
        (fabricate({"none": 0.9, "light": 0.9}, folds=5), "5 folds share"),
    ],
)
def test_what_a_reader_must_know_is_noted(figures, expected):
    found = [text for _, text in notes(figures, EN)]
    assert any(expected in text for text in found)
    assert len(found) == len(notes(figures, FR))


def test_a_sound_comparison_has_no_notes():
    assert notes(fabricate({"none": 0.9, "light": 0.9}), EN) == []
