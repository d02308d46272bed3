"""The tab for many pictures as its visitors see it."""

import csv
import tempfile
import time
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.app.models import noise, serving, write_model
from vitrine.app.uploads import MAX_UPLOAD_BYTES
from vitrine.predict.predictor import Predictor

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>.jpg"


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model") / "model")


@pytest.fixture(scope="module")
def address(model_folder):
    with serving(model_folder) as address:
        yield address


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> list[Path]:
    """55 files, of which one is not a picture and one an archive of three."""
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(52):
        noise(number).save(folder / f"{number:02}.png")
    noise(99).save(folder / HOSTILE)
    (folder / "letter.jpg").write_text("Dear all")
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        for number in range(2):
            archive.write(folder / f"{number:02}.png")
        archive.writestr("../evil.png", "x")
    return sorted(folder.iterdir())


def open_tab(page: Page) -> Page:
    page.get_by_role("tab").nth(1).click()
    return page


def give(page: Page, files: list[Path]) -> None:
    page.locator("#batch-files input[type=file]").set_input_files(files)
    expect(page.locator("#batch-results table")).to_be_visible()


def rows(page: Page):
    return page.locator("#batch-table tbody tr")


def test_files_and_archives_become_a_table_by_page_kind_and_order(new_page, address, pictures):
    page = open_tab(new_page(address))
    give(page, pictures)
    expect(page.locator("#batch-outcome")).to_contain_text("57 files are done.")
    expect(page.locator("#batch-outcome")).to_contain_text("2 not read")
    expect(rows(page)).to_have_count(50)
    page.get_by_role("button", name="Next").click()
    expect(rows(page)).to_have_count(7)
    expect(page.get_by_label("Page")).to_have_value("2")
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    page.get_by_label("Not read").check()
    expect(rows(page)).to_have_count(2)
    expect(rows(page).first).to_contain_text("a text, not a picture")
    page.locator("#batch-kind").get_by_label("All").check()
    page.get_by_label("By name").check()
    expect(rows(page).first.locator("th")).to_have_text("00.png")
    expect(page.locator("#batch-table img")).to_have_count(50)
    assert page.locator("#batch-table img:not([src^='data:image/jpeg'])").count() == 0


@pytest.mark.slow
def test_the_downloads_hold_every_file_once(new_page, address, pictures):
    page = open_tab(new_page(address))
    give(page, pictures)
    saved = {}
    for name in ("csv", "parquet", "folders"):
        with page.expect_download() as download:
            page.locator(f"#batch-{name}").click()
        saved[download.value.suggested_filename] = Path(download.value.path())
    assert set(saved) == {"answers.csv", "answers.parquet", "answers.zip"}
    table = list(csv.DictReader(saved["answers.csv"].open(encoding="utf-8")))
    assert len(table) == 57
    with zipfile.ZipFile(saved["answers.zip"]) as opened:
        assert len(set(opened.namelist())) == 57 - 2 + 1
        assert all(".." not in name and "<" not in name for name in opened.namelist())


@pytest.mark.slow
def test_another_visitor_sees_no_table_and_gets_no_file_without_its_name(new_page, address, pictures):
    first, second = open_tab(new_page(address)), open_tab(new_page(address))
    give(first, pictures[:3])
    expect(second.locator("#batch-results")).to_be_hidden()
    give(second, pictures[3:5])
    expect(rows(second)).to_have_count(2)
    expect(rows(first)).to_have_count(3)


@pytest.mark.slow
def test_a_batch_can_be_stopped_and_keeps_what_it_has(new_page, address, tmp_path, monkeypatch):
    predict_pixels = Predictor.predict_pixels

    def predict_slowly(*arguments, **options):
        time.sleep(1)
        return predict_pixels(*arguments, **options)

    monkeypatch.setattr(Predictor, "predict_pixels", predict_slowly)
    for number in range(300):
        noise(number).save(tmp_path / f"{number:03}.png")
    page = open_tab(new_page(address))
    page.locator("#batch-files input[type=file]").set_input_files(sorted(tmp_path.iterdir()))
    expect(page.locator("#batch-progress")).to_contain_text("of 300 pictures · about")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#batch-outcome")).to_contain_text("Stopped after")
    expect(rows(page).first).to_be_visible()
    assert rows(page).count() <= 50


def test_one_file_that_is_too_large_is_named_before_anything_is_sent(new_page, address, pictures, tmp_path):
    page = open_tab(new_page(address))
    with (tmp_path / "scan.png").open("wb") as file:
        file.truncate(MAX_UPLOAD_BYTES + 1)
    sent = []
    page.on("request", lambda request: sent.append(request.url) if "/upload" in request.url else None)
    page.locator("#batch-files input[type=file]").set_input_files([pictures[0], tmp_path / "scan.png"])
    expect(page.get_by_role("alert")).to_contain_text("scan.png was not used: 50 MB; the limit is 50 MB")
    assert sent == []
    give(page, pictures[:2])
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.slow
def test_who_closes_the_page_takes_everything_along(new_page, address, pictures):
    def folders():
        return list(Path(tempfile.gettempdir()).glob("vitrine-app-*/batch-*"))

    before = set(folders())
    page = open_tab(new_page(address))
    give(page, pictures[:3])
    assert len(set(folders()) - before) == 1
    page.close()
    deadline = time.monotonic() + 20
    while set(folders()) - before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert set(folders()) <= before


@pytest.mark.parametrize(
    ("path", "words", "width", "color_scheme"),
    [
        pytest.param("/?language=en", "2 not read", 1280, "light", marks=pytest.mark.slow),
        ("/fr", "2 non lues", 390, "dark"),
        pytest.param("/?language=en", "2 not read", 390, "dark", marks=pytest.mark.slow),
        pytest.param("/fr", "2 non lues", 1280, "light", marks=pytest.mark.slow),
    ],
)
def test_the_tab_works_and_fits_its_window_in_both_languages(
    new_page, address, pictures, width, color_scheme, path, words
):
    page = open_tab(new_page(address + path, width=width, color_scheme=color_scheme))
    give(page, pictures)
    expect(page.locator("#batch-outcome")).to_contain_text(words)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    box = page.locator("#batch-table table").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width


@pytest.mark.slow
def test_the_keyboard_is_enough(new_page, address, pictures):
    page = open_tab(new_page(address))
    give(page, pictures)
    page.locator("#batch-csv").focus()
    with page.expect_download():
        page.keyboard.press("Enter")
    page.get_by_label("Page").fill("2")
    expect(rows(page)).to_have_count(7)
    page.get_by_label("Not read").focus()
    page.keyboard.press("Space")
    expect(rows(page)).to_have_count(2)
