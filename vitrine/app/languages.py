"""In which language a visitor sees the page: that of the browser, until the switch says otherwise."""

from collections.abc import Callable, Sequence
from typing import get_args
from urllib.parse import parse_qs

import gradio as gr
from babel.core import negotiate_locale
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from vitrine.ui.texts import Language, Texts, load_texts

LANGUAGES: tuple[Language, ...] = get_args(Language)
NAMES: dict[Language, str] = {"en": "English", "fr": "Français"}
STAY = "language"  # query parameter of the switch: the language is chosen, whatever the browser prefers


def path_of(language: Language, first: Language) -> str:
    """Where the page of a language lies, from the other one's: the first has the address itself."""
    return f"./?{STAY}={first}" if language == first else language


def build_in_each(page: gr.Blocks, first: Texts, build: Callable[[Texts], None]) -> None:
    """Builds a page once in each language: the first at its address, the others below it.

    Args:
        page: empty.
        first: texts of the first.
        build: its parts, with the texts of a language.
    """
    with page:
        build(first)
    for language in LANGUAGES:
        if language != first.language:
            with page.route(NAMES[language], language, show_in_navbar=False):
                build(load_texts(language))


def switch(shown: Language, first: Language) -> str:
    """Links to the page in the other languages, as HTML.

    Args:
        shown: language of the page on which they stand.
        first: language of the page that has the address itself.
    """
    links = (
        f'<a href="{path_of(language, first)}" hreflang="{language}" lang="{language}">{NAMES[language]}</a>'
        for language in LANGUAGES
        if language != shown
    )
    return f'<nav class="languages">{" ".join(links)}</nav>'


def say_language(first: Language) -> str:
    """JavaScript that tells browsers and screen readers the language of the page that is open."""
    others = [language for language in LANGUAGES if language != first]
    return f"""() => {{
        const last = window.location.pathname.replace(/\\/+$/, "").split("/").pop();
        document.documentElement.lang = {others}.includes(last) ? last : "{first}";
    }}"""


class BrowserLanguage:
    """Sends a visitor to the page in the language that the browser prefers.

    Args:
        app: answers all else.
        first: language of the page that has the address itself.
    """

    def __init__(self, app: ASGIApp, first: Language) -> None:
        self.app = app
        self.first = first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        is_page = scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == "/"
        if is_page and STAY not in parse_qs(scope["query_string"].decode("latin-1")):
            wanted = preferred_language(Headers(scope=scope).get("accept-language", ""), self.first)
            if wanted != self.first:
                query = scope["query_string"].decode("latin-1")
                address = path_of(wanted, self.first) + (f"?{query}" if query else "")
                answer = RedirectResponse(address, 307, {"Vary": "Accept-Language"})
                await answer(scope, receive, send)
                return
        await self.app(scope, receive, send)


def preferred_language(accepted: str, first: Language, languages: Sequence[Language] = LANGUAGES) -> Language:
    """The language that a browser asks for among ours.

    Args:
        accepted: its header `Accept-Language`, such as "fr-CA,fr;q=0.8,en;q=0.5".
        first: where it asks for none of ours.
        languages: ours.
    """
    ranked = sorted((_weigh(part) for part in accepted.split(",")), key=lambda one: -one[1])
    wanted = [name for name, weight in ranked if weight > 0 and name]
    found = negotiate_locale(wanted, languages, sep="-")
    return next((language for language in languages if language == found), first)


def _weigh(part: str) -> tuple[str, float]:
    name, _, weight = part.partition(";")
    try:
        return name.strip().lower(), float(weight.strip().removeprefix("q=") or 1)
    except ValueError:
        return "", 0.0
