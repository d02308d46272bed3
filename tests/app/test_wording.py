"""What the page says, without a browser."""

from pathlib import Path

import pytest

from tests.app.models import metadata
from vitrine.app.wording import Wording, model_name, notice
from vitrine.models.calibration.selective import Answer, NoneOfThese, Unsure
from vitrine.predict.predictions import Prediction
from vitrine.records.model import Trust
from vitrine.ui.texts import load_texts

wording = Wording(load_texts("en"))
french = Wording(load_texts("fr"))
TRUST = Trust(precision=0.95, confidence_threshold=0.8, similarity_threshold=0.7, neighbors=3)


def judged(ranking, decision=None, similarity=None):
    return Prediction(tuple(ranking), decision or Answer(ranking[0][0]), similarity)


def text_of(html):
    import re
    from html import unescape

    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_the_header_says_in_plain_words_what_the_model_is_and_how_good():
    said = text_of(wording.header("Dogs", ("Pug", "Poodle"), metadata([])))
    assert "Dogs Show it a picture, and it says which of 2 kinds it looks most like. Pug Poodle" in said
    assert "Right in the test 194 of 200 pictures 97.0 % of pictures it had never seen" in said
    assert "93 to 99 of 100 pictures right 95 % interval" in said
    assert "Trained 3 November 2026 with 1,200 pictures" in said


def test_names_from_outside_are_text_and_never_markup():
    evil = "<img src=x onerror=alert(1)>"
    facts = metadata([]).model_copy(update={"name": evil})
    everything = [
        wording.header(evil, (evil,), facts),
        wording.answer(evil, judged([(evil, 0.9)]), 1, None, evil),
        wording.answer("x", judged([("x", 0.9)]), 1, None, evil),
        wording.answer("x", judged([("x", 0.9)], Unsure(evil, evil)), 1, TRUST),
        notice(evil),
    ]
    assert all("<img" not in html for html in everything)
    assert all("&lt;img" in html for html in everything)


def test_a_model_that_was_never_tested_is_not_called_good():
    facts = metadata([]).model_copy(update={"test_accuracy": None, "test_accuracy_interval": None, "test_pictures": 0})
    assert "has not been tested: nobody knows how often it is right" in text_of(wording.header("x", ("a",), facts))


def test_a_model_from_elsewhere_is_said_to_have_no_record():
    assert "was not made with Vitrine" in text_of(wording.header("x", ("a", "b"), None))


def test_a_thousand_labels_are_folded_away():
    html = wording.header("x", tuple(f"label {number}" for number in range(1000)), None)
    assert "<summary>and 988 more</summary>" in html
    assert html.index("label 11<") < html.index("<details>") < html.index("label 12<")


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        (1.0, "> 99.9 %"),
        (0.9996, "> 99.9 %"),
        (0.9994, "99.9 %"),
        (0.5, "50.0 %"),
        (0.0004, "< 0.1 %"),
        (0.0, "< 0.1 %"),
    ],
)
def test_the_page_never_claims_to_be_wholly_certain(probability, said):
    assert text_of(wording.certainty(probability)) == said


def test_a_perfect_test_is_reported_as_it_was():
    assert text_of(wording.percent(1.0)) == "100.0 %"


def test_as_many_bars_as_asked_for_in_the_order_of_the_ranking():
    ranking = [("a", 0.6), ("b", 0.3), ("c", 0.1)]
    assert "a 60.0 % b 30.0 % It always chooses" in text_of(wording.answer("x.jpg", judged(ranking), 2))


def test_a_test_picture_says_whether_the_answer_was_right():
    ranking = [("a", 0.6), ("b", 0.4)]
    assert "✓ Right" in wording.answer("x", judged(ranking), 2, None, "a")
    assert "✗ Wrong: the test picture is labelled b." in wording.answer("x", judged(ranking), 2, None, "b")


RANKING = [("pug", 0.5), ("corgi", 0.4), ("poodle", 0.1)]


