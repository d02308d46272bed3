"""The page that runs a model in the browser says what Python says, of the same files."""

import base64
import itertools
import json
import os
import shutil
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.conftest import draw_scene
from tests.icc import cmyk_profile, rgb_profile
from tests.ship.browser.pages import LABELS, SQUASH, TRUST, serving, write_interlaced_png, write_onnx
from vitrine.data.images.resizing import resize_image
from vitrine.data.images.steps import STEPS, apply_steps
from vitrine.errors import UserError
from vitrine.models.calibration.selective import decision_kinds, likely_label_ids
from vitrine.predict.predictor import Predictor
from vitrine.ship.browser.build import build_page
from vitrine.ship.browser.runtime import fetch_runtime

pytestmark = pytest.mark.browser
CLOSE = 1e-5
ODD = 2e-3  # where colours are converted, or the browser itself mixes transparent ones: single levels differ by 1
ODD_NAMES = ("display_p3", "scanner", "alpha.webp")
REFUSED = {"float.tiff"}
# Width, height and side of the square: smaller, larger, oblong, as it is.
SIZES = ((300, 200, 64), (37, 500, 64), (501, 33, 64), (64, 64, 64), (1, 700, 32), (5, 3, 64))


@pytest.fixture(scope="module", autouse=True)
def _runtime():
    try:
        fetch_runtime()
    except UserError as error:
        pytest.fail(str(error)) if os.environ.get("CI") else pytest.skip(str(error))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    return build_page(str(write_onnx(folder / "tiny.onnx")), folder / "site").folder


@pytest.fixture(scope="module")
def address(site):
    with serving(site) as address:
        yield address


@pytest.fixture(scope="module")
def predictor(site):
    return Predictor.load(str(site / "model.onnx"))


def open_ready(new_page, address, **options):
    page = new_page(address, **options)
    page.wait_for_selector("body[data-state=ready]")
    return page


@contextmanager
def changed_page(site, folder, **facts):
    """Serves a copy of a page with other facts."""
    shutil.copytree(site, folder)
    content = json.loads((site / "page.json").read_text("utf-8")) | facts
    (folder / "page.json").write_text(json.dumps(content), "utf-8")
    with serving(folder) as address:
        yield address


def ask(page, path):
    """The probabilities of a file by label, None where it is refused."""
    page.locator("#file").set_input_files(path)
    page.wait_for_selector("body:not([data-state=computing])")
    if page.locator("#message").is_visible():
        return None
    expect(page.locator(".answer-lead")).to_contain_text(path.name)
    return dict(
        page.locator(".bars li").evaluate_all(
            "all => all.map(one => [one.querySelector('.bar-name').textContent, Number(one.dataset.probability)])"
        )
    )


def tolerance(path):
    return ODD if any(name in path.name for name in ODD_NAMES) else CLOSE


def test_awkward_pictures_are_answered_as_by_python_or_refused(new_page, address, predictor, awkward_pictures):
    page = open_ready(new_page, address)
    for path in sorted(awkward_pictures.iterdir()):
        found = ask(page, path)
        assert (found is None) == (path.name in REFUSED), path.name
        if found is not None:
            expected = predictor.predict_images([predictor.open_image(path)])[0]
            assert found == pytest.approx(dict(expected.ranking), abs=tolerance(path)), path.name


@pytest.fixture
def pictures(tmp_path):
    """Every format, orientation and kind of pixels that the page reads."""
    scene = draw_scene()
    folder = tmp_path / "pictures"
    folder.mkdir()
    for orientation in (2, 3, 6, 7):
        exif = Image.Exif()
        exif[0x0112] = orientation
        for kind in ("jpg", "png", "webp"):
            scene.save(folder / f"turned_{orientation}.{kind}", exif=exif)
    scene.save(folder / "progressive.jpg", progressive=True, quality=60)
    scene.convert("L").save(folder / "grey.jpg")
    scene.save(folder / "lossless.webp", lossless=True)
    scene.quantize(4).save(folder / "two_bits.png", bits=2)
    write_interlaced_png(folder / "interlaced.png", np.asarray(scene).astype(int) * 256 + 77)
    scene.save(folder / "display_p3.jpg", icc_profile=rgb_profile())
    scene.save(folder / "display_p3.webp", icc_profile=rgb_profile(), lossless=True)
    scene.save(folder / "broken_profile.jpg", icc_profile=b"no profile" * 20)
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    scene.save(folder / "turned_by_xmp.jpg", xmp=xmp)
    transparent = scene.convert("RGBA")
    transparent.putalpha(Image.linear_gradient("L").resize(scene.size))
    transparent.save(folder / "alpha.webp", lossless=True)
    return folder


