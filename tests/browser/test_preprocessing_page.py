import pytest

from tests.conftest import draw_scene
from vitrine.data.images.preprocessing import Preparation
from vitrine.data.images.steps import STEPS
from vitrine.data.sources.samples import Sample
from vitrine.reports.previews.preprocessing import write_preparation_page

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_page_of_the_preparation_opens_without_complaint_or_sideways_scrolling(chromium, tmp_path, width, scheme):
    path = tmp_path / "page.html"
    samples = [Sample("<b>long/" + "x" * 80 + ".png", "<b>" + "y" * 60, draw_scene())]
    write_preparation_page(path, "birds", samples, Preparation(steps=STEPS, resize="letterbox"), 64)
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
    page = context.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    assert page.locator("#steps figure").count() == len(STEPS) + 2
    assert complaints == []
    context.close()
