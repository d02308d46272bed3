"""When a model does not answer, in sentences."""

import pytest

from tests.records.test_selective import make_rejection
from vitrine.ui.sentences.rejection import tell_claim, tell_rejection, tell_threshold
from vitrine.ui.texts import load_texts

ENGLISH = load_texts("en")
ANSWERS = {
    "why_never": None, "confidence_threshold": 0.7, "coverage": 0.75, "accuracy_answered": 0.97,
    "accuracy_answered_interval": (0.9, 0.99), "validation_coverage": 0.8, "refused": 0.02,
}  # fmt: skip


def test_without_a_threshold_it_is_said_why_and_no_threshold_is_told():
    rejection = make_rejection()
    assert tell_claim(rejection, ENGLISH).startswith("It never answers straight: 9 validation pictures are too few")
    assert tell_threshold(rejection, ENGLISH) == ""
    assert len(tell_rejection(rejection, ENGLISH)) == 2


@pytest.mark.parametrize(
    ("accuracy", "words"),
    [(0.97, "97.0% of these answers are right (90.0% to 99.0%): at least the 95%"), (0.94, "but only 94.0%")],
)
def test_a_promise_is_said_to_be_kept_or_broken(accuracy, words):
    claim = tell_claim(make_rejection(**{**ANSWERS, "accuracy_answered": accuracy}), ENGLISH)
    assert words in claim.replace("\N{NO-BREAK SPACE}", "").replace("\N{NARROW NO-BREAK SPACE}", "").replace(" %", "%")


def test_what_is_not_proven_is_said_with_claim_and_threshold():
    rejection = make_rejection(**ANSWERS, proven=False)
    assert tell_claim(rejection, ENGLISH).endswith("is not proven with so few pictures.")
    assert "so few pictures do not prove it" in tell_threshold(rejection, ENGLISH)
    assert "a probability of 95" in tell_threshold(make_rejection(**ANSWERS), ENGLISH)


def test_no_test_picture_that_was_sure_enough_is_said():
    rejection = make_rejection(**{**ANSWERS, "accuracy_answered": None, "accuracy_answered_interval": None})
    assert tell_claim(rejection, ENGLISH).startswith("None of the test pictures was sure enough to be answered; 95")


def test_a_precision_of_halves_keeps_its_decimal():
    assert "99.5" in tell_threshold(make_rejection(**ANSWERS, precision=0.995), ENGLISH)


def test_a_network_without_features_says_so_and_one_with_them_says_what_they_cost():
    *_, similarity = tell_rejection(make_rejection(**ANSWERS), ENGLISH)
    assert "nearest 3 of them" in similarity
    *_, none = tell_rejection(make_rejection(**ANSWERS, similarity_threshold=None), ENGLISH)
    assert none.startswith("It cannot tell pictures of other things")