def test_formats_and_orientations_are_read_as_python_reads_them(new_page, address, predictor, pictures):
    page = open_ready(new_page, address)
    for path in sorted(pictures.iterdir()):
        expected = predictor.predict_images([predictor.open_image(path)])[0]
        assert ask(page, path) == pytest.approx(dict(expected.ranking), abs=tolerance(path)), path.name


def test_resizing_is_equal_to_the_bit(new_page, address):
    page = new_page(address)
    generator = np.random.default_rng(0)
    for (width, height, side), resize in itertools.product(SIZES, ("squash", "crop", "letterbox")):
        levels = (255 * (generator.random((height, width, 3)) > 0.5)).astype(np.uint8)
        found = page.evaluate(
            """async ([text, width, height, side, resize]) => {
                const {resizeToSquare} = await import(new URL("resize.js", location.href));
                const data = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
                const square = resizeToSquare({width, height, data}, side, resize, "grey");
                return btoa(String.fromCharCode(...square.data));
            }""",
            [base64.b64encode(levels.tobytes()).decode(), width, height, side, resize],
        )
        expected = resize_image(Image.fromarray(levels), side, resize, "grey").permute(1, 2, 0)
        scaled = np.frombuffer(base64.b64decode(found), np.uint8).reshape(side, side, 3)
        np.testing.assert_array_equal(scaled, expected, f"{width} x {height}, {resize}")


def test_every_decision_is_the_one_of_python(new_page, address):
    page = new_page(address)
    generator = np.random.default_rng(0)
    probabilities = generator.dirichlet([0.5] * len(LABELS), 60)
    similarities = generator.uniform(-1, 1, 60)
    kinds = set()
    for confidence, similarity in ((0.6, 0.0), (0.0, None), (None, -2.0), (1.0, 1.0)):
        trust = TRUST.model_copy(update={"confidence_threshold": confidence, "similarity_threshold": similarity})
        found = page.evaluate(
            """async ([rows, similarities, trust]) => {
                const {decide} = await import(new URL("decide.js", location.href));
                return rows.map((row, number) => decide(row, trust, similarities[number]))
                    .map((one) => [one.decision, one.ranking[0][0], one.second ?? -1]);
            }""",
            [probabilities.tolist(), similarities.tolist(), trust.model_dump()],
        )
        assert [one[0] for one in found] == decision_kinds(probabilities, trust, similarities).tolist()
        assert [one[1:] for one in found] == likely_label_ids(probabilities).tolist()
        kinds |= {one[0] for one in found}
    assert kinds == {"answered", "unsure", "none"}


def test_a_picture_of_none_of_the_classes_is_told_so_in_words(new_page, site, tmp_path):
    draw_scene().save(tmp_path / "scene.png")
    trust = TRUST.model_copy(update={"similarity_threshold": 99.0})
    with changed_page(site, tmp_path / "site", trust=trust.model_dump()) as address:
        page = open_ready(new_page, address)
        ask(page, tmp_path / "scene.png")
        expect(page.locator(".answer-none .answer-label")).to_have_text("None of my classes")
        expect(page.locator("#answer")).to_contain_text("what it would choose if it had to")


