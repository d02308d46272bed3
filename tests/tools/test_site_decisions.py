from pathlib import Path

import pytest

from tools.site_decisions import decision_pages, design_page, split_decisions

ROOT = Path(__file__).parents[2]
DESIGN = """# Design

## Decisions

1. **Own scan**, since `datasets` drops
   labels.
2. **Folders called `train`** are splits.
    More of it.

## Words

Label.
"""


def test_each_decision_has_a_page_with_all_of_its_text():
    first, second = split_decisions(DESIGN)
    assert (first.number, first.title, first.page) == (1, "Own scan", "001.md")
    assert first.text == "**Own scan**, since `datasets` drops\nlabels."
    assert second.text == "**Folders called `train`** are splits.\nMore of it."
    pages = decision_pages(DESIGN)
    assert set(pages) == {"decisions/index.md", "decisions/001.md", "decisions/002.md"}
    assert "[Folders called `train`](002.md)" in pages["decisions/index.md"]


@pytest.mark.parametrize(
    ("bold", "title"),
    [
        ("Squash, not crop.", "Squash, not crop"),
        ("Folders called `train`, ...", "Folders called `train`, ..."),
        ("Heads:", "Heads"),
    ],
)
def test_a_title_loses_the_end_of_its_sentence_but_no_points_that_stand_for_more(bold, title):
    (decision,) = split_decisions(f"## Decisions\n\n1. **{bold}** The rest.\n")
    assert decision.title == title


def test_the_overview_keeps_everything_else():
    page = design_page(DESIGN)
    assert page.endswith("[a page of its own](decisions/index.md).\n\n## Words\n\nLabel.\n")
    assert "Own scan" not in page


def test_the_decisions_of_the_project_are_numbered_without_a_gap():
    decisions = split_decisions((ROOT / "DESIGN.md").read_text("utf-8"))
    assert [one.number for one in decisions] == list(range(1, len(decisions) + 1))
    assert len({one.title for one in decisions}) == len(decisions)
