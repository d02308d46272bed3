"""The frame of every page; its templates hold no sentences: those are in the catalogues."""

import base64
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from jinja2 import UndefinedError
from PIL import Image

import vitrine
from vitrine.ui.frame import TEMPLATES as TEMPLATE_FOLDERS
from vitrine.ui.frame import breakable, data_address, page_language, render, thumbnail
from vitrine.ui.texts import load_texts

FOLDER = Path(vitrine.__file__).parent
TEMPLATES = sorted(
    path for room in ("ui", "reports") for path in (FOLDER / room).rglob("*.html.jinja")
)  # the card of a data set, for the Hub, is in English
NOT_WORDS = ("Vitrine",)  # names
READ_OUT = r'(?:aria-label|alt|title|placeholder)="([^"]*)"'


def bare_words(template: str) -> list[str]:
    """Words that stand in a template itself, outside commands and programs to copy (`<pre>`)."""
    text = re.sub(r"\{#.*?#\}|<style>.*?</style>|<pre.*?</pre>", " ", template, flags=re.DOTALL)
    text = re.sub(r"\{% block (?:style|policy) %\}.*?\{% endblock %\}", " ", text, flags=re.DOTALL)
    text = re.sub(r"\{% macro color.*?\{% endmacro %\}", " ", text, flags=re.DOTALL)  # a style
    phrases = [
        phrase
        for expression in re.findall(r"\{\{(.*?)\}\}", text, flags=re.DOTALL)
        for phrase in re.findall(r'"([^"]*)"', expression)
        if re.search("[A-Za-z]{2} [A-Za-z]", phrase)
    ]
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", " ", text, flags=re.DOTALL)
    text = " ".join(re.findall(READ_OUT, text)) + re.sub(r"<[^>]*>", " ", text)
    return [*phrases, *(word for word in re.findall("[A-Za-z]{2,}", text) if word not in NOT_WORDS)]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_no_template_holds_a_sentence_of_one_language(path: Path) -> None:
    assert bare_words(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "template", ["<p>Hello</p>", '<nav aria-label="Sections">', '{{ fact("Two words", value) }}', "{{ a }} is {{ b }}"]
)
def test_a_sentence_in_a_template_would_be_found(template: str) -> None:
    assert bare_words(template)


def test_long_names_may_break_and_are_escaped():
    assert breakable("a_b<i>") == "a_<wbr>b&lt;i&gt;"


def test_small_pictures_keep_their_pixels_and_large_ones_are_small_files() -> None:
    small, large = thumbnail(Image.new("RGB", (20, 10), "red")), thumbnail(Image.new("RGBA", (200, 100), "red"))
    assert (small.width, small.height, small.is_small) == (20, 10, True)
    assert small.address.startswith("data:image/png;base64,")
    with Image.open(BytesIO(base64.b64decode(small.address.partition(",")[2]))) as picture:
        assert picture.getpixel((0, 0)) == (255, 0, 0)
    assert (large.width, large.height, large.is_small) == (200, 100, False)
    assert large.address.startswith("data:image/jpeg;base64,")


def test_an_address_holds_its_content() -> None:
    assert data_address("text/plain", b"hello") == "data:text/plain;base64,aGVsbG8="


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A function that writes the template `page.html.jinja`."""
    monkeypatch.setattr("vitrine.ui.frame.TEMPLATES", (tmp_path, *TEMPLATE_FOLDERS))
    return lambda text: tmp_path.joinpath("page.html.jinja").write_text(text) and None


def test_values_are_escaped_and_written_as_the_language_does(template: Callable[[str], None]) -> None:
    template("{{ name }} {{ share | percent(1) }}")
    assert render("page.html.jinja", {"name": "<b>", "share": 0.125}) == "&lt;b&gt; 12.5\u00a0%"
    assert render("page.html.jinja", {"name": "<b>", "share": 0.125}, load_texts("fr")) == "&lt;b&gt; 12,5\u00a0%"


def test_a_missing_value_is_an_error_and_no_blank(template: Callable[[str], None]) -> None:
    template("{{ name }}")
    with pytest.raises(UndefinedError, match="'name' is undefined"):
        render("page.html.jinja", {})


def test_the_language_of_a_page_is_read_from_it(template: Callable[[str], None], tmp_path: Path) -> None:
    template('{% extends "base.html.jinja" %}')
    (tmp_path / "page.html").write_text(render("page.html.jinja", {}, load_texts("fr")), "utf-8")
    assert page_language(tmp_path / "page.html") == "fr"
    (tmp_path / "other.html").write_bytes(b"\xff\xfe")
    assert page_language(tmp_path / "other.html") is None
    assert page_language(tmp_path / "nowhere.html") is None
