"""The page that runs a model in the browser says what Python says, of the same files."""

import base64
import itertools

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.static_pages import ask, open_ready
from tests.conftest import draw_scene
from tests.icc import rgb_profile
from tests.ship.browser.pages import LABELS, SQUASH, TRUST, serving, write_int8, write_interlaced_png, write_onnx
from vitrine.data.images.resizing import resize_image
from vitrine.data.images.steps import STEPS, apply_steps
from vitrine.models.calibration.selective import decision_kinds, likely_label_ids
from vitrine.predict.predictor import Predictor
from vitrine.ship.browser.build import build_page

pytestmark = pytest.mark.browser
CLOSE = 1e-5
ODD = 2e-3  # where colours are converted, or the browser itself mixes transparent ones: single levels differ by 1
ODD_NAMES = ("display_p3", "scanner", "alpha.webp")
REFUSED = {"float.tiff"}
# Width, height and side of the square: smaller, larger, oblong, as it is.
SIZES = ((300, 200, 64), (37, 500, 64), (501, 33, 64), (64, 64, 64), (1, 700, 32), (5, 3, 64))


def tolerance(path):
    return ODD if any(name in path.name for name in ODD_NAMES) else CLOSE


def test_awkward_pictures_are_answered_as_by_python_or_refused(
    new_page, page_address, page_predictor, awkward_pictures
):
    page = open_ready(new_page, page_address)
    for path in sorted(awkward_pictures.iterdir()):
        found = ask(page, path)
        assert (found is None) == (path.name in REFUSED), path.name
        if found is not None:
            expected = page_predictor.predict_images([page_predictor.open_image(path)])[0]
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


def test_formats_and_orientations_are_read_as_python_reads_them(new_page, page_address, page_predictor, pictures):
    page = open_ready(new_page, page_address)
    for path in sorted(pictures.iterdir()):
        expected = page_predictor.predict_images([page_predictor.open_image(path)])[0]
        assert ask(page, path) == pytest.approx(dict(expected.ranking), abs=tolerance(path)), path.name


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_large_pictures_are_answered_as_python_answers_them(new_page, page_address, page_predictor, tmp_path):
    page = open_ready(new_page, page_address)
    generator = np.random.default_rng(0)
    for number in range(60):
        pixels, oblong = generator.uniform(2e6, 24e6), generator.uniform(0.4, 2.5)
        size = (int((pixels * oblong) ** 0.5), int((pixels / oblong) ** 0.5))
        cells = int(generator.integers(4, 300))
        image = Image.fromarray(generator.integers(0, 256, (cells, cells, 3)).astype(np.uint8)).resize(size)
        path = tmp_path / f"drawn_{number}.{('jpeg', 'png', 'webp')[number % 3]}"
        image.save(path, compress_level=1)  # of PNG
        expected = page_predictor.predict_images([page_predictor.open_image(path)])[0]
        assert ask(page, path) == pytest.approx(dict(expected.ranking), abs=CLOSE), path.name
        path.unlink()


def test_resizing_is_equal_to_the_bit(new_page, page_address):
    page = new_page(page_address)
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


def test_every_decision_is_the_one_of_python(new_page, page_address):
    page = new_page(page_address)
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


def test_every_step_of_the_preparation_is_equal_to_the_bit(new_page, page_address):
    page = new_page(page_address)
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


def test_whole_numbers_put_together_beforehand_are_computed_as_python_computes_them(new_page, tmp_path):
    folder = build_page(str(write_int8(tmp_path / "whole.onnx")), tmp_path / "site").folder
    draw_scene().save(tmp_path / "scene.png")
    predictor = Predictor.load(str(folder / "model.onnx"))
    expected = predictor.predict_images([predictor.open_image(tmp_path / "scene.png")])[0]
    with serving(folder) as address:
        page = open_ready(new_page, address)
        assert ask(page, tmp_path / "scene.png") == pytest.approx(dict(expected.ranking), abs=ODD)
        expect(page.locator("#engine")).to_contain_text("it computes in whole numbers")
