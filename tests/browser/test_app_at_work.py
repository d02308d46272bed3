"""The app while an answer is still on its way: nothing that a visitor does meanwhile is lost."""

import time

import pytest
from playwright.sync_api import expect

from tests.app.models import noise, serving, write_model
from vitrine.predict.predictor import Predictor

pytestmark = pytest.mark.browser


@pytest.fixture
def slow_address(tmp_path, monkeypatch):
    predict_pixels = Predictor.predict_pixels

    def predict_slowly(*arguments, **options):
        time.sleep(2)
        return predict_pixels(*arguments, **options)

    monkeypatch.setattr(Predictor, "predict_pixels", predict_slowly)
    with serving(write_model(tmp_path / "model")) as address:
        yield address


@pytest.mark.slow
def test_a_picture_chosen_while_another_is_classified_is_answered_too(new_page, slow_address, tmp_path):
    page = new_page(slow_address)
    for number, name in enumerate(("first.png", "second.png")):
        noise(number, (40, 40)).save(tmp_path / name)
        with page.expect_response(lambda response: "/queue/join" in response.url):
            page.locator("#picture input[type=file]").first.set_input_files(tmp_path / name)
    expect(page.locator("#answer .answer-lead")).to_have_text("second.png looks most like")


@pytest.mark.slow
def test_a_picture_taken_away_while_it_is_classified_leaves_nothing(new_page, slow_address, tmp_path):
    page = new_page(slow_address)
    noise(0, (40, 40)).save(tmp_path / "first.png")
    page.locator("#picture input[type=file]").set_input_files(tmp_path / "first.png")
    page.get_by_label("Remove Image").click()
    page.wait_for_timeout(5000)  # longer than the answer takes
    expect(page.locator("#answer")).to_contain_text("No picture yet")
    expect(page.locator("#picture img")).to_have_count(0)
