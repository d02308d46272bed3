"""The catalogues: every language says everything, with the same places to fill."""

import string
import subprocess
import sys

import pytest

from vitrine.ui.texts import Texts, load_texts


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


@pytest.mark.parametrize(
    ("value", "decimals", "english", "french"),
    [
        (2.675, 2, "2.67", "2,67"),  # the float is a little less than it looks
        (-1234567.5, 0, "-1,234,568", "-1\u202f234\u202f568"),
        (float("nan"), 1, "nan", "nan"),
        (0.04, 1, "0.0", "0,0"),
        (-0.04, 1, "0.0", "0,0"),
        (-0.06, 1, "-0.1", "-0,1"),
    ],
)
def test_numbers_are_rounded_as_they_are_and_grouped(value: float, decimals: int, english: str, french: str) -> None:
    assert load_texts("en").number(value, decimals) == english
    assert load_texts("fr").number(value, decimals) == french


@pytest.mark.parametrize(
    ("value", "english", "french"), [(1.5, "1.5", "1,5"), (40.0, "40", "40"), (1.2e-7, "1.2e-07", "1,2e-07")]
)
def test_short_numbers_have_no_needless_digits(value: float, english: str, french: str) -> None:
    assert load_texts("en").short_number(value) == english
    assert load_texts("fr").short_number(value) == french


def test_texts_and_frame_can_be_used_without_the_library_that_draws() -> None:
    program = "import sys, vitrine.ui.frame, vitrine.ui.palette\nassert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def plain(text: str) -> str:
    return " ".join(text.split())


def test_names_times_and_sizes_read_well_in_both_languages() -> None:
    english, french = load_texts("en"), load_texts("fr")
    assert [english.quote(list(names)) for names in ("a", "abc", "abcdefg")] == [
        "'a'", "'a', 'b' and 'c'", "'a', 'b', 'c', 'd', 'e' and 2 more",
    ]  # fmt: skip
    assert [plain(french.quote(list(names))) for names in ("ab", "abcdefg")] == [
        "« a » et « b »", "« a », « b », « c », « d », « e » et 2 autres",
    ]  # fmt: skip
    seconds = (4.25, 58.2, 151, 4321)
    assert [plain(english.duration(s)) for s in seconds] == ["4.2 s", "58 s", "2 min 31 s", "1 h 12 min"]
    assert plain(french.duration(4.25)) == "4,2 s"
    assert english.day_and_time("2026-11-21T01:50:09+00:00") == "21 November 2026, 01:50 UTC"
    assert french.day_and_time("2026-08-01T01:50:09+00:00") == "1er août 2026 à 01:50 UTC"
    assert [plain(english.size(n)) for n in (999, 11_234_567, 2_500_000_000)] == ["999 bytes", "11.2 MB", "2.5 GB"]
    assert [plain(french.size(n)) for n in (999, 11_234_567)] == ["999 octets", "11,2 Mo"]


def test_spaces_before_marks_do_not_break() -> None:
    for language in ("en", "fr"):
        for key, sentence in load_texts(language).entries.items():
            assert " %" not in sentence, (language, key)
            if language == "fr":
                assert not any(mark in sentence for mark in (" :", " ;", " !", " ?", "« ", " »")), key


def test_markup_of_a_sentence_stays_and_what_is_filled_in_is_escaped() -> None:
    texts = Texts("en", {"a": "<b>{name}</b>"})
    assert texts.html("a", name="<i>") == "<b>&lt;i&gt;</b>"
