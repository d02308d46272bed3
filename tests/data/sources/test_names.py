import unicodedata

import pytest

from vitrine.data.sources.names import (
    KnownNames,
    compose,
    look_key,
    print_alike,
    spell_differences,
    suggest_columns,
)

NFC, NFD = "K\u00e4se", "Ka\u0308se"


def test_the_very_name_comes_first_then_its_letters_then_its_capitals():
    assert KnownNames([NFC, NFD, "k\u00e4se"]).find(NFD) == [NFD]
    assert KnownNames([NFD, "k\u00e4se"]).find(NFC) == [NFD]
    assert KnownNames(["k\u00e4se", "KA\u0308SE"]).find(NFC) == ["KA\u0308SE", "k\u00e4se"]
    assert KnownNames(["IMG_1.JPG"]).find("img_1.jpg") == ["IMG_1.JPG"]
    assert KnownNames(["1.jpg"]).find("2.jpg") == []


def test_only_one_name_is_taken_and_several_are_none():
    assert KnownNames(["A.png"]).find_only("a.png") == "A.png"
    assert KnownNames(["A.png", "a.PNG"]).find_only("a.png") is None


@pytest.mark.parametrize("name", ["caf\u00e9", "\uac00\ub098", "\u304c\u304e", "\u1ed7", "\u0627\u0655"])
def test_letters_of_any_script_are_found_composed_and_decomposed(name):
    decomposed = unicodedata.normalize("NFD", name)
    assert KnownNames([decomposed]).find(compose(name)) == [decomposed]
    assert KnownNames([compose(name)]).find(decomposed) == [compose(name)]


@pytest.mark.parametrize(
    ("first", "second"),
    [(NFC, NFD), ("cat", "cat\u200b"), ("big cat", "big\u00a0cat"), ("cat", "cat "), ("cat", "\u0441at")],
)
def test_names_that_no_reader_tells_apart_print_alike(first, second):
    assert print_alike([first, second])
    assert look_key(first) == look_key(second)


@pytest.mark.parametrize(("first", "second"), [("cat", "Cat"), ("cat", "cap"), ("resume", "r\u00e9sum\u00e9")])
def test_names_that_a_reader_tells_apart_do_not_print_alike(first, second):
    assert not print_alike([first, second])


def test_what_differs_is_spelled_in_code_points():
    assert spell_differences([NFC, NFD]) == [f"'{NFC}' [U+00E4]", f"'{NFD}' [U+0061 U+0308]"]
    assert spell_differences(["cat", "cat\u200b"]) == ["'cat' [nothing]", "'cat\u200b' [U+200B]"]
    assert spell_differences(["\u0441at", "cat"]) == ["'\u0441at' [U+0441]", "'cat' [U+0063]"]
    assert spell_differences(["aa", "aaa"]) == ["'aa' [nothing]", "'aaa' [U+0061]"]


def test_a_missing_column_is_told_with_the_one_that_may_be_meant():
    assert suggest_columns(["label_name", "zebra"], ["file", "LABELNAME", "x"]) == (
        "label_name (did you mean 'LABELNAME'?) and zebra"
    )
