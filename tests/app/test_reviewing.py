"""Going through the queue, without a page."""

from dataclasses import replace

import pytest

from tests.app.models import LABELS
from tests.app.queues import small_queue
from tests.corrections.examples import judgment
from tests.predict.models import line_of_pixels, narrow_preparation
from vitrine.app.classifier import Classifier
from vitrine.app.reviewing import Place, Reviewing, kind_of
from vitrine.corrections.export import TABLE_COLUMNS, table_rows
from vitrine.corrections.judgment import LABEL
from vitrine.corrections.review_queue import QueuedImage
from vitrine.corrections.store import CorrectionStore
from vitrine.ui.texts import load_texts


@pytest.fixture
def reviewing(tmp_path, predictor, folder):
    return Reviewing(Classifier(predictor, load_texts("en")), small_queue(), CorrectionStore(tmp_path / "store"))


def judge(reviewing, place, label="red", reviewer="ann", blind=False):
    view = reviewing.look(place, blind)
    return reviewing.judge(place, view, kind_of(label, LABELS), label, reviewer, blind)


def test_it_goes_on_to_the_next_picture_that_this_reviewer_has_not_judged(reviewing):
    place = judge(reviewing, Place(number=1))
    assert place.number == 2
    assert reviewing.skip(place, "ann").number == 3
    assert reviewing.skip(Place(number=3), "ann").number == 0
    assert reviewing.begin(Place(number=1), "ann").number == 2
    assert reviewing.begin(Place(number=1), "bob").number == 1
    assert (reviewing.done("ann"), reviewing.done("bob")) == (1, 0)


def test_who_has_judged_all_is_through(reviewing):
    place = Place()
    for _ in range(4):
        place = judge(reviewing, place)
    assert place.number == 4
    assert reviewing.look(place, False).picture is None
    assert judge(reviewing, place) == place
    assert len(reviewing.store.all()) == 4


def test_what_reviewers_differ_on_comes_first_until_they_agree(reviewing):
    judge(reviewing, Place(number=2), "red")
    judge(reviewing, Place(number=2), "é", reviewer="bob")
    assert reviewing.begin(Place(), "ann").number == 2
    assert reviewing.begin(Place(), "cem").number == 2
    assert reviewing.begin(Place(), "bob").number == 0
    assert (reviewing.done("ann"), reviewing.done("bob")) == (0, 1)
    assert judge(reviewing, Place(), "red", reviewer="cem").number == 2
    place = judge(reviewing, Place(number=2), "é")
    assert place.number == 3
    assert [reviewing.begin(Place(), name).number for name in ("ann", "bob", "cem")] == [0, 0, 1]
    assert reviewing.undo(place).number == 2
    assert reviewing.begin(Place(), "ann").number == 2


def test_who_skips_what_reviewers_differ_on_gets_the_other_pictures(reviewing):
    judge(reviewing, Place(number=1), "red", reviewer="bob")
    judge(reviewing, Place(number=1), "é", reviewer="cem")
    place = reviewing.begin(Place(), "ann")
    numbers = []
    for _ in range(4):
        numbers.append(place.number)
        place = reviewing.skip(place, "ann")
    assert numbers == [1, 2, 3, 0]


def test_a_picture_that_only_reviewers_who_differed_brought_here_is_done_when_they_agree(reviewing):
    contested = replace(reviewing.queue.pictures[0], reasons=())
    reviewing.queue = replace(reviewing.queue, pictures=(contested, *reviewing.queue.pictures[1:]))
    judge(reviewing, Place(), "red", reviewer="bob")
    judge(reviewing, Place(), "é", reviewer="cem")
    assert reviewing.begin(Place(), "ann").number == 0
    judge(reviewing, Place(), "é", reviewer="bob")
    assert reviewing.begin(Place(), "ann").number == 1


