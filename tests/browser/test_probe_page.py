import pytest
from playwright.sync_api import expect

from tests.reports.fabricated import prepare_classes
from tests.reports.probe.test_page import FACTS, study_rows
from vitrine.reports.probe.page import write_feasibility_page

pytestmark = pytest.mark.browser
NASTY = "<b>a very long class name_" + "x" * 60


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    found = {}
    for kind, counts in (
        ("few", {NASTY: 30, "cat": 30, "dog": 30}),
        ("many", {f"class {number:02d}": 5 for number in range(25)}),
    ):
        folder = tmp_path_factory.mktemp(kind)
        prepared = prepare_classes(folder, counts)
        rows, study = study_rows(prepared, distance=9, same=(1,))
        write_feasibility_page(folder, study, prepared, rows, len(rows), FACTS)
        found[kind] = folder / "feasibility.html"
    return found


@pytest.fixture
def open_page(chromium, pages):
    """Opens a page without network; holds it to no complaint and no request beyond itself."""
    contexts, complaints, requests = [], [], set()

    def opened(name, **options):
        context = chromium.new_context(offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.add(request.url.partition(":")[0]))
        page.goto(pages[name].as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert requests <= {"file", "data"}


def dot_place(page, number, map_number):
    """Where a dot is on the screen, and its file."""
    return page.evaluate(
        """([number, map]) => {
            const svg = document.getElementById("map");
            svg.scrollIntoView({behavior: "instant", block: "center"});
            const dot = JSON.parse(document.getElementById("dots").textContent).dots[number];
            const point = new DOMPoint(...dot.at[map]).matrixTransform(svg.getScreenCTM());
            return [point.x, point.y, dot.file];
        }""",
        [number, map_number],
    )


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
@pytest.mark.parametrize("name", ["few", "many"])
def test_the_page_opens_without_complaint_or_sideways_scrolling(open_page, name, width, scheme):
    page = open_page(name, viewport={"width": width, "height": 900}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#map .tsne").is_visible()
    assert not page.locator("#map .pca").is_visible()


def test_pointing_at_a_dot_shows_its_picture_and_file_in_both_maps(open_page):
    page = open_page("few")
    for map_number, choice in ((1, "t-SNE"), (0, "PCA")):
        page.get_by_role("radio", name=choice).check()
        x, y, file = dot_place(page, 5, map_number)
        page.mouse.move(x, y)
        expect(page.locator("#seen .file")).to_have_text(file)
        expect(page.locator("#seen img")).to_be_visible()
        assert page.evaluate("document.querySelector('#seen img').naturalWidth") > 0
    assert page.locator("#map .pca").is_visible()
    assert not page.locator("#map .tsne").is_visible()


def test_a_tap_on_a_phone_shows_the_picture_without_scrolling(open_page):
    page = open_page("few", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    x, y, file = dot_place(page, 40, 1)
    page.touchscreen.tap(x, y)
    expect(page.locator("#seen .file")).to_have_text(file)
    expect(page.locator("#seen img")).to_be_in_viewport()


def test_arrow_keys_go_from_dot_to_dot(open_page):
    page = open_page("few")
    page.locator("#show-tsne").focus()
    page.keyboard.press("Tab")
    first = page.locator("#seen .file").text_content()
    assert first
    x = float(page.locator("#here").get_attribute("cx"))
    page.keyboard.press("ArrowRight")
    assert page.locator("#seen .file").text_content() != first
    assert float(page.locator("#here").get_attribute("cx")) > x


def test_the_legend_shows_one_class_alone_and_all_again(open_page):
    page = open_page("few")
    button = page.get_by_role("button", name="cat")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    shown = "[...document.querySelectorAll('#map .tsne .dots')].map((group) => getComputedStyle(group).opacity)"
    assert sorted(page.evaluate(shown)) == ["0.12", "0.12", "1"]
    button.click()
    assert page.evaluate(shown) == ["1", "1", "1"]
