"""README and tutorials say the same in both languages, and README is short."""

import re
from collections import Counter

import pytest

from tests.documentation.blocks import ROOT, read_blocks
from tools.site_links import HEAD, LINK
from vitrine.ui.texts import load_texts, plain_spaces

TUTORIALS = sorted(path.name for path in (ROOT / "docs/tutorials").glob("*.md"))
IN_FRENCH = (" report.language=fr", " --language fr")
PAIRS = [
    ("README.md", "README.fr.md"),
    *[(f"docs/tutorials/{name}", f"docs/fr/tutorials/{name}") for name in TUTORIALS],
]
BOLD = re.compile(r"\*\*([^*]+)\*\*")  # what somebody presses
NUMBERS = {"en": re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?"), "fr": re.compile(r"\d+(?:[ \u00a0\u202f]\d{3})*(?:[.,]\d+)?")}


def commands(path):
    """Of a page, without their comments and without what asks for French."""
    text = "\n".join(block.code for block in read_blocks(path))
    for words in IN_FRENCH:
        text = text.replace(words, "")
    lines = (line.split("  #")[0].split("    #")[0].split() for line in text.splitlines())
    return [" ".join(words) for words in lines if words]


def prose(path):
    """The text of a page in lines of any length, without the head that is for another program."""
    return " ".join(HEAD.sub("", (ROOT / path).read_text("utf-8")).split())


def numbers(path, language):
    """How often each number stands on a page, written in one way."""
    found = NUMBERS[language].findall(prose(path))
    if language == "fr":
        return Counter(re.sub(r"\s", "", number).replace(",", ".") for number in found)
    return Counter(number.replace(",", "") for number in found)


def targets(path):
    """What a page leads to, from the root; a page that is there in both languages is one target."""
    leads = set()
    for found in LINK.finditer((ROOT / path).read_text("utf-8")):
        address = found["address"]
        if not address.startswith("http"):
            address = ((ROOT / path).parent / address).resolve().relative_to(ROOT).as_posix()
        leads.add("README" if address in PAIRS[0] else address.replace("docs/fr/", "docs/").replace(".fr.png", ".png"))
    return leads


@pytest.mark.parametrize(("english", "french"), PAIRS)
def test_a_page_has_the_same_numbers_and_leads_to_the_same_pages_in_both_languages(english, french):
    assert numbers(english, "en") == numbers(french, "fr")
    assert targets(english) == targets(french)


def test_a_number_is_the_same_however_a_language_writes_it(tmp_path):
    english, french = tmp_path / "a.md", tmp_path / "a.fr.md"
    english.write_text("1,797 digits, 0.993 ± 0.003, and 12 or 3", "utf-8")
    french.write_text("1 797 chiffres, 0,993 ± 0,003, et 12 ou 3", "utf-8")
    assert numbers(english, "en") == numbers(french, "fr") == Counter(["1797", "0.993", "0.003", "12", "3"])


def plain(text):
    """On one line, as people type it."""
    return " ".join(plain_spaces(text).replace("’", "'").split())


@pytest.mark.parametrize("name", TUTORIALS)
def test_a_tutorial_names_the_same_buttons_as_the_page_shows_in_both_languages(name):
    in_english, in_french = (
        BOLD.findall((ROOT / folder / name).read_text("utf-8")) for folder in ("docs/tutorials", "docs/fr/tutorials")
    )
    english, french = load_texts("en").entries, load_texts("fr").entries
    shown = {(plain(english[key]), plain(french[key])) for key in english}
    assert len(in_english) == len(in_french)
    for pressed, in_other_words in zip(in_english, in_french, strict=True):
        assert (plain(pressed), plain(in_other_words)) in shown


@pytest.mark.parametrize(("english", "french"), PAIRS)
def test_a_page_has_the_same_commands_and_parts_in_both_languages(english, french):
    first, second = ROOT / english, ROOT / french
    in_english, in_french = commands(first), commands(second)
    # Comments of Python are words of a language, too.
    assert [line.split(" # ")[0] for line in in_english] == [line.split(" # ")[0] for line in in_french]
    headings = [
        [line.split()[0] for line in path.read_text("utf-8").splitlines() if line[:1] == "#"]
        for path in (first, second)
    ]
    assert len(headings[0]) == len(headings[1])


def test_every_tutorial_is_there_in_both_languages():
    assert len(TUTORIALS) >= 4
    assert sorted(path.name for path in (ROOT / "docs/fr/tutorials").glob("*.md")) == TUTORIALS


@pytest.mark.parametrize(("name", "kind"), [("README.md", ".png"), ("README.fr.md", ".fr.png")])
def test_readme_has_at_most_700_words_and_opens_with_two_pictures(name, kind):
    text = (ROOT / name).read_text("utf-8")
    assert len(text.split()) <= 700
    opening = HEAD.sub("", text).split("\n## ")[0]
    pictures = [found["address"] for found in LINK.finditer(opening) if found["image"]]
    assert pictures == [f"docs/pictures/app{kind}", f"docs/pictures/report{kind}"]
    assert all(len(found["text"]) > 40 for found in LINK.finditer(opening) if found["image"])
