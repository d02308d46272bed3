"""The language in which a visitor sees the page."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from vitrine.app.languages import BrowserLanguage, preferred_language, say_language, switch


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("de,fr;q=0.5,en;q=0.4", "fr"),
        ("en;q=0.4,fr;q=0.5", "fr"),
        ("en-GB,en;q=0.9,fr;q=0.8", "en"),
        ("FR", "fr"),
        ("fr;q=0,en", "en"),
        ("de-DE,de;q=0.9", "en"),
        ("*", "en"),
        ("", "en"),
        ("fr;q=much", "en"),
        (";;,,;q=", "en"),
    ],
)
def test_a_browser_gets_the_language_it_prefers_among_ours(accepted, language):
    assert preferred_language(accepted, "en") == language


def serve(first):
    def page(_request):
        return PlainTextResponse(first)

    routes = [Route("/", page), Route("/predict", page)]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(BrowserLanguage, first=first)]))


def test_a_visitor_is_sent_to_the_page_in_the_language_of_the_browser_with_what_the_address_asks():
    answer = serve("en").get("/?example=3", headers={"Accept-Language": "fr"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "fr?example=3")
    answer = serve("fr").get("/", headers={"Accept-Language": "en"}, follow_redirects=False)
    assert answer.headers["location"] == "en"


@pytest.mark.parametrize(("path", "accepted"), [("/", "en"), ("/", ""), ("/?language=en", "fr"), ("/predict", "fr")])
def test_the_page_stays_where_the_language_fits_was_chosen_or_a_program_asks(path, accepted):
    answer = serve("en").get(path, headers={"Accept-Language": accepted}, follow_redirects=False)
    assert answer.text == "en"


def test_the_switch_leads_to_the_other_language_and_back_again():
    assert 'href="fr" hreflang="fr" lang="fr">Français<' in switch("en", first="en")
    assert 'href="./?language=en" hreflang="en" lang="en">English<' in switch("fr", first="en")


def test_the_page_says_its_language_by_its_address():
    assert "['fr'].includes(last) ? last : \"en\"" in say_language("en")
