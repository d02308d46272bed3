"""The catalogues: every language says everything, with the same places to fill."""

import string

import pytest

from vitrine.reporting.texts import load_texts


def places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_languages_have_the_same_keys_and_places() -> None:
    english, french = load_texts("en").entries, load_texts("fr").entries
    assert english.keys() == french.keys()
    assert {key: places(text) for key, text in english.items()} == {key: places(text) for key, text in french.items()}


@pytest.mark.parametrize(("count", "expected"), [(0, "0 pictures"), (1, "1 picture"), (1234, "1,234 pictures")])
def test_english_counts(count: int, expected: str) -> None:
    assert load_texts("en")("common.pictures", count=count) == expected


@pytest.mark.parametrize(("count", "expected"), [(0, "0 image"), (1, "1 image"), (1234, "1\u202f234 images")])
def test_french_counts(count: int, expected: str) -> None:
    assert load_texts("fr")("common.pictures", count=count) == expected


def test_french_numbers_have_a_comma() -> None:
    assert load_texts("fr").percent(0.1234, 1) == "12,3\u00a0%"
