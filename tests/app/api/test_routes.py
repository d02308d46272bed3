"""The plain routes of the server: what programs send and get."""

import errno
import io
from dataclasses import replace

import anyio
import httpx
import pytest
from gradio_client import handle_file
from PIL import Image
from starlette.exceptions import HTTPException

from tests.app.models import LABELS, noise
from tests.predict.models import line_of_pixels, narrow_preparation
from vitrine import __version__
from vitrine.app.api import routes
from vitrine.data.images.decoding import open_image
from vitrine.predict.batcher import Batcher, NoAnswerError

NAME = "Colours & <shapes>"  # of the tests' model


def send(address, content, name="picture.jpg", top_k=3):
    return httpx.post(f"{address}/predict?top_k={top_k}", files={"picture": (name, content)}, timeout=30)


def test_a_picture_gets_the_decision_and_the_probabilities_that_the_predictor_gives(address, predictor, picture):
    answer = send(address, picture.read_bytes(), top_k=2).json()
    expected = predictor.predict_images([open_image(picture)])[0]
    assert (answer["decision"], answer["similarity"]) == ("answer", None)
    assert answer["words"] == expected.ranking[0][0]
    for row, (label, share) in zip(answer["probabilities"], expected.ranking[:2], strict=True):
        assert (row["label"], row["probability"]) == (label, pytest.approx(share, abs=1e-4))


def test_the_plain_route_and_the_one_of_gradio_say_the_same(address, client, picture):
    plain = send(address, picture.read_bytes(), top_k=5).json()
    called = client.predict(handle_file(picture), 5, api_name="/decide")
    rows = [{"label": row["label"], "confidence": row["probability"]} for row in plain["probabilities"]]
    assert rows == called["confidences"]
    assert (plain["decision"], plain["words"]) == (called["decision"], called["words"])


def test_more_classes_than_there_are_gives_all_of_them(address, picture):
    assert len(send(address, picture.read_bytes(), top_k=99).json()["probabilities"]) == len(LABELS)


def test_a_photo_is_turned_as_its_camera_says(address, predictor):
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    noise(1, (90, 40)).save(file, "jpeg", exif=exif)
    expected = predictor.predict_images([open_image(io.BytesIO(file.getvalue()))])[0].ranking[0]
    row = send(address, file.getvalue()).json()["probabilities"][0]
    assert (row["label"], row["probability"]) == (expected[0], pytest.approx(expected[1], abs=1e-4))


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"hello", "text.jpg", "text.jpg was not used: a text, not a picture"),
        (b"", "empty.png", "empty.png was not used: "),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "../../drawing.png", "drawing.png was not used: "),
    ],
)
def test_what_is_no_picture_is_refused_in_words_and_the_next_is_answered(address, picture, content, name, words):
    refused = send(address, content, name)
    assert refused.status_code == 422
    assert refused.json()["error"].startswith(words)
    assert send(address, picture.read_bytes()).status_code == 200


@pytest.mark.parametrize(
    ("request_args", "words"),
    [
        ({}, "send the picture as the file `picture` of a form"),
        ({"json": {"data": []}}, "send the picture as the file `picture` of a form"),
        ({"data": {"picture": "picture.jpg"}}, "send the picture as the file `picture` of a form"),
        ({"files": {"image": b"x"}}, "send the picture as the file `picture` of a form"),
        ({"files": {"picture": b"x"}, "params": {"top_k": "0"}}, "query.top_k: Input should be greater than"),
        ({"files": {"picture": b"x"}, "params": {"top_k": "many"}}, "query.top_k: Input should be a valid integer"),
    ],
)
def test_a_request_of_another_form_is_told_the_right_one(address, request_args, words, capfd):
    refused = httpx.post(f"{address}/predict", timeout=30, **request_args)
    assert refused.status_code == 422
    assert refused.json()["error"].startswith(words)
    assert "Traceback" not in capfd.readouterr().err


def test_the_wrong_method_is_named(address):
    refused = httpx.get(f"{address}/predict")
    assert (refused.status_code, refused.json()["detail"]) == (405, "Method Not Allowed")


def test_health_names_what_answers(address):
    told = httpx.get(f"{address}/health").json()
    assert told == {"status": "ok", "model": NAME, "runtime": "torch", "version": __version__}


def test_the_page_that_describes_the_routes_loads_nothing_from_elsewhere(address):
    page = httpx.get(f"{address}/docs").text
    assert "https:" not in page
    for file in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png"):
        assert f'"/docs/files/{file}"' in page
        assert httpx.get(f"{address}/docs/files/{file}").status_code == 200
    described = httpx.get(f"{address}/openapi.json").json()["paths"]
    assert sorted(described) == ["/health", "/metrics", "/predict"]
    assert set(described["/predict"]["post"]["responses"]) == {"200", "413", "422", "429", "503"}


def test_the_figures_count_the_pictures_that_were_answered(address, picture):
    def pictures():
        lines = httpx.get(f"{address}/metrics").text.splitlines()
        return float(next(line.split()[1] for line in lines if line.startswith("vitrine_pictures_total")))

    before = pictures()
    assert send(address, picture.read_bytes()).status_code == 200
    assert pictures() == before + 1


def test_a_full_disk_is_said_and_the_next_request_is_answered(address, picture, monkeypatch):
    def write(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("tempfile.SpooledTemporaryFile.write", write)
        refused = send(address, picture.read_bytes())
    assert (refused.status_code, refused.json()["error"][:28]) == (507, "the disk of this server is f")
    assert send(address, picture.read_bytes()).status_code == 200


def test_a_picture_that_the_preparation_cannot_take_is_refused(predictor):
    programs = routes.Programs(Batcher(replace(predictor, preprocess=narrow_preparation())), "dogs")
    file = io.BytesIO()
    line_of_pixels().save(file, "png")
    with pytest.raises(
        HTTPException, match="not used: this model's preparation cannot take 1 x 3000 pixels"
    ) as refused:
        anyio.run(programs.answer, file, "line.png", 3)
    assert refused.value.status_code == 422


def test_those_behind_a_stuck_network_are_told_so(predictor, picture, monkeypatch):
    def give_up(*_arguments):
        raise NoAnswerError("it seems to hang")

    programs = routes.Programs(Batcher(predictor), "dogs")
    monkeypatch.setattr(programs.batcher, "predict", give_up)
    with picture.open("rb") as file, pytest.raises(HTTPException, match="it seems to hang") as refused:
        anyio.run(programs.answer, file, "a.jpg", 3)
    assert (refused.value.status_code, refused.value.headers) == (503, {"Retry-After": "60"})


def test_one_request_more_than_may_wait_is_told_to_come_again(address, picture, monkeypatch):
    monkeypatch.setattr(routes, "MOST_WAITING", 0)
    refused = send(address, picture.read_bytes())
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")


def test_the_routes_are_those_that_are_described(predictor):
    paths = [route.path for route in routes.build_routes(routes.Programs(Batcher(predictor), "dogs"))]
    assert paths == ["/predict", "/health", "/metrics", "/docs/files", "/docs", "/openapi.json"]
