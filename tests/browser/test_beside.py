"""Two models on one page."""

import pytest
from playwright.sync_api import expect

from tests.app.models import noise, serving, write_model
from tests.factories import write_tiny_resnet

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    with serving(write_model(folder / "first"), beside=write_tiny_resnet(folder / "second")) as address:
        yield address


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_each_answers_in_its_own_words_with_its_own_classes(new_page, address, tmp_path, width):
    noise(3).save(tmp_path / "photo.png")
    page = new_page(address + "/?language=en", width=width)
    page.locator("#picture input[type=file]").set_input_files(tmp_path / "photo.png")
    answers = page.locator("#answer section")
    expect(answers).to_have_count(2)
    expect(answers.first.locator("h3")).to_have_text("Colours & <shapes> (resnet18)")
    expect(answers.last.locator("h3")).to_have_text("second")
    expect(answers.last.locator(".answer-label")).to_contain_text("LABEL_")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.locator("#examples button").first.click()
    expect(answers.first.locator(".verdict")).to_be_visible()
    expect(answers.last.locator(".verdict")).to_have_count(0)  # it does not know that class
