"""The page that runs a model in the browser, where there is a graphics processor."""

import json
import shutil
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ARGUMENTS, NAMES
from tests.browser.static_pages import ask, changed_page, open_ready
from tests.conftest import draw_scene
from tests.ship.browser.pages import serving
from vitrine.ship.browser.runtime import WASM, WEBGPU

pytestmark = pytest.mark.browser

ADAPTER = "Object.defineProperty(navigator, 'gpu', {value: {requestAdapter: async () => (%s)}})"
REAL = ADAPTER % "{info: {isFallbackAdapter: false}}"
IMITATED = ADAPTER % "{info: {isFallbackAdapter: true}}"
NONE = ADAPTER % "null"
# In the place of ONNX Runtime Web: gives the stored answers of the golden pictures in turn, then the last of them;
# `off` by a little, after `wait` milliseconds by its own clock, and from the answer number `last` on it fails.
DOUBLE = """
const {answers, off, wait, last} = %s;
let asked = 0;
let clock = 0;
performance.now = () => (clock += wait);
export const env = {wasm: {}};
export class Tensor {}
const run = async () => {
  if (asked >= last) throw new Error("device lost");
  const {probabilities, similarity} = answers[Math.min(asked++, answers.length - 1)];
  const logits = probabilities.map((share, label) => Math.log(share + (label ? 0 : off)));
  return {logits: {data: logits}, familiarity: {data: [similarity]}};
};
export const InferenceSession = {create: async () => ({outputNames: ["logits", "familiarity"], run})};
"""
# Behind the runtime of the processor: by its clock, every answer takes a millisecond, however small the network.
TICKING = "\nlet ticks = 0;\nperformance.now = () => ++ticks;\n"
BEFORE_PEOPLE = 7  # answers: to two golden pictures, and five that are timed


@contextmanager
def doubled(site, folder, off=0.0, wait=0, last=1000):
    """Serves the page with a double in the place of what computes on the graphics processor."""
    answers = json.loads((site / "page.json").read_text("utf-8"))["golden"]["pictures"]
    with changed_page(site, folder) as address:
        given = {"answers": answers, "off": off, "wait": wait, "last": last}
        (folder / "runtime" / WEBGPU.api).write_text(DOUBLE % json.dumps(given), "utf-8")
        with (folder / "runtime" / WASM.api).open("a", encoding="utf-8") as runtime:
            runtime.write(TICKING)
        yield address


@pytest.fixture
def scene(tmp_path):
    draw_scene().save(tmp_path / "scene.png")
    return tmp_path / "scene.png"


def expect_engine(page, text):
    expect(page.locator("#engine")).to_contain_text(text)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("double", "reason"),
    [
        ({"off": 0.01}, "answers a test picture differently, by 0.0"),
        ({"wait": 300}, "is no faster"),
        ({"last": 0}, "could"),
    ],
)
def test_graphics_that_answer_otherwise_or_later_or_not_are_not_used(
    new_page, site, scene, tmp_path, page_predictor, double, reason
):
    with doubled(site, tmp_path / "site", **double) as address:
        page = open_ready(new_page, address, script=REAL)
        expect_engine(page, "Computed by the processor of this device.")
        first = ask(page, scene)
        expect_engine(page, reason)
        expected = page_predictor.predict_images([page_predictor.open_image(scene)])[0]
        assert ask(page, scene) == first == pytest.approx(dict(expected.ranking), abs=1e-5)


def test_graphics_that_answer_alike_and_sooner_are_used_and_said_so(new_page, site, scene, tmp_path):
    with doubled(site, tmp_path / "site") as address:
        page = open_ready(new_page, address, script=REAL)
        by_processor = ask(page, scene)
        expect_engine(page, "Computed by the graphics processor of this device")
        page.locator("#language").click()
        expect_engine(page, "Calculé par le processeur graphique de cet appareil")
        stored = json.loads((site / "page.json").read_text("utf-8"))["golden"]["pictures"][-1]["probabilities"]
        by_graphics = ask(page, scene)
        assert sorted(by_graphics.values()) == pytest.approx(sorted(stored), abs=1e-6)
        assert by_graphics != pytest.approx(by_processor, abs=1e-6)  # so that the double was asked


def test_graphics_that_fail_later_are_left_and_the_picture_is_answered(new_page, site, scene, tmp_path):
    with doubled(site, tmp_path / "site", last=BEFORE_PEOPLE) as address:
        page = open_ready(new_page, address, script=REAL)
        first = ask(page, scene)
        expect_engine(page, "Computed by the graphics processor")
        assert ask(page, scene) == first
        expect_engine(page, "the graphics processor failed")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "query", "reason"),
    [
        (REAL, "?engine=wasm", "as the address of the page asks"),
        (IMITATED, "", "only imitates a graphics processor"),
        (NONE, "", "offers no graphics processor"),
        ("delete WebAssembly.Suspending", "", "does not open the graphics processor"),
    ],
)
def test_what_the_graphics_processor_needs_is_not_loaded_in_vain(new_page, page_address, scene, script, query, reason):
    page = open_ready(new_page, page_address + query, script=script)
    loaded = []
    page.context.on("request", lambda sent: loaded.append(sent.url))
    ask(page, scene)
    expect_engine(page, reason)
    assert not [url for url in loaded if "jspi" in url]


@pytest.fixture
def imitating(chromium):
    """Another Chromium, which computes on the processor what pages give to a graphics processor."""
    path = next(found for name in NAMES if (found := shutil.which(name)))
    arguments = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"]
    browser = chromium.browser_type.launch(executable_path=path, args=[*ARGUMENTS, *arguments])
    yield browser
    browser.close()


@pytest.mark.slow
def test_webgpu_gives_the_answers_of_python_and_is_kept_for_use_without_a_network(
    imitating, site, scene, page_predictor
):
    page = imitating.new_page()
    with serving(site) as address:
        page.goto(f"{address}?engine=webgpu")
        ask(page, scene)
        expect(page.locator("#engine")).to_contain_text("Computed by the graphics processor", timeout=120_000)
        expected = dict(page_predictor.predict_images([page_predictor.open_image(scene)])[0].ranking)
        assert ask(page, scene) == pytest.approx(expected, abs=1e-5)
    page.reload()  # the server is gone
    ask(page, scene)
    expect(page.locator("#engine")).to_contain_text("Computed by the graphics processor", timeout=120_000)
    assert ask(page, scene) == pytest.approx(expected, abs=1e-5)
