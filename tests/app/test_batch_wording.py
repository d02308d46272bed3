"""What the tab for many pictures says, in both languages."""

import pytest

from tests.predict.answers.rows import answered, none, unreadable, unsure
from vitrine.app.batch_wording import BatchWording
from vitrine.ui.texts import load_texts, plain_spaces

ENGLISH, FRENCH = BatchWording(load_texts("en")), BatchWording(load_texts("fr"))


def test_the_time_that_is_left_follows_the_pictures_that_are_done():
    said = plain_spaces(ENGLISH.progress(25, 100, 10))
    assert "25 of 100 pictures · about 30 s left" in said
    assert 'max="100" value="25"' in said
    assert "left" not in ENGLISH.progress(0, 100, 0)


@pytest.mark.parametrize(
    ("wording", "said"),
    [
        (ENGLISH, ("2 files are done.", "1 answered", "1 not read")),
        (FRENCH, ("2 fichiers traités.", "1 avec réponse", "1 non lues")),
    ],
)
def test_the_outcome_counts_the_kinds_that_there_are(wording, said):
    outcome = plain_spaces(wording.outcome(2, 2, {"unsure": 0, "none": 0, "answered": 1, "unreadable": 1}))
    assert all(one in outcome for one in said)
    assert outcome.count("<li>") == 2


def test_each_row_says_its_decision_and_its_likeliest_class_or_why_there_is_none():
    table = plain_spaces(ENGLISH.table([answered("a", confidence=0.987), unsure("b"), none("c"), unreadable("d")]))
    for said in ("98.7 %", "Unsure", "None of its classes", "the file is empty"):
        assert said in table
    assert 'colspan="2">le fichier est vide' in FRENCH.table([unreadable("d")])


def test_a_second_class_stands_beside_the_first_where_the_model_is_unsure():
    row = unsure("a")
    row.cells["label_2"] = "<b>corgi"
    assert "pug <small>or &lt;b&gt;corgi</small>" in ENGLISH.table([row])


def test_a_reason_with_markup_is_text():
    assert "&lt;b&gt;" in ENGLISH.too_many("<b>")
