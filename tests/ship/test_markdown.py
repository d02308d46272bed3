"""Cards: no markup of people, no blank."""

import math

import pytest
from jinja2 import UndefinedError

from vitrine.ship import markdown
from vitrine.ship.markdown import escape_cell, render_markdown


@pytest.fixture
def template(tmp_path, monkeypatch):
    monkeypatch.setattr(markdown, "TEMPLATES", tmp_path)

    def write(text):
        (tmp_path / "card.md.jinja").write_text(text)
        return "card.md.jinja"

    return write


@pytest.mark.parametrize("value", [None, "", "  \n", math.nan, math.inf])
def test_a_blank_place_is_an_error(template, value):
    with pytest.raises(ValueError, match="the card"):
        render_markdown(template("Seen: {{ value }}"), value=value)


def test_a_place_without_a_value_is_an_error(template):
    with pytest.raises(UndefinedError):
        render_markdown(template("Seen: {{ value }}"))


def test_zero_and_no_are_values(template):
    assert render_markdown(template("{{ value }} {{ count | number }}"), value=0, count=12345) == "0 12,345"


def test_names_of_people_are_no_markup():
    assert escape_cell("a | <b>*x*_y_\n[z](u) `c` ~ 'q'") == (
        "a \\| &lt;b&gt;\\*x\\*\\_y\\_ \\[z\\](u) \\`c\\` \\~ 'q'"
    )