def test_files_that_cannot_be_used_are_explained_in_both_languages(new_page, address, tmp_path):
    page = open_ready(new_page, address)
    draw_scene().save(tmp_path / "whole.jpg", quality=95)
    content = (tmp_path / "whole.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(content[: len(content) // 2])
    (tmp_path / "letter.jpg").write_text("Dear all")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "damaged.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 40)
    draw_scene().save(tmp_path / "scan.tiff")
    reasons = {
        "cut.jpg": "cut short", "letter.jpg": "not a picture", "empty.png": "empty", "damaged.png": "cut short",
        "scan.tiff": "a TIFF file",
    }  # fmt: skip
    for name, reason in reasons.items():
        assert ask(page, tmp_path / name) is None
        expect(page.get_by_role("alert")).to_contain_text(f"{name} was not used: ")
        expect(page.get_by_role("alert")).to_contain_text(reason)
    page.get_by_role("button", name="Français").click()
    expect(page.get_by_role("alert")).to_contain_text("scan.tiff n’a pas été utilisé")
    assert ask(page, tmp_path / "whole.jpg") is not None


@pytest.mark.parametrize("number", [0, 1])
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


def test_a_pasted_picture_and_a_photo_are_answered(new_page, address):
    page = open_ready(new_page, address)
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
def test_the_page_fits_its_window_in_both_languages(new_page, address, tmp_path, width, scheme):
    draw_scene().save(tmp_path / "a file with a rather long name, as cameras and people give them.png")
    page = open_ready(new_page, address, width=width, color_scheme=scheme)
    expect(page).to_have_title("Colours & <shapes> · Vitrine")
    assert page.locator(".labels li").all_text_contents() == list(LABELS)
    for language in ("fr", "en"):
        page.locator("#language").click()
        expect(page.locator("html")).to_have_attribute("lang", language)
        assert ask(page, next(tmp_path.glob("*.png"))) is not None
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    red, green, blue = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert (red + green + blue < 150) == (scheme == "dark")


def test_profiles_that_need_tables_are_refused_in_words(new_page, address, tmp_path):
    draw_scene().convert("CMYK").save(tmp_path / "press.jpg", icc_profile=cmyk_profile())
    page = open_ready(new_page, address)
    assert ask(page, tmp_path / "press.jpg") is None
    expect(page.get_by_role("alert")).to_contain_text("its colour profile is of a kind")


def test_every_step_of_the_preparation_is_equal_to_the_bit(new_page, address):
    page = new_page(address)
    generator = np.random.default_rng(0)
    small = Image.fromarray(generator.integers(30, 200, (3, 4, 3)).astype(np.uint8)).resize((40, 31))
    framed = Image.new("RGB", (70, 50), (250, 240, 230))
    framed.paste(small, (9, 4))
    for image, step, factor in itertools.product((small, framed, Image.new("RGB", (5, 4))), STEPS, (0.6, 1.7)):
        width, height, text = page.evaluate(
            """async ([text, width, height, step, settings]) => {
                const {applyStep} = await import(new URL("steps.js", location.href));
                const data = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
                const done = applyStep({width, height, data}, step, settings);
                return [done.width, done.height, btoa(String.fromCharCode(...done.data))];
            }""",
            [
                base64.b64encode(image.tobytes()).decode(), *image.size, step,
                {"contrast_factor": factor, "center_share": 0.55},
            ],
        )  # fmt: skip
        expected = apply_steps(image, [step], factor, 0.55)
        assert (width, height) == expected.size, step
        assert base64.b64decode(text) == expected.tobytes(), step


def test_a_preparation_of_many_steps_leads_to_the_same_answers(new_page, tmp_path):
    draw_scene().save(tmp_path / "scene.jpg", quality=95)
    settings = SQUASH | {
        "image_processor_type": "VitrineImageProcessor", "steps": STEPS, "center_share": 0.55,
        "resize_mode": "letterbox", "fill_color": "grey", "contrast_factor": 1.5,
    }  # fmt: skip
    folder = build_page(str(write_onnx(tmp_path / "steps.onnx", settings)), tmp_path / "site").folder
    predictor = Predictor.load(str(folder / "model.onnx"))
    expected = predictor.predict_images([predictor.open_image(tmp_path / "scene.jpg")])[0]
    with serving(folder) as address:
        page = open_ready(new_page, address)
        assert ask(page, tmp_path / "scene.jpg") == pytest.approx(dict(expected.ranking), abs=CLOSE)
