import pytest

from tests.reports.fabricated import prepare_classes, write_run
from vitrine.reports.data.page import write_data_report
from vitrine.reports.run.page import write_run_report

pytestmark = pytest.mark.browser
NASTY = "<b>a very long class name_" + "x" * 60


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Both pages, for few and for many classes."""
    found = {}
    for kind, pictures in (
        ("few", {NASTY: 10, "cat": 10, "single": 1}),
        ("many", {f"class {i:02d}": 3 for i in range(25)}),
    ):
        folder = tmp_path_factory.mktemp(kind)
        prepared = prepare_classes(folder, pictures)
        write_data_report(prepared.folder)
        predicted = [
            (label + place % 2) % len(pictures) for place, label in enumerate(prepared.splits["test"]["label"])
        ]
        write_run_report(write_run(folder / "run", prepared, predicted), prepared)
        found |= {f"{kind} data": prepared.folder / "report.html", f"{kind} run": folder / "run" / "report.html"}
    return found


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
@pytest.mark.parametrize("name", ["few data", "few run", "many data", "many run"])
def test_report_pages_open_without_complaint_or_sideways_scrolling(chromium, pages, name, width, scheme):
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
    page = context.new_page()
    complaints, requests = [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url.partition(":")[0]))
    page.goto(pages[name].as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    assert complaints == []
    assert set(requests) <= {"file", "data"}
    context.close()


def test_figures_follow_the_colors_of_the_surroundings(chromium, pages):
    shown = {}
    for scheme in ("light", "dark"):
        context = chromium.new_context(color_scheme=scheme)
        page = context.new_page()
        page.goto(pages["few run"].as_uri())
        shown[scheme] = page.evaluate("document.querySelector('.plot img').currentSrc")
        context.close()
    assert shown["light"] != shown["dark"]


def test_paper_is_light_and_shows_what_is_folded_on_the_screen(chromium, pages):
    context = chromium.new_context(viewport={"width": 720, "height": 900}, color_scheme="dark")
    page = context.new_page()
    page.goto(pages["few run"].as_uri())
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('section')).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("document.documentElement.scrollWidth") <= 720
    assert page.evaluate("document.querySelector('details pre').getBoundingClientRect().height") > 10
    context.close()


def test_names_with_markup_are_shown_as_text(chromium, pages):
    page = chromium.new_page()
    page.goto(pages["few run"].as_uri())
    assert NASTY in page.locator("#classes").inner_text().replace("\u200b", "")
    page.close()
