"""The page as it is served: in which language, what it refuses, and what becomes of uploads."""

import select
import socket
import time
from base64 import b64encode
from pathlib import Path

import gradio as gr
import httpx
import psutil
import pytest
from gradio_client import Client, handle_file

from tests.app.models import metadata, noise, serving
from vitrine.app import server
from vitrine.app.address import free_port
from vitrine.app.api.guards import Access
from vitrine.app.page import PageParts, build_interface
from vitrine.app.private_folder import private_folder
from vitrine.app.server import load_ready, open_page, recipe_language, start
from vitrine.app.uploads import MAX_UPLOAD_BYTES, upload_folder
from vitrine.app.waiting_events import WaitingEvents
from vitrine.errors import UserError
from vitrine.ui.texts import load_texts

IN_FLIGHT = 32 * 2**20  # bytes between the two ends of a connection


@pytest.mark.parametrize(
    ("recipe", "language"), [({"report": {"language": "fr"}}, "fr"), ({"report": {}}, "en"), ({}, "en")]
)
def test_the_language_of_the_models_reports_is_that_of_its_page(recipe, language):
    assert recipe_language(metadata([]).model_copy(update={"recipe": recipe})) == language
    assert recipe_language(None) == "en"


def test_a_port_that_is_taken_while_the_model_is_loaded_is_named(taken_port):
    with gr.Blocks() as page:
        pass
    with pytest.raises(UserError, match=f"--port {taken_port}: another program took it just now; start again"):
        start(page, "127.0.0.1", taken_port)


def test_uploads_are_deleted_while_the_page_runs(model_folder, monkeypatch, tmp_path):
    from vitrine.app import page as interface

    monkeypatch.setattr(interface, "DELETE_EVERY_SECONDS", 1)
    monkeypatch.setattr(interface, "DELETE_AFTER_SECONDS", 1)
    noise(0).save(tmp_path / "picture.png")
    with private_folder() as folder:
        with open_page(load_ready(str(model_folder)), "127.0.0.1", free_port("127.0.0.1", 0)) as address:
            with (tmp_path / "picture.png").open("rb") as file:
                httpx.post(f"{address}/gradio_api/upload", files={"files": file}).raise_for_status()
            assert list(folder.rglob("picture.png"))
            deadline = time.monotonic() + 15
            while list(folder.rglob("picture.png")) and time.monotonic() < deadline:
                time.sleep(0.2)
            assert not list(folder.rglob("picture.png"))
            assert len(list(folder.rglob("00?.png"))) == 3  # the test pictures of the model stay
        assert folder.exists()
    assert not folder.exists()


def test_a_file_over_the_limit_is_refused_before_it_is_stored(address, tmp_path):
    with (tmp_path / "big.png").open("wb") as file:
        file.truncate(MAX_UPLOAD_BYTES + 1)
    with (tmp_path / "big.png").open("rb") as file:
        answer = httpx.post(f"{address}/gradio_api/upload", files={"files": file}, timeout=60)
    assert answer.status_code == 413
    assert "maximum allowed size" in answer.text


def send_four_gigabytes(address, path, name):
    """Announces a file of 4 GB and sends until the server answers; returns its answer and the bytes that were sent."""
    host, port = address.removeprefix("http://").split(":")
    head = f'--b\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'.encode()
    start = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    sent, block = 0, bytes(2**20)
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(f"{start}Content-Length: {4 * 2**30}\r\n\r\n".encode() + head)
        while not select.select([connection], [], [], 0.2 if sent == 0 else 0)[0]:
            connection.sendall(block)
            sent += len(block)
        return connection.recv(4096).split(b"\r\n")[0].decode(), sent


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "name", "most_sent"),
    [
        ("/predict", "a.jpg", 0),  # its length says it
        ("/gradio_api/upload", "a.jpg", MAX_UPLOAD_BYTES),
        ("/gradio_api/upload", "a.zip", 2 * MAX_UPLOAD_BYTES),
    ],
)
def test_a_file_of_four_gigabytes_is_refused_early_and_leaves_nothing(
    model_folder, picture, monkeypatch, path, name, most_sent
):
    monkeypatch.setattr(server, "MAX_ARCHIVE_BYTES", 2 * MAX_UPLOAD_BYTES)
    with serving(model_folder) as address:
        folder = upload_folder()
        before = psutil.Process().memory_info().rss
        status, sent = send_four_gigabytes(address, path, name)
        assert status.startswith("HTTP/1.1 413 ")
        assert sent <= most_sent + IN_FLIGHT
        assert psutil.Process().memory_info().rss < before + IN_FLIGHT
        assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) < 2**20
        assert httpx.post(f"{address}/predict", files={"picture": picture.read_bytes()}, timeout=30).status_code == 200


