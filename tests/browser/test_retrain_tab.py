"""The tab that retrains, as its visitors see it, with a program in place of the training."""

import sys

import pytest
from playwright.sync_api import expect

from tests.app.models import serving, write_model
from tests.browser.axe import grave_findings
from tests.browser.tabs import open_tab
from vitrine.app.page import Retraining
from vitrine.app.retraining_job import RetrainingJob

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("retrain")
    write_model(folder / "model")
    (folder / "gate.html").write_text("<title>gate</title>why it was refused", "utf-8")
    return folder


@pytest.fixture
def job(folder):
    program = f"print('<b>learning'); print('page:  {folder / 'gate.html'}'); raise SystemExit(3)"
    return RetrainingJob([sys.executable, "-u", "-c", program])


@pytest.mark.parametrize(
    ("place", "width", "color_scheme", "tab", "refused"),
    [
        ("/fr", 390, "dark", "Réentraîner", "Refusé"),
        pytest.param("/?language=en", 1280, "light", "Retrain", "Refused", marks=pytest.mark.slow),
    ],
)
def test_a_click_retrains_and_the_page_says_how_it_ended_and_why(
    new_page, folder, job, place, width, color_scheme, tab, refused
):
    with serving(folder / "model", retraining=Retraining(job, "vitrine retrain runs/dogs")) as address:
        page = new_page(address + place, width, 900, color_scheme)
        open_tab(page, tab)
        page.locator("#retrain-start").click()
        expect(page.locator("#retrain-outcome")).to_contain_text(refused)
        expect(page.locator("#retrain-use")).to_be_hidden()
        assert grave_findings(page) == []
        page.locator("#retrain-log summary").click()
        expect(page.locator("#retrain-log pre")).to_contain_text("<b>learning")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        with page.expect_popup() as opened:
            page.locator("#retrain-outcome a").click()
        expect(opened.value.locator("body")).to_contain_text("why it was refused")