def test_an_unsure_model_names_the_two_and_its_rule():
    said = text_of(wording.answer("x.jpg", judged(RANKING, Unsure("pug", "corgi"), 0.8), 2, TRUST, "corgi"))
    assert (
        "x.jpg could be either of two Unsure: pug or corgi ✓ One of the two: the test picture is labelled corgi."
        in said
    )
    assert "It answers where at least 95 of 100 such answers should be right" in said
    assert "✗ Neither" in wording.answer("x", judged(RANKING, Unsure("pug", "corgi"), 0.8), 2, TRUST, "poodle")


def test_a_strange_picture_is_of_no_class_and_its_bars_are_not_the_answer():
    said = text_of(wording.answer("image.png", judged(RANKING, NoneOfThese(), 0.1), 1, TRUST, "pug"))
    assert "This picture is like nothing it learned from None of my classes ✗ Wrong" in said
    assert "The bars show what it would choose if it had to." in said


def test_a_model_that_never_answers_says_why():
    never = TRUST.model_copy(update={"confidence_threshold": None})
    said = text_of(wording.answer("x", judged(RANKING, Unsure("pug", "corgi"), 0.9), 1, never))
    assert "its own check could not show that 95 of 100 answers would be right" in said


def test_a_model_without_a_score_says_that_it_takes_every_picture_for_one_of_its_kinds():
    blind = TRUST.model_copy(update={"similarity_threshold": None, "neighbors": None})
    said = text_of(wording.answer("x", judged(RANKING), 1, blind))
    assert "It chooses among the kinds it knows even for a picture that shows none of them." in said


def test_the_name_shown_is_never_a_path_of_the_server(tmp_path):
    (tmp_path / "secret" / "dogs").mkdir(parents=True)
    assert model_name(str(tmp_path / "secret" / "dogs"), None) == "dogs"
    assert model_name("someone/dogs", None) == "someone/dogs"
    assert model_name(str(Path("x")), metadata([])) == "Colours & <shapes>"


def test_the_page_is_wholly_in_french_where_that_is_asked_for():
    header = text_of(french.header("Chiens", ("Carlin", "Caniche"), metadata([])))
    assert "Montrez-lui une image : il dit à laquelle des 2 classes elle ressemble le plus." in header
    assert "Bonnes réponses au test 194 sur 200 images 97,0 % d’images qu’il n’avait jamais vues" in header
    assert "Entraîné le 3 novembre 2026 avec 1 200 images" in header
    unsure = text_of(french.answer("image.png", judged(RANKING, Unsure("pug", "corgi"), 0.8), 2, TRUST, "corgi"))
    assert "Cette image pourrait être l’une ou l’autre Dans le doute : pug ou corgi ✓ L’une des deux" in unsure
    assert "pug 50,0 %" in unsure
    assert "Pas encore d’image" in text_of(french.nothing_yet)
    assert "Aucune n’a servi à l’entraînement" in text_of(french.section("gallery"))


@pytest.mark.parametrize(
    ("language", "tab"), [("en", "<strong>Correct:</strong>"), ("fr", "<strong>Corriger :</strong>")]
)
def test_the_help_speaks_of_correcting_only_where_one_can(language, tab):
    wording = Wording(load_texts(language))
    with_it, without = (
        wording.help(can_correct=can).replace("\u202f", " ").replace("\xa0", " ") for can in (True, False)
    )
    assert tab in with_it
    assert tab not in without
    assert with_it.count("<li>") == without.count("<li>") + 1 == 7


def test_an_unsure_model_with_one_likely_class_names_no_second():
    ranking = [("pug", 0.9), ("corgi", 0.04)]
    said = text_of(wording.answer("x", judged(ranking, Unsure("pug"), 0.8), 2, TRUST, "pug"))
    assert "x is not clear enough to it Unsure: perhaps pug ✓ What it supposed" in said
    assert "✗ Not what it supposed" in wording.answer("x", judged(ranking, Unsure("pug"), 0.8), 2, TRUST, "corgi")
    assert "peut-être pug" in french.answer("x", judged(ranking, Unsure("pug"), 0.8), 2, TRUST)


def test_a_rule_that_few_pictures_could_not_prove_says_so():
    unproven = TRUST.model_copy(update={"proven": False})
    assert "not proven with so few pictures" in text_of(wording.answer("x", judged(RANKING, None, 0.9), 1, unproven))
    assert "not proven" not in text_of(wording.answer("x", judged(RANKING, None, 0.9), 1, TRUST))