def test_undo_goes_back_to_the_picture_and_then_to_the_one_before(reviewing):
    place = judge(reviewing, judge(reviewing, Place()))
    first = reviewing.undo(place)
    second = reviewing.undo(first)
    assert (place.number, first.number, second.number) == (2, 1, 0)
    assert second.mine == ()
    assert reviewing.undo(second) == second
    assert reviewing.done("ann") == 0


def test_the_judgment_says_what_the_queue_and_the_model_say(reviewing):
    view = reviewing.look(Place(), False)
    judge(reviewing, Place(), "é")
    (kept,) = reviewing.store.all()
    assert (kept.file, kept.label_name, kept.split, kept.suspicion) == ("a.png", "red", "test", "0.912")
    assert (kept.kind, kept.label, kept.sha256) == (LABEL, "é", view.picture.sha256)
    assert kept.answer == view.prediction.ranking[0][0]


def test_a_judgment_is_blind_only_where_nothing_was_seen_before(reviewing):
    judge(reviewing, Place(), blind=True)
    judge(reviewing, Place(seen=frozenset({0})), blind=True)
    judge(reviewing, Place(), blind=False)
    assert [one.blind for one in reviewing.store.all()] == [True, False, False]


def test_the_digits_follow_the_model_and_in_a_blind_review_the_order_of_the_classes(reviewing):
    view = reviewing.look(Place(), False)
    assert list(view.choices) == [label for label, _ in view.prediction.ranking]
    assert tuple(reviewing.look(Place(), True).choices) == LABELS


def test_the_label_that_it_has_and_the_suggested_one_are_among_nine_of_many():
    from types import SimpleNamespace

    from tests.app.queues import queued
    from vitrine.app.reviewing import MOST_CHOICES, _likeliest

    names = [f"class {number:02d}" for number in range(30)]
    prediction = SimpleNamespace(ranking=tuple((name, 1 / 30) for name in names))
    choices = _likeliest(prediction, queued("a", label_name=names[20], suggested=names[25]), names)
    assert list(choices[:MOST_CHOICES]) == [*names[:7], names[25], names[20]]


def test_a_picture_that_cannot_be_opened_can_still_be_judged(reviewing):
    view = reviewing.look(Place(number=3), False)
    assert (view.opened, view.prediction, view.choices) == (None, None, ())
    judge(reviewing, Place(number=3), "")
    assert [(one.kind, one.answer) for one in reviewing.store.all()] == [("none", "")]


def test_both_of_two_copies_are_shown_and_each_gets_its_label(reviewing):
    first = reviewing.queue.pictures[0]
    copy = replace(first, file="copies/a.png", label_name="é")
    reviewing.queue = replace(reviewing.queue, pictures=(first, copy, *reviewing.queue.pictures[2:]))
    place = judge(reviewing, Place(), "red")
    assert (place.number, reviewing.done("ann")) == (1, 1)
    judge(reviewing, place, "red")
    assert reviewing.done("ann") == 2
    at = {name: place for place, name in enumerate(TABLE_COLUMNS)}
    rows = table_rows(reviewing.store.all())
    assert [(row[at["file"]], row[at["action"]]) for row in rows] == [("a.png", ""), ("copies/a.png", "relabel")]


def test_a_picture_that_was_named_without_its_hash_is_judged(reviewing):
    reviewing.store.add(judgment("", "red", sha256="", file="a.png"))
    assert reviewing.done("ann") == 1
    reviewing.store.add(judgment("", "é", "bob", sha256="", file="a.png"))
    assert (reviewing.done("ann"), reviewing.begin(Place(number=2), "ann").number) == (0, 0)


def test_a_picture_that_the_preparation_cannot_take_can_still_be_judged(tmp_path, predictor):
    line = QueuedImage(line_of_pixels(), line_of_pixels(), is_preprocessed=False)
    queue = replace(small_queue(), open_picture=lambda _file: line)
    picky = Classifier(replace(predictor, preprocess=narrow_preparation()), load_texts("en"))
    view = Reviewing(picky, queue, CorrectionStore(tmp_path / "store")).look(Place(), False)
    assert (view.picture.file, view.prediction) == ("a.png", None)
