import pytest

from tests.reports.comparisons import fabricate
from vitrine.reports.comparison.page import write_comparison_page
from vitrine.ui.texts import load_texts

pytestmark = pytest.mark.browser
NASTY = "<b>a very long name_" + "x" * 60
CASES = {
    "two": fabricate({"none": 0.9, "light": 0.91}),
    "several": fabricate({"none": 0.8, NASTY: 0.86, "strong": 0.9}, failures=2, planned=20),
}


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (390, "dark")])
@pytest.mark.parametrize("name", ["two", "several"])
def test_pages_open_without_complaint_or_sideways_scrolling(chromium, tmp_path, name, width, scheme):
    write_comparison_page(CASES[name], tmp_path, load_texts("fr"))
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
    page = context.new_page()
    complaints, requests = [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: requests.append(request.url.partition(":")[0]))
    page.goto((tmp_path / "comparison.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    assert (complaints, set(requests) <= {"file", "data"}) == ([], True)
    context.close()
