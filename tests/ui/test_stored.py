"""Sentences of a data set's files, on pages of another language."""

import ast
from pathlib import Path

import pytest

from vitrine.ui.stored import translate
from vitrine.ui.texts import load_texts, plain_spaces

ENGLISH, FRENCH = load_texts("en"), load_texts("fr")
ROOT = Path(__file__).parents[2]


def french(sentence: str) -> str:
    return plain_spaces(translate(sentence, FRENCH))


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ("reading it ended the program", "sa lecture a mis fin au programme"),
        ("the file is cut short", "le fichier est tronqué"),
        ("20 megapixels; the limit is 100", "20 mégapixels ; la limite est de 100"),
        (
            "the same picture is also in class 'cat' (a/b.jpg)",
            "la même image est aussi dans la classe « cat » (a/b.jpg)",
        ),
        ("mirrored, cropped; other brightness", "en miroir, recadrée ; autre luminosité"),
        ("1,234 of the 2,000 files are left out.", "1 234 des 2 000 fichiers sont écartés."),
        ("More than 2.5 times as long as wide", "Plus de 2,5 fois plus longues que larges"),
        (
            "Left out (class left out by the recipe): 1 file that the source calls 'a', \"b's\" and 1,200 more.",
            "À l’écart (classe écartée par la recette) : "
            "1 fichier que la source appelle « a », « b's » et 1 200 autres.",
        ),
        (
            "fix.csv: 2 labels corrected and 1 picture removed, 3 of them as exact copies of others; "
            "1 more row was no longer needed.",
            "fix.csv : 2 étiquettes corrigées et 1 image retirée, dont 3 comme doublons exacts d’autres ; "
            "1 autre ligne n’était plus nécessaire.",
        ),
    ],
)
def test_stored_sentences_are_told_in_french_with_their_values(stored: str, said: str) -> None:
    assert french(stored) == said
    assert translate(stored, ENGLISH) == stored


@pytest.mark.parametrize(
    "sentence", ["", "no such device", "strange, the file is cut short", "disk quota exceeded; sorry"]
)
def test_a_sentence_that_nobody_knows_stays_as_it_is(sentence: str) -> None:
    assert translate(sentence, FRENCH) == sentence


def test_every_stored_template_finds_its_own_translation() -> None:
    for key, entry in ENGLISH.entries.items():
        if key.startswith("stored."):
            form = plain_spaces(entry).replace("{count}", "7").replace("{number}", "8").replace("{limit}", "9")
            assert french(form) != form, key


def reasons_of(module: str) -> list[str]:
    """The fixed sentences with which a module raises ImageError."""
    tree = ast.parse((ROOT / module).read_text("utf-8"))
    return [
        str(call.args[0].value)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "ImageError"
        and isinstance(call.args[0], ast.Constant)
    ]


def test_every_fixed_reason_why_a_picture_cannot_be_read_has_a_translation() -> None:
    reasons = [*reasons_of("vitrine/data/images/decoding.py"), *reasons_of("vitrine/data/manifest/scan.py")]
    assert len(reasons) > 4
    for reason in reasons:
        assert french(reason) != reason, reason
