"""The tab of one picture, and its endpoints as programs see them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from tests.app.models import LABELS, noise
from vitrine.app.page import PageParts, build_interface
from vitrine.data.images.decoding import open_image
from vitrine.ui.texts import load_texts

ROTATED_BY_90 = 6  # EXIF orientation


def write_rotated_jpeg(path):
    exif = Image.Exif()
    exif[0x0112] = ROTATED_BY_90
    noise(1, (90, 40)).save(path, exif=exif, quality=60)


def write_16_bit_png(path):
    levels = np.random.default_rng(2).integers(0, 65536, (4, 6)).astype(np.uint16).repeat(9, 0).repeat(9, 1)
    Image.fromarray(levels).save(path)


def write_cmyk_jpeg(path):
    noise(3).convert("CMYK").save(path)


def write_transparent_palette_png(path):
    image = noise(4).convert("P")
    image.save(path, transparency=image.getpixel((0, 0)))


@pytest.mark.parametrize(
    ("write", "name"),
    [
        (write_rotated_jpeg, "turned é.jpg"),
        (write_16_bit_png, "sixteen bits.png"),
        (write_cmyk_jpeg, "print.jpeg"),
        (write_transparent_palette_png, "logo.png"),
        (lambda path: noise(5).save(path), "scan.tiff"),
        (lambda path: noise(6).save(path), "moving.gif"),
        (lambda path: noise(7, (1, 50)).save(path), "no suffix.webp"),
    ],
)
def test_an_uploaded_file_gets_the_probabilities_that_the_predictor_gives(client, predictor, tmp_path, write, name):
    write(tmp_path / name)
    expected = dict(zip(LABELS, predictor.predict_images([open_image(tmp_path / name)]).probabilities[0], strict=True))
    answer = client.predict(handle_file(tmp_path / name), len(LABELS), api_name="/predict")
    given = {row["label"]: row["confidence"] for row in answer["confidences"]}
    assert given == pytest.approx(expected, abs=1e-4)
    assert answer["label"] == max(expected, key=expected.get)
    assert [row["confidence"] for row in answer["confidences"]] == sorted(given.values(), reverse=True)


@pytest.mark.parametrize(("top_k", "rows"), [(1, 1), (2, 2), (5, 5), (99, 5)])
def test_top_k_gives_so_many_labels_and_never_more_than_there_are(client, picture, top_k, rows):
    assert len(client.predict(handle_file(picture), top_k, api_name="/predict")["confidences"]) == rows


def test_picture_and_top_k_are_the_names_of_the_inputs_and_top_k_may_be_left_out(client, picture):
    endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert list(endpoints) == ["/predict", "/decide", "/model"]
    assert endpoints.pop("/model")["parameters"] == []
    for endpoint in endpoints.values():
        assert [parameter["parameter_name"] for parameter in endpoint["parameters"]] == ["picture", "top_k"]
    assert len(client.predict(picture=handle_file(picture), api_name="/predict")["confidences"]) == 5


@pytest.mark.parametrize("endpoint", ["/predict", "/decide"])
def test_no_picture_is_said_to_be_missing(client, endpoint):
    with pytest.raises(AppError, match="No picture was sent"):
        client.predict(None, 3, api_name=endpoint)


def test_a_decision_comes_with_its_words_and_the_same_probabilities(client, picture):
    predicted = client.predict(handle_file(picture), 2, api_name="/predict")
    decided = client.predict(handle_file(picture), 2, api_name="/decide")
    assert (decided["decision"], decided["words"]) == ("answer", predicted["label"])
    assert decided["confidences"] == predicted["confidences"]
    assert decided["familiarity"] is None  # this model does not measure it


def test_many_callers_at_once_each_get_the_answer_to_their_own_picture(address, predictor, tmp_path):
    paths = [tmp_path / f"{seed}.png" for seed in range(4)]
    for seed, path in enumerate(paths):
        noise(100 + seed).save(path)
    expected = [dict(predictor.predict(open_image(path), top_k=5)) for path in paths]

    def ask(path):
        answer = Client(address, verbose=False).predict(handle_file(path), 5, api_name="/predict")
        return {row["label"]: row["confidence"] for row in answer["confidences"]}

    with ThreadPoolExecutor(4) as pool:
        for given, wanted in zip(pool.map(ask, paths), expected, strict=True):
            assert given == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("endpoint", ["/predict", "/decide"])
def test_a_mistake_reaches_the_program_in_words_and_the_next_call_works(client, picture, tmp_path, endpoint):
    (tmp_path / "text.jpg").write_text("hello")
    with pytest.raises(AppError, match=r"^text\.jpg was not used: a text, not a picture"):
        client.predict(handle_file(tmp_path / "text.jpg"), 3, api_name=endpoint)
    with pytest.raises(AppError, match=r"top_k must be a whole number from 1 on \(got 0\)"):
        client.predict(handle_file(picture), 0, api_name=endpoint)
    assert len(client.predict(handle_file(picture), 1, api_name=endpoint)["confidences"]) == 1


def named(page, elem_id):
    return next(block for block in page.blocks.values() if block.elem_id == elem_id)


@pytest.mark.parametrize(("labels", "value", "most", "shown"), [(1, 1, 2, False), (3, 3, 3, True), (30, 5, 20, True)])
def test_the_slider_offers_as_many_bars_as_there_are_labels_and_can_be_drawn(predictor, labels, value, most, shown):
    names = tuple(f"label {number}" for number in range(labels))
    few = replace(predictor, label_names=names, metadata=None)
    slider = named(build_interface(PageParts.of(few), "http://127.0.0.1:7860", load_texts("en")), "top-k")
    assert (slider.value, slider.maximum, slider.visible) == (value, most, shown)


def test_programs_are_told_what_computes_the_model_and_how_often_pictures_came_together(client, picture):
    before = client.predict(api_name="/model")
    jobs = [client.submit(handle_file(picture), 2, api_name="/predict") for _ in range(6)]
    labels = {job.result()["label"] for job in jobs}
    after = client.predict(api_name="/model")
    assert len(labels) == 1
    assert after["runtime"] == "torch"
    counts = [sum(int(size) * count for size, count in told["batch_sizes"].items()) for told in (before, after)]
    assert counts[1] - counts[0] == 6
