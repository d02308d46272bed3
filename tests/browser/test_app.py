"""The app as its visitors see it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.app.models import EXAMPLE_LABELS, LABELS, noise, serving, write_model
from tests.data.images.test_formats import HEIC
from vitrine.app.uploads import MAX_UPLOAD_BYTES
from vitrine.data.images.decoding import open_image
from vitrine.predict.predictor import Predictor
from vitrine.ui.texts import load_texts

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model") / "model")


@pytest.fixture(scope="module")
def predictor(model_folder):
    return Predictor.load(str(model_folder))


@pytest.fixture(scope="module")
def address(model_folder):
    with serving(model_folder) as address:
        yield address


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "my <dog>.jpg"
    noise(11, (300, 200)).save(path)
    return path


def file_input(page: Page):
    return page.locator("#picture input[type=file]")


def bars(page: Page):
    return page.locator("#answer ol.bars li")


def bar_names(page: Page):
    return page.locator("#answer ol.bars .bar-name").all_text_contents()


def take_away(page: Page):
    page.get_by_label("Remove Image").click()
    expect(page.locator("#answer")).to_contain_text("No picture yet")


def test_an_upload_is_answered_with_its_label_and_as_many_bars_as_the_slider_says(
    new_page, address, picture, predictor
):
    page = new_page(address)
    file_input(page).set_input_files(picture)
    expected = predictor.predict(open_image(picture), top_k=5)
    expect(page.locator("#answer .answer-label")).to_have_text(expected[0][0])
    expect(page.locator("#answer .answer-lead")).to_have_text("my <dog>.jpg looks most like")
    expect(bars(page)).to_have_count(5)
    assert bar_names(page) == [label for label, _ in expected]
    assert page.locator("#answer .bar-share").first.text_content() == load_texts("en").percent(expected[0][1], 1)
    page.get_by_label("number input for Number of answers").fill("2")
    page.get_by_label("number input for Number of answers").press("Enter")
    expect(bars(page)).to_have_count(2)


def test_one_click_on_a_test_picture_classifies_it(new_page, address, model_folder, predictor):
    page = new_page(address)
    for number in (2, 0):
        page.locator("#examples button").nth(number).click()
        expect(page.locator("#answer .answer-lead")).to_have_text(f"Test picture {number + 1} looks most like")
        ranking = predictor.predict(open_image(model_folder / "examples" / f"{number:03d}.png"))
        assert bar_names(page) == [label for label, _ in ranking]
        verdict = "✓ Right" if ranking[0][0] == EXAMPLE_LABELS[number] else "✗ Wrong"
        expect(page.locator("#answer .verdict")).to_contain_text(verdict)
    for number in (0, 1, 0, 1, 2):  # faster than the answers come: the last click counts
        page.locator("#examples button").nth(number).click()
    expect(page.locator("#answer .answer-lead")).to_have_text("Test picture 3 looks most like")
    expect(page.locator("#picture img")).to_have_attribute("src", re.compile(r"/002\.png$"))
    take_away(page)
    page.wait_for_timeout(500)  # nothing may come after it
    expect(page.locator("#answer")).to_contain_text("No picture yet")


@pytest.mark.slow
def test_test_pictures_are_chosen_by_class_and_by_what_the_model_says(new_page, address, predictor, model_folder):
    page = new_page(address)
    expect(page.locator("#examples button")).to_have_count(3)
    page.get_by_label("Class", exact=True).click()
    page.get_by_role("option", name="é").click()
    expect(page.locator("#examples button")).to_have_count(1)
    page.locator("#examples button").click()
    expect(page.locator("#answer .answer-lead")).to_have_text("Test picture 3 looks most like")
    answers = [predictor.predict(open_image(path))[0][0] for path in sorted((model_folder / "examples").iterdir())]
    is_right = answers[2] == EXAMPLE_LABELS[2]
    page.get_by_label("Right", exact=True).check()
    expect(page.locator("#examples button")).to_have_count(int(is_right))
    page.get_by_label("Unsure", exact=True).check()
    expect(page.get_by_text("No test picture like that.")).to_be_visible()


@pytest.mark.slow
def test_a_link_opens_a_test_picture_again_and_an_upload_leaves_no_trace_in_the_address(new_page, address, picture):
    page = new_page(address)
    page.locator("#examples button").nth(2).click()
    expect(page.locator("#answer .answer-lead")).to_have_text("Test picture 3 looks most like")
    page.wait_for_url("**/?example=002")
    again = new_page(page.url)
    expect(again.locator("#answer .answer-lead")).to_have_text("Test picture 3 looks most like")
    take_away(again)
    file_input(again).set_input_files(picture)
    expect(again.locator("#answer .answer-lead")).to_have_text("my <dog>.jpg looks most like")
    again.wait_for_url(re.compile(r"/$"))


@pytest.mark.slow
@pytest.mark.parametrize("onto", ["#picture img", "#picture button.upload-container"])
def test_a_wrong_file_is_explained_on_the_page_and_what_was_there_stays(new_page, address, picture, onto):
    page = new_page(address)
    file_input(page).set_input_files(picture)
    expect(bars(page)).to_have_count(5)
    before = bar_names(page)
    if "button" in onto:
        take_away(page)
    drop(page, onto, "letter.jpg", "image/jpeg")
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("letter.jpg was not used: a text, not a picture; get the picture again.")
    expect(notice).to_contain_text("Choose another picture: JPEG, PNG")
    expect(page.locator("#picture img")).to_be_visible()
    expect(bars(page)).to_have_count(5)
    assert bar_names(page) == before
    take_away(page)
    expect(page.get_by_role("alert")).to_have_count(0)


def drop(page: Page, onto: str, name: str, kind: str) -> None:
    """Drops a file that says nothing but "Dear all"."""
    make = "([name, kind]) => { const data = new DataTransfer();"
    make += "data.items.add(new File(['Dear all'], name, {type: kind})); return data; }"
    data = page.evaluate_handle(make, [name, kind])
    for event in ("dragenter", "dragover", "drop"):
        page.dispatch_event(onto, event, {"dataTransfer": data})


def test_a_wrong_kind_of_file_is_explained_before_it_is_sent(new_page, address, picture, tmp_path):
    page = new_page(address)
    (tmp_path / "notes.txt").write_text("hello")
    with (tmp_path / "scan.png").open("wb") as file:
        file.truncate(MAX_UPLOAD_BYTES + 1)
    sent = []
    page.on("request", lambda request: sent.append(request.url) if "/upload" in request.url else None)
    for name, reason in [
        ("notes.txt", "it is not a picture"),
        ("scan.png", "50 MB; the limit is 50 MB"),
    ]:
        file_input(page).set_input_files(tmp_path / name)
        expect(page.get_by_role("alert")).to_contain_text(f"{name} was not used: {reason}")
    drop(page, "#picture button.upload-container", "song.mp3", "audio/mpeg")
    expect(page.get_by_role("alert")).to_contain_text("song.mp3 was not used: it is not a picture")
    assert sent == []
    file_input(page).set_input_files(picture)
    expect(bars(page)).to_have_count(5)
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.slow
def test_a_photo_of_an_iphone_can_be_chosen_and_dropped_though_the_browser_knows_no_type(new_page, address):
    page = new_page(address)
    with page.expect_file_chooser() as chooser:
        page.locator("#picture button.upload-container").click()
    assert ".heic" in file_input(page).get_attribute("accept")
    chooser.value.set_files(files=[{"name": "IMG_1.HEIC", "mimeType": "", "buffer": HEIC}])
    expect(page.locator("#answer .answer-lead")).to_have_text("IMG_1.HEIC looks most like")
    take_away(page)
    make = "([name, content]) => { const data = new DataTransfer();"
    make += "const bytes = Uint8Array.from(content); data.items.add(new File([bytes], name)); return data; }"
    data = page.evaluate_handle(make, ["IMG_2.HEIC", list(HEIC)])
    for event in ("dragenter", "dragover", "drop"):
        page.dispatch_event("#picture button.upload-container", event, {"dataTransfer": data})
    expect(page.locator("#answer .answer-lead")).to_have_text("IMG_2.HEIC looks most like")


def test_a_photo_from_the_camera_and_a_pasted_picture_are_answered(new_page, address):
    page = new_page(address)
    page.get_by_label("Capture from camera").click()
    page.get_by_text("Click to Access Webcam").click()
    # Before the first frame there is nothing to take: people, too, wait until they see something.
    page.wait_for_function("document.querySelector('#picture video')?.readyState >= 2")
    page.get_by_label("capture photo").click()
    expect(page.locator("#answer .answer-lead")).to_have_text("This picture looks most like")
    take_away(page)
    page.evaluate(
        """async () => {
            const canvas = Object.assign(document.createElement("canvas"), {width: 50, height: 40});
            canvas.getContext("2d").fillRect(0, 0, 20, 20);
            const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
            await navigator.clipboard.write([new ClipboardItem({"image/png": blob})]);
        }"""
    )
    page.get_by_label("Paste from clipboard").click()
    expect(page.locator("#answer .answer-lead")).to_have_text("This picture looks most like")


def test_the_header_says_what_the_model_is(new_page, address):
    page = new_page(address)
    expect(page.get_by_role("heading", level=1)).to_have_text("Colours & <shapes>")
    expect(page).to_have_title("Colours & <shapes> · Vitrine")
    assert page.locator(".labels li").all_text_contents() == list(LABELS)
    expect(page.locator("dl.record")).to_contain_text("194 of 200 pictures")
    expect(page.locator("dl.record")).to_contain_text("93 to 99 of 100 pictures right")


@pytest.mark.slow
def test_the_snippets_name_the_address_that_the_visitor_uses(new_page, address):
    page = new_page(address.replace("127.0.0.1", "localhost") + "/?__theme=light#top")
    page.get_by_role("tab", name="For programs").click()
    here = address.replace("127.0.0.1", "localhost")
    expect(page.locator("#programs code").first).to_contain_text(f'requests.post("{here}/predict')
    page.get_by_role("tab", name="curl").click()
    expect(page.locator("#programs code").filter(has_text="curl")).to_contain_text(here)


@pytest.mark.parametrize(("width", "color_scheme"), [(390, "dark"), (1280, "light")])
def test_the_page_fits_its_window_and_follows_light_and_dark(new_page, address, picture, width, color_scheme):
    page = new_page(address, width=width, height=844, color_scheme=color_scheme)
    file_input(page).set_input_files(picture)
    expect(bars(page)).to_have_count(5)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    red, green, blue = background(page)
    assert (red + green + blue < 150) == (color_scheme == "dark")
    expect(page.locator("#answer .answer-label")).to_be_in_viewport()  # on a phone it lies below the picture
    for name in ("#picture", "#answer", "#top-k"):
        box = page.locator(name).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def background(page: Page) -> list[int]:
    color = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return [int(part) for part in re.findall(r"\d+", color)[:3]]


def test_the_keyboard_is_enough(new_page, address):
    page = new_page(address)
    expect(page.locator("#examples button").first).to_be_visible()
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('#examples') !== null"):
            break
    page.keyboard.press("Enter")
    expect(bars(page)).to_have_count(5)
    page.get_by_label("range slider for Number of answers").focus()
    page.keyboard.press("ArrowLeft")
    expect(bars(page)).to_have_count(4)


def test_everything_that_can_be_used_has_a_name_for_screen_readers(new_page, address):
    page = new_page(address)
    expect(page.locator("#examples button").first).to_be_visible()
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, textarea")]
            .filter((part) => part.checkVisibility() && !part.closest("[aria-hidden=true]"))
            .filter((part) => !(part.getAttribute("aria-label") || part.title || part.innerText || part.labels?.length))
            .map((part) => part.outerHTML.slice(0, 120))"""
    )
    assert nameless == []
    assert page.locator("#examples img").evaluate_all("all => all.map((one) => one.alt)") == list(EXAMPLE_LABELS)
    expect(page.locator("#answer [role=status]")).to_have_count(1)


