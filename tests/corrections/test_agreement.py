"""Agreement: apart for blind judgments, each picture once, what was taken back not at all."""

import pytest

from tests.corrections.examples import judgment
from vitrine.corrections.agreement import Agreement, measure_agreement
from vitrine.corrections.judgment import NONE, WITHDRAWN, Judgment


def test_blind_judgments_are_counted_apart():
    said = [judgment(str(number), "dog" if number < 3 else "cat", blind=number % 2 == 0) for number in range(6)]
    found = measure_agreement(said)
    assert (found.model_blind, found.model_shown) == (Agreement(2, 3), Agreement(1, 3))


def test_none_agrees_with_a_model_that_says_none_and_with_no_other():
    said = [judgment("a", kind=NONE, decision="none"), judgment("b", kind=NONE), judgment("c", "dog", decision="none")]
    assert measure_agreement(said).model_shown == Agreement(1, 3)


def test_a_picture_counts_once_with_the_latest_judgment_that_holds():
    first = judgment("a", "dog", "ann", time="2026-01-01T00:00:00+00:00")
    second = judgment("a", "cat", "bob", time="2026-01-02T00:00:00+00:00")
    assert measure_agreement([first, second]).model_shown == Agreement(0, 1)
    back = Judgment(second.sha256, WITHDRAWN, reviewer="bob", withdraws=second.id)
    found = measure_agreement([first, second, back])
    assert (found.model_shown, found.reviewers_shown) == (Agreement(1, 1), Agreement(0, 0))


def test_reviewers_are_compared_where_two_judged_the_same_picture():
    said = [judgment("a", "cat", "ann", blind=True), judgment("a", "cat", "bob", blind=True)]
    said += [judgment("b", "cat", "ann", blind=True), judgment("b", "cow", "bob")]
    found = measure_agreement([*said, judgment("c", "cat", "ann")])
    assert (found.reviewers_blind, found.reviewers_shown) == (Agreement(1, 1), Agreement(0, 1))


def test_the_interval_is_wilsons():
    assert Agreement(9, 10).interval == pytest.approx((0.5958, 0.9821), abs=1e-4)


def test_a_judgment_without_an_answer_is_not_compared_with_the_model():
    assert measure_agreement([judgment(answer="", decision="")]).model_shown.pictures == 0
