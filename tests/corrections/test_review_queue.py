"""The order in which reasons count."""

from typing import get_args

from vitrine.corrections.review_queue import Reason
from vitrine.ui.texts import load_texts


def test_every_reason_has_a_sentence_in_both_languages():
    for language in ("en", "fr"):
        assert all(
            f"corrections.review.reasons.{reason}" in load_texts(language).entries for reason in get_args(Reason)
        )


def test_contradictions_come_before_all_else():
    assert get_args(Reason)[0] == "contradiction"
