"""The page for teaching as its visitors see it, with a training that takes no time."""

import pytest
from playwright.sync_api import expect

from tests.app.models import noise, write_model
from tests.browser.axe import grave_findings
from vitrine.app.address import free_port
from vitrine.app.lesson import Lesson
from vitrine.app.private_folder import private_folder
from vitrine.app.server import open_teach_page
from vitrine.app.teacher import Learnt, Teacher
from vitrine.predict.predictor import Predictor

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lesson")
    write_model(folder / "run" / "model")
    learnt = Learnt(folder / "run", 3, 4, Predictor.load(str(folder / "run" / "model")))
    teacher, port = Teacher(Lesson(folder / "taught"), lambda _pictures, _folder: learnt), free_port("127.0.0.1", 0)
    with private_folder(), open_teach_page(teacher, "127.0.0.1", port) as address:
        yield address


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    for seed in range(10):
        noise(seed).save(folder / f"{seed}.png")
    return sorted(folder.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "width", "color_scheme"),
    [("/?language=en", 1280, "light"), ("/fr", 390, "dark")],
)
def test_from_pictures_to_a_model_that_answers_and_can_be_taken_away(
    new_page, address, pictures, place, width, color_scheme
):
    page = new_page(address + place, width, 900, color_scheme)
    for name, given in (("cat", pictures[:5]), ("dog", pictures[5:])):
        page.locator("#class-name :is(input, textarea)").fill(name)
        page.locator("#class-files input[type=file]").set_input_files(given)
        expect(page.locator("#lesson-classes")).to_contain_text(name)
        expect(page.locator("#class-files :is(.file-preview, progress)")).to_have_count(0)  # ready for the next
    expect(page.locator("#lesson-pictures img")).to_have_count(10)
    assert grave_findings(page) == []
    page.locator("#lesson-train").click()
    expect(page.locator("#lesson-outcome strong")).to_contain_text("4")
    page.locator("#lesson-try input[type=file]").set_input_files(pictures[0])
    expect(page.locator("#answer .answer-label")).to_be_visible()
    with page.expect_download() as download:
        page.locator("#lesson-download").click()
    assert download.value.suggested_filename == "taught.zip"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.reload()
    expect(page.locator("#lesson-try")).to_be_visible()  # the model is still there


def test_what_is_missing_is_said(new_page, address, pictures):
    page = new_page(f"{address}/?language=en")
    page.locator("#class-files input[type=file]").set_input_files(pictures[:1])
    expect(page.locator("#lesson-message")).to_contain_text("Type the name of the class first")
