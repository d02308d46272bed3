"""The page that runs a model in the browser, as its visitors see it."""

import json

import pytest
from playwright.sync_api import expect

from tests.browser.static_pages import ask, changed_page, open_ready
from tests.conftest import draw_scene
from tests.icc import cmyk_profile
from tests.ship.browser.pages import LABELS, TRUST, serving
from vitrine.ship.browser.runtime import WASM

pytestmark = pytest.mark.browser


def test_a_picture_of_none_of_the_classes_is_told_so_in_words(new_page, site, tmp_path):
    draw_scene().save(tmp_path / "scene.png")
    trust = TRUST.model_copy(update={"similarity_threshold": 99.0})
    with changed_page(site, tmp_path / "site", trust=trust.model_dump()) as address:
        page = open_ready(new_page, address)
        ask(page, tmp_path / "scene.png")
        expect(page.locator(".answer-none .answer-label")).to_have_text("None of my classes")
        expect(page.locator("#answer")).to_contain_text("what it would choose if it had to")


def test_files_that_cannot_be_used_are_explained_in_both_languages(new_page, page_address, tmp_path):
    page = open_ready(new_page, page_address)
    draw_scene().save(tmp_path / "whole.jpg", quality=95)
    content = (tmp_path / "whole.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(content[: len(content) // 2])
    (tmp_path / "letter.jpg").write_text("Dear all")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "damaged.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 40)
    draw_scene().save(tmp_path / "scan.tiff")
    (tmp_path / "logo.png").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    reasons = {
        "cut.jpg": "cut short", "letter.jpg": "not a picture", "empty.png": "empty", "damaged.png": "cut short",
        "logo.png": "of the kind SVG", "scan.tiff": "of the kind TIFF",
    }  # fmt: skip
    for name, reason in reasons.items():
        assert ask(page, tmp_path / name) is None
        expect(page.get_by_role("alert")).to_contain_text(f"{name} was not used: ")
        expect(page.get_by_role("alert")).to_contain_text(reason)
    page.get_by_role("button", name="Français").click()
    expect(page.get_by_role("alert")).to_contain_text("scan.tiff n’a pas été utilisé")
    assert ask(page, tmp_path / "whole.jpg") is not None


@pytest.mark.parametrize("number", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_browser_that_computes_otherwise_does_not_answer(new_page, site, tmp_path, number):
    golden = json.loads((site / "page.json").read_text("utf-8"))["golden"]
    golden["pictures"][number]["probabilities"][0] += 0.01
    draw_scene().save(tmp_path / "scene.webp")
    draw_scene().save(tmp_path / "scene.jpg")
    with changed_page(site, tmp_path / "site", golden=golden) as address:
        page = new_page(address)
        page.wait_for_selector(f"body[data-state={('failed', 'ready')[number]}]")
        page.locator("#file").set_input_files(tmp_path / "scene.webp")
        expect(page.get_by_role("alert")).to_contain_text(("This browser computes", "reads WEBP files")[number])
        expect(page.get_by_role("alert")).to_contain_text("off by 0.01")
        assert page.locator(".bars li").count() == 0
        if number:  # only WebP is read otherwise
            assert ask(page, tmp_path / "scene.jpg") is not None


def test_a_runtime_that_arrives_damaged_is_told_and_nothing_is_answered(new_page, site, tmp_path):
    with changed_page(site, tmp_path / "site") as address:
        packed = next((tmp_path / "site" / "runtime").glob("*.packed"))
        packed.write_bytes(packed.read_bytes()[:100_000])
        page = new_page(address)
        page.wait_for_selector("body[data-state=failed]")
        expect(page.get_by_role("alert")).to_be_visible()
        assert page.locator(".bars li").count() == 0


@pytest.mark.parametrize(
    ("browser", "reason"),
    [
        ("delete self.WebAssembly", "lacks WebAssembly with SIMD"),
        ("WebAssembly.validate = () => false", "lacks WebAssembly with SIMD"),
        ("WebAssembly.Memory = function () { throw new RangeError('could not allocate memory') }", "Close other pages"),
    ],
)
def test_a_browser_that_cannot_run_the_model_says_why(new_page, site, tmp_path, browser, reason):
    with changed_page(site, tmp_path / "site") as address:
        engine = tmp_path / "site/engine.js"
        engine.write_text(f"{engine.read_text('utf-8')}\n{browser};\n", "utf-8")
        page = new_page(address)
        page.wait_for_selector("body[data-state=failed]")
        expect(page.locator("#status")).to_have_text("The model cannot be used in this browser.")
        expect(page.get_by_role("alert")).to_contain_text(reason)


def test_the_page_works_without_a_network_and_with_threads_after_the_first_load(new_page, site, tmp_path):
    draw_scene().save(tmp_path / "scene.png")
    with serving(site) as address:
        page = open_ready(new_page, address)
        expect(page.locator("#status")).to_contain_text("also without a network")
        first = ask(page, tmp_path / "scene.png")
    page.reload()  # the server is gone
    page.wait_for_selector("body[data-state=ready]")
    assert page.evaluate("crossOriginIsolated") is True
    assert ask(page, tmp_path / "scene.png") == pytest.approx(first, abs=1e-6)


@pytest.mark.slow
def test_the_first_visit_makes_the_code_of_the_runtime_for_the_next_one(new_page, page_address, tmp_path):
    draw_scene().save(tmp_path / "scene.png")
    page = open_ready(new_page, page_address)

    def is_kept(response):
        return response.url.endswith(WASM.packed) and response.from_service_worker

    with page.expect_response(is_kept):
        ask(page, tmp_path / "scene.png")
    assert ask(page, tmp_path / "scene.png") is not None  # while it is made
    page.reload()
    page.wait_for_selector("body[data-state=ready]")
    again = []
    page.on("response", lambda response: again.append(response.url) if is_kept(response) else None)
    ask(page, tmp_path / "scene.png")
    expect(page.locator("#engine")).to_contain_text("offers no graphics processor")
    assert again == []


@pytest.mark.slow
def test_a_pasted_picture_and_a_photo_are_answered(new_page, page_address):
    page = open_ready(new_page, page_address)
    page.locator("#open-camera").click()
    page.wait_for_selector("#camera:not([hidden])")
    page.get_by_role("button", name="Take the photo").click()
    expect(page.locator(".answer-lead")).to_contain_text("This picture")
    page.evaluate(
        """async () => {
            const canvas = Object.assign(document.createElement("canvas"), {width: 50, height: 40});
            canvas.getContext("2d").fillRect(0, 0, 20, 20);
            const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
            await navigator.clipboard.write([new ClipboardItem({"image/png": blob})]);
        }"""
    )
    page.get_by_role("button", name="Paste").click()
    expect(page.locator("#canvas")).to_have_attribute("width", "50")
    expect(page.locator(".answer-lead")).to_contain_text("This picture")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_page_fits_its_window_in_both_languages(new_page, page_address, tmp_path, width, scheme):
    draw_scene().save(tmp_path / "a file with a rather long name, as cameras and people give them.png")
    page = open_ready(new_page, page_address, width=width, color_scheme=scheme)
    expect(page).to_have_title("Colours & <shapes> · Vitrine")
    assert page.locator(".labels li").all_text_contents() == list(LABELS)
    for language in ("fr", "en"):
        page.locator("#language").click()
        expect(page.locator("html")).to_have_attribute("lang", language)
        assert ask(page, next(tmp_path.glob("*.png"))) is not None
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    red, green, blue = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert (red + green + blue < 150) == (scheme == "dark")


def test_profiles_that_need_tables_are_refused_in_words(new_page, page_address, tmp_path):
    draw_scene().convert("CMYK").save(tmp_path / "press.jpg", icc_profile=cmyk_profile())
    page = open_ready(new_page, page_address)
    assert ask(page, tmp_path / "press.jpg") is None
    expect(page.get_by_role("alert")).to_contain_text("its colour profile is of a kind")
