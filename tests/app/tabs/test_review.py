"""The tab of the review queue: what its events return."""

from types import SimpleNamespace

import pytest

from tests.app.queues import small_queue
from vitrine.app.classifier import Classifier
from vitrine.app.review_keys import NONE_OF_THESE, SKIP, TYPED, UNDO
from vitrine.app.reviewing import Place, Reviewing
from vitrine.app.tabs.review import Review
from vitrine.corrections.store import CorrectionStore
from vitrine.ui.texts import load_texts

VISITOR = SimpleNamespace(session_hash="abc")
START = Place()
PLACE, PICTURE, BESIDE, CARD, MESSAGE, UNDO_BUTTON, CHOICES = 0, 1, 2, 3, 4, 5, slice(8, None)


@pytest.fixture
def review(tmp_path, predictor, folder):
    texts = load_texts("en")
    store = CorrectionStore(tmp_path / "store")
    return Review(Reviewing(Classifier(predictor, texts), small_queue(), store), texts)


def act(review, what, place=START, blind=False, chosen=None, typed="", on_display=None, name="ann"):
    shown = str(place.number) if on_display is None else on_display
    return review.act(what, shown, place, blind, name, chosen, typed, VISITOR)


def test_the_first_picture_comes_with_its_reasons_label_and_choices(review):
    shown = review.begin(Place(), False, "ann", VISITOR)
    assert shown[PICTURE].size == (48, 36)
    assert "Picture 1 of 4 · 0 of them done by you" in shown[CARD]
    assert "Its label looks wrong" in shown[CARD]
    assert "<strong>é</strong>" in shown[CARD]
    assert [update["visible"] for update in shown[CHOICES]] == [True] * 5 + [False] * 4
    assert shown[BESIDE]["visible"]
    assert shown[PLACE].seen == {0}


def test_a_blind_review_shows_neither_label_nor_suggestion_nor_reason(review):
    shown = review.begin(Place(), True, "ann", VISITOR)
    assert "What does the picture show?" in shown[CARD]
    for hidden in ("Its label", "é", "The model says"):
        assert hidden not in shown[CARD]
    assert [caption for _, caption in shown[BESIDE]["value"]] == [""]
    assert [update["value"] for update in shown[CHOICES][:2]] == ["1 · red", "2 · <b>green</b>"]
    assert shown[PLACE].seen == set()
    act(review, "1", shown[PLACE], blind=True)
    assert review.reviewing.store.all()[0].blind


def test_who_peeks_is_not_blind_any_more(review):
    place = review.begin(Place(), True, "ann", VISITOR)[PLACE]
    place = review.refresh(place, False, "ann", VISITOR)[PLACE]
    place = review.refresh(place, True, "ann", VISITOR)[PLACE]
    act(review, "1", place, blind=True)
    assert not review.reviewing.store.all()[0].blind


def test_a_digit_none_and_a_typed_label_are_kept_and_the_next_picture_comes(review):
    first = review.reviewing.look(Place(), False).choices[0]
    shown = act(review, "1")
    shown = act(review, NONE_OF_THESE, shown[PLACE])
    shown = act(review, TYPED, shown[PLACE], typed="<i>new</i>")
    said = review.reviewing.store.all()
    assert [(one.kind, one.label) for one in said] == [("label", first), ("none", ""), ("new", "<i>new</i>")]
    assert shown[PLACE].number == 3
    assert "&lt;i&gt;new&lt;/i&gt;" in shown[MESSAGE]


def test_a_key_for_a_picture_that_is_not_on_display_any_more_is_passed_over(review):
    shown = act(review, "1")
    shown = act(review, "1", shown[PLACE], on_display="0")
    assert shown[PLACE].number == 1
    assert len(review.reviewing.store.all()) == 1


def test_skip_and_undo(review):
    shown = act(review, SKIP)
    assert shown[PLACE].number == 1
    assert not shown[UNDO_BUTTON]["interactive"]
    shown = act(review, "1", shown[PLACE])
    assert shown[UNDO_BUTTON]["interactive"]
    shown = act(review, UNDO, shown[PLACE], on_display="whatever")
    assert shown[PLACE].number == 1
    assert "Taken back" in shown[MESSAGE]


def test_a_second_reviewer_sees_a_conflict_once_two_differ(review):
    act(review, TYPED, chosen="red")
    shown = act(review, TYPED, chosen="é", name="bob")
    assert "Reviewers differ" in review.refresh(Place(), False, "cem", VISITOR)[CARD]
    assert (
        "Reviewers give it different labels · Its label looks wrong"
        in review.begin(Place(), False, "cem", VISITOR)[CARD]
    )
    assert "Reviewers differ" not in review.refresh(Place(), True, "cem", VISITOR)[CARD]
    assert "Reviewers differ" in review.refresh(Place(), False, "bob", VISITOR)[CARD]
    assert shown[PLACE].number == 1
    act(review, TYPED, chosen="é")
    assert "different labels" not in review.refresh(Place(), False, "bob", VISITOR)[CARD]


def test_names_with_markup_are_text(review):
    card = review.refresh(Place(number=2), False, "ann", VISITOR)[CARD]
    assert "&lt;b&gt;green&lt;/b&gt;" in card
    assert "<b>green" not in card


def test_agreement_is_shown_apart_for_blind_reviews(review):
    assert review.agreement().count("nothing to compare yet") == 4
    place = review.begin(Place(), True, "ann", VISITOR)[PLACE]
    shown = act(review, TYPED, place, blind=True, chosen=review.reviewing.look(place, True).prediction.ranking[0][0])
    act(review, NONE_OF_THESE, shown[PLACE])
    table = review.agreement()
    assert "1 of 1 picture; 95 % interval 20 % to 100 %" in table.replace("\N{NO-BREAK SPACE}", " ")
    assert table.count("nothing to compare yet") == 2


def test_a_store_that_cannot_be_written_is_said_and_the_picture_stays(review):
    review.reviewing.store.folder.write_text("in the way")
    shown = act(review, "1")
    assert "this page cannot write to its folder" in shown[MESSAGE]
    assert shown[PLACE].number == 0
    review.reviewing.store.folder.unlink()
    assert act(review, "1", shown[PLACE])[PLACE].number == 1


def test_the_end_of_the_queue_is_said(review):
    shown = review.refresh(Place(number=4), False, "ann", VISITOR)
    assert "You have been through all 4 pictures" in shown[CARD]
    assert shown[PICTURE] is None
    assert not any(update["visible"] for update in shown[CHOICES])


def test_a_store_that_is_damaged_is_said_and_the_page_goes_on(review):
    review.reviewing.store.folder.mkdir()
    (review.reviewing.store.folder / "corrections.sqlite").write_bytes(b"no database " * 100)
    shown = act(review, "1")
    assert "the file of corrections is damaged" in shown[MESSAGE]
    assert "Picture 1 of 4" in shown[CARD]
