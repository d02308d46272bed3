"""Requests of programs that are wrong: each answer is JSON with words, and the log stays free of tracebacks."""

import json

import gradio as gr
import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from gradio_client.exceptions import AppError

from tests.app.waiting import wait_for
from vitrine.app import classifier
from vitrine.app.wrong_requests import (
    BODY,
    FAULT,
    HTTP_REASONS,
    INPUTS,
    NO_CALL,
    NO_ENDPOINT,
    NO_FILE,
    answer_in_words,
    server_settings,
)
from vitrine.ui.texts import load_texts

DECIDE = "/gradio_api/call/decide"
FILE = {"_type": "gradio.FileData"}


def ask(address, data):
    """The error of a call with these inputs."""
    call = httpx.post(address + DECIDE, json={"data": data}).json()["event_id"]
    event, _, answer = httpx.get(f"{address}{DECIDE}/{call}", timeout=30).text.partition("\n")
    assert event == "event: error"
    return json.loads(answer.removeprefix("data: "))["error"]


@pytest.mark.parametrize(
    "data",
    [
        [],
        [None],
        ["picture.jpg", 1],
        ["data:image/png;base64,iVBORw0KGgo=", 1],
        [5, 1],
        [[1], 1],
        [{"path": 5, "meta": FILE}, 1],
        [{"path": "a.png", "orig_name": 5, "meta": FILE}, 1],
        [{"path": "a\0b", "meta": FILE}, 1],
        [{"path": "a" * 5000, "meta": FILE}, 1],
        [{"path": "/etc/passwd", "meta": FILE}, 1],
    ],
)
def test_wrong_inputs_are_answered_with_how_they_are_sent_rightly_and_leave_no_traceback(address, data, capfd):
    assert ask(address, data) == INPUTS
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("picture", [{}, {"path": None}, {"url": "data:image/png;base64,AAAA"}])
def test_a_picture_without_a_path_is_not_called_none(address, picture):
    assert ask(address, [picture, 1]).startswith("This picture was not used: it was not uploaded")


def test_a_python_program_that_forgets_handle_file_is_told_so(client, picture):
    with pytest.raises(AppError, match="handle_file"):
        client.predict(picture=str(picture), top_k=1, api_name="/decide")


@pytest.mark.parametrize(
    "body", [b"{abc", b"", b"[1]", b'"abc"', b"{}", b'{"data": null}', b'{"data": {"picture": 1}}']
)
def test_a_body_that_is_no_such_json_is_told_what_it_must_be(address, body):
    answer = httpx.post(address + DECIDE, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["error"].startswith(BODY)
    assert isinstance(answer.json()["detail"], list)  # as Gradio's client reads it


@pytest.mark.parametrize(
    ("method", "path", "status", "reason"),
    [
        ("GET", "/nosuch", 404, HTTP_REASONS[404]),
        ("POST", "/gradio_api/nosuch", 404, HTTP_REASONS[404]),
        ("POST", "/predictions", 404, HTTP_REASONS[404]),
        ("GET", DECIDE, 405, HTTP_REASONS[405]),
        ("PUT", "/", 405, HTTP_REASONS[405]),
        ("GET", f"{DECIDE}/nosuch", 404, NO_CALL),
        ("POST", "/gradio_api/call/nosuch", 404, NO_ENDPOINT),
        ("POST", "/gradio_api/call/v2/nosuch", 404, NO_ENDPOINT),
    ],
)
def test_an_address_that_is_none_says_where_the_others_are_listed(address, method, path, status, reason, capfd):
    answer = httpx.request(method, address + path, json={"data": []} if method == "POST" else None)
    assert (answer.status_code, answer.json()["error"]) == (status, reason)
    assert "Traceback" not in capfd.readouterr().err


def test_an_answer_can_be_fetched_once_and_the_second_time_says_so(address):
    call = httpx.post(address + DECIDE, json={"data": [None, 1]}).json()["event_id"]
    assert "No picture was sent" in httpx.get(f"{address}{DECIDE}/{call}").text
    assert httpx.get(f"{address}{DECIDE}/{call}").json()["error"] == NO_CALL


def test_a_session_that_is_not_known_ends_its_answer_and_leaves_no_traceback(address, capfd):
    answer = httpx.get(f"{address}/gradio_api/queue/data?session_hash=nosuch")
    assert '"session_not_found":true' in answer.text  # by which Gradio's page connects anew
    assert "Traceback" not in capfd.readouterr().err


def test_an_upload_without_a_file_names_the_sign_that_curl_needs(address, capfd):
    answer = httpx.post(f"{address}/gradio_api/upload", files={"files": (None, b"picture.jpg")})
    assert (answer.status_code, answer.json()["error"]) == (400, NO_FILE)
    assert "Traceback" not in capfd.readouterr().err


def test_a_fault_of_our_own_is_said_to_be_one_and_its_traceback_is_in_the_log(address, monkeypatch, capfd):
    monkeypatch.setattr(classifier, "open_upload", lambda *_: 1 / 0)
    assert ask(address, [{"path": "a.png"}, 1]).startswith("Something went wrong here, not with the picture")
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_a_route_that_fails_answers_in_json_without_the_text_of_the_error():
    with gr.Blocks() as page:
        pass
    app = FastAPI(**server_settings(page))

    @app.get("/fails")
    def fails() -> None:
        raise ValueError("/home/somebody/secret")

    answer = TestClient(app, raise_server_exceptions=False).get("/fails")
    assert (answer.status_code, answer.json()) == (500, {"error": FAULT, "detail": FAULT})


def test_what_is_done_in_the_browser_alone_cannot_be_called(address):
    events = httpx.get(f"{address}/config").json()["dependencies"]
    in_browser = next(one["id"] for one in events if not one["backend_fn"])
    session = {"data": [], "fn_index": in_browser, "session_hash": "a"}
    httpx.post(f"{address}/gradio_api/queue/join", json=session).raise_for_status()
    assert NO_ENDPOINT in httpx.get(f"{address}/gradio_api/queue/data?session_hash=a", timeout=30).text


def test_a_page_answers_its_visitor_in_its_language():
    with gr.Blocks() as page:
        number = gr.Number()
        number.change(lambda _: 1 / 0, number, number, api_visibility="private")
    answer_in_words(page, load_texts("fr"))
    with pytest.raises(gr.Error, match="Une erreur s’est produite ici"):
        wait_for(page.process_api(page.fns[0], [1]))
