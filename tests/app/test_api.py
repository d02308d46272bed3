"""The `/predict` endpoint as programs see it."""

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from tests.app.models import LABELS, noise
from vitrine.app import snippets
from vitrine.app.uploads import MAX_UPLOAD_BYTES
from vitrine.data.images.decoding import open_image

ROTATED_BY_90 = 6  # EXIF orientation


@pytest.fixture(scope="module")
def client(address):
    return Client(address, verbose=False)


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


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "picture.jpg"
    noise(8).save(path)
    return path


@pytest.mark.parametrize(("top_k", "rows"), [(1, 1), (2, 2), (5, 5), (99, 5)])
def test_top_k_gives_so_many_labels_and_never_more_than_there_are(client, picture, top_k, rows):
    assert len(client.predict(handle_file(picture), top_k, api_name="/predict")["confidences"]) == rows


@pytest.mark.parametrize("top_k", [0, -3, 2.5, True, None, "three"])
def test_a_senseless_top_k_is_named_with_its_rule(client, picture, top_k):
    with pytest.raises(AppError, match=r"top_k must be a whole number from 1 on \(got "):
        client.predict(handle_file(picture), top_k, api_name="/predict")


def test_picture_and_top_k_are_the_names_of_the_inputs_and_top_k_may_be_left_out(client, picture):
    endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert list(endpoints) == ["/predict", "/decide"]
    for endpoint in endpoints.values():
        assert [parameter["parameter_name"] for parameter in endpoint["parameters"]] == ["picture", "top_k"]
    assert len(client.predict(picture=handle_file(picture), api_name="/predict")["confidences"]) == 5


def cut_short(path):
    noise(9, (400, 300)).save(path)
    path.write_bytes(path.read_bytes()[:-900])


def too_many_pixels(path):
    Image.new("1", (20_000, 15_000)).save(path)


@pytest.mark.parametrize(
    ("write", "name", "reason"),
    [
        (lambda path: path.write_text("hello"), "text.jpg", "not a picture"),
        (lambda path: path.write_bytes(b""), "empty.png", "empty"),
        (cut_short, "half.jpg", "cut short"),
        (too_many_pixels, "huge.png", "megapixels; the limit is 150"),
        (lambda path: path.write_bytes(b"\0\0\0\x18ftypheic" + bytes(20)), "IMG_1.HEIC", "HEIC pictures are not supp"),
        (lambda path: path.write_bytes(b"\0\0\0\x18ftypmif1" + bytes(20)), "disguised.jpg", "HEIC pictures are not"),
    ],
)
def test_a_wrong_file_is_named_with_reason_and_advice_and_the_next_one_works(
    client, picture, tmp_path, write, name, reason
):
    write(tmp_path / name)
    with pytest.raises(AppError) as caught:
        client.predict(handle_file(tmp_path / name), 3, api_name="/predict")
    message = str(caught.value)
    assert message.startswith(f"{name} was not used: ")
    assert reason in message
    assert "JPEG" in message
    assert "/" not in message.replace("owner/name", "")  # no path of the server
    assert client.predict(handle_file(picture), 1, api_name="/predict")["label"] in LABELS


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


def test_a_file_over_the_limit_is_refused_before_it_is_stored(address, tmp_path):
    with (tmp_path / "big.png").open("wb") as file:
        file.truncate(MAX_UPLOAD_BYTES + 1)
    with (tmp_path / "big.png").open("rb") as file:
        answer = httpx.post(f"{address}/gradio_api/upload", files={"files": file}, timeout=60)
    assert answer.status_code == 413
    assert "maximum allowed size" in answer.text


def ask_by_hand(address, picture):
    """As a program without gradio_client does; returns the last event and what came with it."""
    route = f"{address}/gradio_api/call/predict"
    call = httpx.post(route, json={"data": [picture, 1]}).json()["event_id"]
    return httpx.get(f"{route}/{call}", timeout=30).text


@pytest.mark.parametrize("meta", [{}, {"meta": {"_type": "gradio.FileData"}}])
def test_a_file_of_the_server_that_nobody_uploaded_is_not_opened(address, model_folder, meta):
    secret = model_folder / "examples" / "000.png"
    answer = ask_by_hand(address, {"path": str(secret), **meta})
    assert answer.startswith("event: error")
    assert "confidence" not in answer
    assert str(secret.parent) not in answer


def test_a_web_address_in_place_of_a_file_is_not_fetched(address):
    answer = ask_by_hand(address, {"path": f"{address}/gradio_api/info", "meta": {"_type": "gradio.FileData"}})
    assert answer.startswith("event: error")
    assert "those are not fetched" in answer


def test_nobody_jumps_the_queue(address):
    answer = httpx.post(f"{address}/gradio_api/run/predict", json={"data": [None, 1]})
    assert answer.status_code == 404


def test_many_callers_at_once_each_get_the_answer_to_their_own_picture(address, predictor, tmp_path):
    paths = [tmp_path / f"{seed}.png" for seed in range(8)]
    for seed, path in enumerate(paths):
        noise(100 + seed).save(path)
    expected = [dict(predictor.predict(open_image(path), top_k=5)) for path in paths]

    def ask(path):
        answer = Client(address, verbose=False).predict(handle_file(path), 5, api_name="/predict")
        return {row["label"]: row["confidence"] for row in answer["confidences"]}

    with ThreadPoolExecutor(4) as pool:
        for given, wanted in zip(pool.map(ask, paths), expected, strict=True):
            assert given == pytest.approx(wanted, abs=1e-4)


def test_the_python_snippet_of_the_page_runs_as_it_stands(address, picture):
    program = snippets.python_snippet(address, 2)
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=picture.parent, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    assert any(label in run.stdout for label in LABELS)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_curl_snippet_of_the_page_runs_as_it_stands(address, picture):
    program = snippets.curl_snippet(address, 2)
    run = subprocess.run(["/bin/sh", "-c", program], cwd=picture.parent, capture_output=True, text=True, timeout=60)
    (answer,) = json.loads(run.stdout.partition("event: complete\ndata: ")[2])
    assert answer["label"] in LABELS
    assert len(answer["confidences"]) == 2


def test_uploads_lie_in_a_folder_of_this_user_only(client, picture, address):
    stored = Path(httpx.post(f"{address}/gradio_api/upload", files={"files": picture.open("rb")}).json()[0])
    private = next(parent for parent in stored.parents if parent.name.startswith("vitrine-app-"))
    assert private.stat().st_mode & 0o077 == 0