def test_the_map_of_an_answer_is_shown_checked_and_taken_away_with_its_picture(new_page, address, picture):
    page = new_page(address)
    file_input(page).set_input_files(picture)
    expect(page.locator("#answer")).to_contain_text("my <dog>.jpg")
    page.get_by_role("button", name="Why?").click()
    expect(page.locator("#why-map img")).to_be_visible()
    expect(page.locator("#why-words")).to_contain_text(re.compile("Checked: the probability|Do not trust this map"))
    take_away(page)
    expect(page.locator("#why-map")).not_to_be_visible()
    expect(page.locator("#why-words")).to_have_text("")


@pytest.mark.slow
def test_a_test_picture_brings_its_map_once_it_was_asked_for_and_the_next_picture_has_none_of_another(
    new_page, address, picture
):
    page = new_page(address)
    checked = re.compile("Checked: the probability|Do not trust this map")
    page.locator("#examples button").first.click()
    expect(page.locator("#answer")).to_contain_text("Test picture 1")
    page.get_by_role("button", name="Why?").click()
    expect(page.locator("#why-words")).to_contain_text(checked)
    file_input(page).set_input_files(picture)
    expect(page.locator("#answer")).to_contain_text("my <dog>.jpg")
    expect(page.locator("#why-map")).not_to_be_visible()
    page.locator("#examples button").first.click()
    expect(page.locator("#why-map img")).to_be_visible()
    expect(page.locator("#why-words")).to_contain_text(checked)
