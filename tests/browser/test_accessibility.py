"""What axe-core finds on every tab: nothing that keeps people out (its kinds "critical" and "serious")."""

import json

import pytest
from playwright.sync_api import expect

from tests.app.models import noise, serving, write_model
from tests.browser.axe import grave_findings
from tests.browser.tabs import open_tab
from vitrine.app.corrections import CorrectionDesk
from vitrine.corrections.store import CorrectionStore
from vitrine.ui.texts import load_texts

pytestmark = pytest.mark.browser
TABS = ("app.tabs.classify", "batch.tab", "corrections.correct.tab", "model.tab", "app.tabs.programs")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("app")
    model = write_model(folder / "model")
    with serving(model, desk=CorrectionDesk(CorrectionStore(folder / "corrections"))) as address:
        yield address


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "picture.jpg"
    noise(8).save(path)
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "width", "color_scheme"),
    [
        ("en", 1280, "light"),
        ("fr", 390, "dark"),
        ("fr", 1280, "dark"),
        ("en", 390, "light"),
    ],
)
def test_no_tab_keeps_anybody_out_or_scrolls_sideways(new_page, address, picture, language, width, color_scheme):
    texts = load_texts(language)
    page = new_page(f"{address}/?language=en" if language == "en" else f"{address}/fr", width, 900, color_scheme)
    page.locator("#picture input[type=file]").first.set_input_files(picture)
    expect(page.locator("#answer .answer-label")).to_be_visible()
    found = {}
    for key in TABS:
        open_tab(page, texts(key))
        page.wait_for_timeout(500)  # tabs fade in
        found[key] = grave_findings(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), key
    assert page.evaluate("document.documentElement.lang") == language
    graves = {key: found for key, found in found.items() if found}
    assert not graves, json.dumps(graves, indent=1)
