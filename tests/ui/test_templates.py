"""Templates hold no sentences: those are in the catalogues."""

import re
from pathlib import Path

import pytest

import vitrine

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
