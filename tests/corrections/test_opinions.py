"""What holds of all that was said."""

from tests.corrections.examples import judgment
from vitrine.corrections.judgment import NEW, NONE
from vitrine.corrections.opinions import agreed, conflicts, current, needs_a_look


def test_the_latest_of_each_reviewer_counts():
    first, second, other = judgment("a", "cat"), judgment("a", "cow"), judgment("a", "cow", "bob")
    assert current([first, other, second]) == {first.picture: {"ann": second, "bob": other}}
    assert [one.opinion for one in agreed([first, other, second])] == [second]


def test_an_older_judgment_that_comes_later_does_not_hold():
    late, early = (
        judgment("a", "dog", time="2026-11-24T10:00:00+01:00"),
        judgment("a", "cat", time="2026-11-24T08:59:00Z"),
    )
    assert current([late, early]) == {late.picture: {"ann": late}}
    assert current([early, late]) == {late.picture: {"ann": late}}
    others = judgment("a", "cow", "bob", time="2026-11-24T09:30:00+00:00")
    (opinions,) = current([others, late, early]).values()
    assert list(opinions) == ["ann", "bob"]
    assert current([late, judgment("a", "cat", time="2026-11-24T08:59:00")]) == {late.picture: {"ann": late}}


def test_two_reviewers_who_differ_are_a_conflict_and_none_differs_from_a_label():
    ann, bob = judgment("a", "cat"), judgment("a", kind=NONE, reviewer="bob")
    assert conflicts([ann, bob, judgment("b")]) == [(ann, bob)]
    assert agreed([ann, bob]) == []


def test_a_new_label_of_the_same_name_is_the_same():
    assert conflicts([judgment("a", "cow"), judgment("a", "cow", "bob", kind=NEW)]) == []


def test_pictures_without_a_hash_are_told_apart_by_their_names():
    said = [judgment(file=name).__class__("", "label", "cat", "ann", name) for name in ("a.png", "b.png")]
    assert set(current(said)) == {("", "a.png"), ("", "b.png")}


def test_exact_copies_are_pictures_of_their_own_and_who_brought_one_speaks_of_all():
    first, second = judgment("a", "cat", file="cats/1.png"), judgment("a", "dog", file="dogs/7.png")
    assert conflicts([first, second]) == []
    assert set(current([first, second])) == {first.picture, second.picture}
    brought = judgment("a", "cow", "bob")
    assert current([brought, first, second]) == {
        first.picture: {"bob": brought, "ann": first},
        second.picture: {"bob": brought, "ann": second},
    }


def test_a_picture_that_is_named_without_its_hash_is_the_one_of_that_name():
    named, whole = judgment("", "cow", "bob", sha256="", file="a.png"), judgment("a", "cat", file="a.png")
    assert conflicts([named, whole]) == [(named, whole)]


def test_what_holds_stands_in_the_row_that_names_the_picture_best():
    whole = judgment("a", "cat", file="a.png")
    named, brought = judgment("", "cat", "bob", sha256="", file="a.png"), judgment("a", "cat", "cem", kept="p")
    (holds,) = agreed([whole, named, brought])
    assert (holds.opinion, holds.row) == (brought, whole)
    changed = judgment("a", "cow")  # by who named it before, and did not now
    (holds,) = agreed([whole, changed])
    assert (holds.opinion, holds.row) == (changed, whole)


def waiting(*said):
    (opinions,) = current(said).values()
    return {name for name in ("ann", "bob", "cem") if needs_a_look(opinions, name)}


def test_who_spoke_before_another_who_differs_is_asked_again_and_so_is_who_never_spoke():
    ann, bob = judgment("a", "cat"), judgment("a", "cow", "bob")
    assert waiting(ann) == waiting(judgment("a", "cow"), bob) == set()
    assert waiting(ann, bob) == {"ann", "cem"}


def test_who_stays_by_a_label_is_asked_again_only_when_somebody_has_spoken_since():
    ann, bob, cem = judgment("a", "cat"), judgment("a", "cow", "bob"), judgment("a", "cow", "cem")
    again = judgment("a", "cat")
    assert waiting(ann, bob, again) == {"bob", "cem"}
    assert waiting(ann, bob, again, cem) == {"ann", "bob"}
    assert waiting(ann, bob, cem) == {"ann"}  # bob and cem say the same


def test_a_decision_that_agrees_settles_it_for_all():
    assert waiting(judgment("a", "cat"), judgment("a", "cow", "bob"), judgment("a", "cow")) == set()
