"""README and tutorials say the same in both languages, and README is short."""

import pytest

from tests.documentation.blocks import ROOT, read_blocks
from tools.site_links import HEAD, LINK

TUTORIALS = sorted(path.name for path in (ROOT / "docs/tutorials").glob("*.md"))
IN_FRENCH = (" report.language=fr", " --language fr")


def commands(path):
    """Of a page, without their comments and without what asks for French."""
    text = "\n".join(block.code for block in read_blocks(path))
    for words in IN_FRENCH:
        text = text.replace(words, "")
    lines = (line.split("  #")[0].split("    #")[0].split() for line in text.splitlines())
    return [" ".join(words) for words in lines if words]


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("README.md", "README.fr.md"),
        *[(f"docs/tutorials/{name}", f"docs/fr/tutorials/{name}") for name in TUTORIALS],
    ],
)
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


@pytest.mark.parametrize("name", ["README.md", "README.fr.md"])
def test_readme_has_at_most_700_words_and_opens_with_two_pictures(name):
    text = (ROOT / name).read_text("utf-8")
    assert len(text.split()) <= 700
    opening = HEAD.sub("", text).split("\n## ")[0]
    pictures = [found["address"] for found in LINK.finditer(opening) if found["image"]]
    assert pictures == ["docs/pictures/app.png", "docs/pictures/report.png"]
    assert all(len(found["text"]) > 40 for found in LINK.finditer(opening) if found["image"])