def test_uploads_lie_in_a_folder_of_this_user_only(picture, address):
    stored = Path(httpx.post(f"{address}/gradio_api/upload", files={"files": picture.open("rb")}).json()[0])
    private = next(parent for parent in stored.parents if parent.name.startswith("vitrine-app-"))
    assert private.stat().st_mode & 0o077 == 0


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


def test_of_many_visitors_the_latest_are_remembered(predictor, folder, monkeypatch):
    monkeypatch.setattr(server, "MOST_SESSIONS", 2)
    port = free_port("127.0.0.1", 0)
    address = f"http://127.0.0.1:{port}"
    page = build_interface(PageParts.of(predictor), address, load_texts("en"))
    start(page, "127.0.0.1", port)
    try:
        decide = next(number for number, function in page.fns.items() if function.api_name == "decide")
        for visitor in range(4):
            call = {"data": [None, 1], "fn_index": decide, "session_hash": f"visitor{visitor}"}
            httpx.post(f"{address}/gradio_api/queue/join", json=call).raise_for_status()
            told = httpx.get(f"{address}/gradio_api/queue/data?session_hash=visitor{visitor}", timeout=30)
            assert "No picture was sent" in told.text
        assert list(page.app.state_holder.session_data) == ["visitor2", "visitor3"]
        assert len(page._queue.event_analytics) == 2
        assert isinstance(page._queue.pending_event_ids_session, WaitingEvents)
    finally:
        page.close(verbose=False)


def test_a_page_with_a_password_starts_and_answers_who_has_it_and_nobody_else(model_folder, picture):
    def ask(address, **options):
        files = {"picture": ("a.jpg", picture.read_bytes())}
        return httpx.post(f"{address}/predict", files=files, timeout=30, **options).status_code

    with serving(model_folder, access=Access("anna", "s3cret", 4)) as address:
        paths = ("/", "/fr", "/config", "/metrics", "/docs", "/health")
        assert [httpx.get(address + path).status_code for path in paths] == [401, 401, 401, 401, 401, 200]
        assert httpx.get(address, auth=("anna", "s3cret"), follow_redirects=True).status_code == 200
        assert [ask(address), ask(address, auth=("anna", "wrong"))] == [401, 401]
        header = {"Authorization": "Basic " + b64encode(b"anna:s3cret").decode()}
        client = Client(address, headers=header, verbose=False)
        assert client.predict(handle_file(picture), 1, api_name="/decide")["words"]  # two requests: upload and call
        refused = ask(address, auth=("anna", "s3cret"))
    assert refused == 429


def test_addresses_that_a_server_before_this_one_passes_on_are_limited_apart(model_folder, picture, monkeypatch):
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "127.0.0.1")
    files = {"picture": ("a.jpg", picture.read_bytes())}
    with serving(model_folder, access=Access(requests_per_minute=1)) as address:
        asked = [
            httpx.post(f"{address}/predict", files=files, headers={"X-Forwarded-For": client}, timeout=30).status_code
            for client in ("192.0.2.1", "192.0.2.1", "192.0.2.2")
        ]
    assert asked == [200, 429, 200]
