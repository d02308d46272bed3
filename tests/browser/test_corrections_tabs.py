"""The tabs Correct and Review as people use them: by mouse, keyboard, on a phone, in both languages."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.app.models import LABELS, noise, serving, write_model
from tests.app.queues import small_queue
from tests.browser.tabs import open_tab
from vitrine.app.corrections import CorrectionDesk
from vitrine.corrections.store import CorrectionStore

pytestmark = pytest.mark.browser

SIZES = {"en": (1280, 900), "fr": (390, 844)}  # a laptop and a phone
NAMES = {"en": ("Correct", "Review"), "fr": ("Corriger", "Relire")}
MARKUP = '<img src=x onerror="document.title = 1"> =1+1'


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model") / "model")


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "picture.jpg"
    noise(3, (300, 200)).save(path)
    return path


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    return {language: CorrectionStore(tmp_path_factory.mktemp(language) / "store") for language in NAMES}


@pytest.fixture(scope="module", params=["en", pytest.param("fr", marks=pytest.mark.slow)])
def served(request, model_folder, stores):
    """Language, address and store of a page."""
    store = stores[request.param]
    with serving(model_folder, CorrectionDesk(store, small_queue()), language=request.param) as address:
        yield request.param, address, store


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_label_is_found_by_typing_and_kept_and_a_new_one_with_markup_stays_text(new_page, served, picture):
    language, address, store = served
    before = len(store.all())
    page = new_page(address, *SIZES[language])
    page.locator("#picture input[type=file]").set_input_files(picture)
    expect(page.locator("#answer ol.bars li").first).to_be_visible()
    open_tab(page, NAMES[language][0])
    expect(page.locator("#correct-picture img")).to_be_visible()
    page.locator("#correct-label input").press_sequentially("long")
    page.keyboard.press("Enter")
    page.locator("#correct-consent input").check()
    page.locator("#correct-keep").click()
    expect(page.locator("#correct-said .kept")).to_contain_text(LABELS[3])
    page.locator("#correct-undo").click()
    expect(page.locator("#correct-said .kept")).to_contain_text(re.compile("Taken back|Annulé"))
    page.locator("#correct-none").click()
    expect(page.locator("#correct-said .kept")).to_contain_text(re.compile("none of the classes|aucune des classes"))
    page.locator("#correct-label input").fill("")
    page.locator("#correct-label input").press("Tab")
    assert fits(page)
    said = store.all()[before:]
    assert [(one.kind, one.label) for one in said] == [("label", LABELS[3]), ("withdrawn", ""), ("none", "")]
    assert store.picture(said[0]).is_file()


@pytest.mark.slow
def test_markup_as_a_new_label_is_shown_as_text(new_page, served, picture):
    language, address, store = served
    page = new_page(address, *SIZES[language])
    page.locator("#picture input[type=file]").set_input_files(picture)
    expect(page.locator("#answer ol.bars li").first).to_be_visible()
    open_tab(page, NAMES[language][0])
    page.locator("#correct-new textarea, #correct-new input").first.fill(MARKUP)
    page.keyboard.press("Enter")
    expect(page.locator("#correct-said .kept")).to_contain_text(MARKUP)
    assert store.all()[-1].label == MARKUP
    assert page.locator("#correct-said img").count() == 0


def test_the_queue_is_gone_through_by_single_keys(new_page, served):
    language, address, store = served
    before = len(store.all())
    page = new_page(address, *SIZES[language])
    open_tab(page, NAMES[language][1])
    card = page.locator("#review-card [data-place]")
    expect(page.locator("#review-picture img")).to_be_visible()
    expect(page.locator("#review-beside img")).to_have_count(1)
    for key, place in (("n", "1"), ("2", "2"), ("u", "1"), ("s", "2"), ("1", "3")):
        page.keyboard.press(key)
        expect(card).to_have_attribute("data-place", place)
    assert fits(page)
    kinds = [one.kind for one in store.all()[before:]]
    assert kinds == ["none", "label", "withdrawn", "label"]


@pytest.mark.slow
def test_keys_write_in_a_field_and_do_nothing_where_they_are_turned_off(new_page, served):
    language, address, store = served
    before = len(store.all())
    page = new_page(address, *SIZES[language])
    open_tab(page, NAMES[language][1])
    expect(page.locator("#review-picture img")).to_be_visible()
    name = page.locator("#review-name textarea, #review-name input").first
    name.press_sequentially("nus1")
    expect(name).to_have_value("nus1")
    page.locator("#review-keys input").uncheck()
    page.keyboard.press("n")
    page.wait_for_timeout(500)
    assert len(store.all()) == before


@pytest.mark.slow
def test_a_blind_review_hides_label_and_suggestion_and_agreement_tells_it_apart(new_page, served):
    language, address, store = served
    page = new_page(address, *SIZES[language], color_scheme="dark")
    open_tab(page, NAMES[language][1])
    card = page.locator("#review-card")
    expect(card).to_contain_text(re.compile("Its label:|Son étiquette"))
    page.locator("#review-blind input").check()
    expect(card).to_contain_text(re.compile("What does the picture show|Que montre l.image"))
    expect(card).not_to_contain_text(re.compile("Its label:|Son étiquette"))
    page.locator("#review-skip").click()
    expect(page.locator("#review-card [data-place]")).to_have_attribute("data-place", "1")
    page.locator("#review-choice-1").click()
    expect(page.locator("#review-card [data-place]")).to_have_attribute("data-place", "2")
    assert store.all()[-1].blind
    page.locator("#review-agreement-button").click()
    expect(page.locator("#review-agreement tr")).to_have_count(4)
    assert fits(page)
