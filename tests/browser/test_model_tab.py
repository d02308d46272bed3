"""The tab on the model as its visitors see it."""

import re

import pytest
from playwright.sync_api import expect

from tests.app.models import LABELS, serving
from tests.app.test_model_facts import write_run
from tests.browser.tabs import open_tab

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    run = write_run(tmp_path_factory.mktemp("runs") / "run")
    report = "<!DOCTYPE html><title>Report</title><h1>Report</h1><script>document.title = 'changed'</script>"
    (run / "report.html").write_text(report, encoding="utf-8")
    with serving(run / "model") as address:
        yield address


def open_facts(page, name="The model"):
    open_tab(page, name)
    expect(page.locator("#model-facts h2").first).to_be_visible()
    return page


@pytest.mark.parametrize(("width", "color_scheme"), [(1280, "light"), (390, "dark")])
@pytest.mark.parametrize(
    ("path", "name", "words"), [("/?language=en", "The model", "the median of 7"), ("/fr", "Le modèle", "médiane de 7")]
)
def test_it_shows_every_class_and_what_an_answer_takes_now_and_fits(
    new_page, address, width, color_scheme, path, name, words
):
    page = open_facts(new_page(address + path, width=width, color_scheme=color_scheme), name)
    expect(page.locator("#model-latency")).to_contain_text(re.compile(rf"[\d.,]+\sms, .*{words}"))
    names = page.locator(".facts-table tbody tr td:nth-child(2)").all_text_contents()
    assert set(LABELS) <= set(names)
    examples = page.locator("#model-facts img")
    expect(examples).to_have_count(3)
    page.wait_for_function("[...document.querySelectorAll('#model-facts img')].some((image) => image.naturalWidth > 0)")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_report_opens_in_a_page_of_its_own_that_runs_no_script(new_page, address):
    page = open_facts(new_page(address))
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open the report").click()
    opened.value.wait_for_load_state()
    expect(opened.value.locator("h1")).to_have_text("Report")
    assert opened.value.title() == "Report"
