"""A judgment knows when it was made and what it is about."""

from datetime import UTC, datetime, timedelta

from tests.corrections.examples import digest, judgment
from vitrine.corrections.judgment import NONE, Judgment


def test_each_has_an_id_of_its_own_and_the_time_in_utc():
    first, second = Judgment("", NONE), Judgment("", NONE)
    assert first.id != second.id
    made = datetime.fromisoformat(first.time)
    assert made.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - made) < timedelta(minutes=1)


def test_a_picture_is_known_by_its_hash_and_its_name():
    assert judgment("a", file="a.png").picture == (digest("a"), "a.png")
    assert Judgment("", NONE, file="a.png").picture == ("", "a.png")


def test_none_is_an_opinion_of_its_own():
    assert judgment(kind=NONE).opinion != judgment(label="none").opinion
