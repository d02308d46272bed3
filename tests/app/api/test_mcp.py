"""The tool as assistants see it, by the official client, and as a request without any client."""

import asyncio
import base64
import io
import json

import httpx
import pytest

from tests.app.models import LABELS, noise, serving
from vitrine.app.api.guards import Access
from vitrine.app.tabs.programs import mcp_snippet
from vitrine.app.uploads import MAX_UPLOAD_BYTES

mcp = pytest.importorskip("mcp.server.mcpserver", reason="the extra mcp is not installed: requirements-mcp.txt")


@pytest.fixture(scope="module")
def address(model_folder):
    with serving(model_folder, speaks_mcp=True) as address:
        yield address


def call(address, picture, **more):
    """As a client of the library does."""
    from mcp import Client

    async def ask():
        async with Client(f"{address}/mcp") as client:
            return await client.call_tool("predict", {"picture": picture, **more})

    return asyncio.run(ask())


def ask_plainly(address, method="tools/list", parameters=None, **options):
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters or {}}
    headers = {"Accept": "application/json, text/event-stream"}
    return httpx.post(f"{address}/mcp", json=body, headers=headers, timeout=30, **options)


def encoded(picture):
    return base64.b64encode(picture.read_bytes()).decode()


def uploaded(address, picture):
    with picture.open("rb") as file:
        return httpx.post(f"{address}/gradio_api/upload", files={"files": file}).json()[0]


def test_a_client_finds_one_tool_with_its_classes_and_schema(address):
    from mcp import Client

    async def ask():
        async with Client(f"{address}/mcp") as client:
            return (await client.list_tools()).tools

    (tool,) = asyncio.run(ask())
    assert tool.name == "predict"
    assert "'red'" in tool.description
    assert tool.input_schema["required"] == ["picture"]
    assert tool.input_schema["properties"]["top_k"]["minimum"] == 1
    assert set(tool.output_schema["properties"]) == {"decision", "words", "similarity", "probabilities"}
    assert tool.annotations.read_only_hint


@pytest.mark.parametrize("form", ["base64", "data", "upload"])
def test_a_picture_in_each_form_gets_the_answer_of_the_plain_route(address, picture, form):
    sent = {
        "base64": lambda: encoded(picture),
        "data": lambda: f"data:image/jpeg;base64,{encoded(picture)}",
        "upload": lambda: uploaded(address, picture),
    }[form]()
    plain = httpx.post(f"{address}/predict?top_k=2", files={"picture": picture.read_bytes()}, timeout=30).json()
    answer = call(address, sent, top_k=2)
    assert not answer.is_error
    assert answer.structured_content == plain


def test_the_default_number_of_classes_is_that_of_the_plain_route(address, picture):
    assert len(call(address, encoded(picture)).structured_content["probabilities"]) == min(5, len(LABELS))


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("http://127.0.0.1:1/picture.jpg", "other files and web addresses are not read"),
        ("/etc/passwd", "other files and web addresses are not read"),
        ("file:///etc/passwd", "other files and web addresses are not read"),
        ("data:image/png;base64,###", "other files and web addresses are not read"),
        (base64.b64encode(b"hello").decode(), "the picture was not used: a text, not a picture"),
        ("", "the picture was not used: "),
    ],
)
def test_what_is_no_picture_is_refused_in_words_and_the_next_is_answered(address, picture, sent, words, capfd):
    refused = call(address, sent)
    assert refused.is_error
    assert words in refused.content[0].text
    assert not call(address, encoded(picture)).is_error
    assert "Traceback" not in capfd.readouterr().err


def test_a_file_that_nobody_uploaded_is_not_opened_by_a_way_out_of_the_folder(address, picture, model_folder):
    folder = uploaded(address, picture).rsplit("/", 2)[0]
    secret = model_folder / "examples" / "000.png"
    refused = call(address, f"{folder}/{'../' * folder.count('/')}{secret}")
    assert refused.is_error
    assert "it was not uploaded, or was deleted since" in refused.content[0].text


def test_a_wrong_number_of_classes_is_named(address, picture):
    refused = call(address, encoded(picture), top_k=0)
    assert refused.is_error
    assert "greater than or equal to 1" in refused.content[0].text


def test_password_limit_and_size_are_those_of_the_other_routes(model_folder):
    access = Access("anna", "s3cret", requests_per_minute=3)
    with serving(model_folder, speaks_mcp=True, access=access) as address:
        auth = ("anna", "s3cret")
        assert ask_plainly(address).status_code == 401
        assert ask_plainly(address, auth=auth).status_code == 200
        large = {"name": "predict", "arguments": {"picture": "A" * (MAX_UPLOAD_BYTES + 100_000)}}
        assert ask_plainly(address, "tools/call", large, auth=auth).status_code == 413
        assert ask_plainly(address, auth=auth).status_code == 429


def test_a_body_without_a_length_is_refused_when_it_grows_too_large(address):
    def body():
        for _ in range(MAX_UPLOAD_BYTES // 2**20 + 1):
            yield b" " * 2**20

    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    refused = httpx.post(f"{address}/mcp", content=body(), headers=headers, timeout=60)
    assert refused.status_code == 413


def test_requests_are_counted_apart(address):
    ask_plainly(address)
    assert 'vitrine_requests_total{path="/mcp",status="200"}' in httpx.get(f"{address}/metrics").text


def test_the_snippet_of_the_page_names_what_answers(address):
    server = json.loads(mcp_snippet(address))["mcpServers"]["classifier"]
    answer = httpx.post(
        server["url"],
        json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
        headers={"Accept": "application/json, text/event-stream"},
    )
    assert [tool["name"] for tool in answer.json()["result"]["tools"]] == ["predict"]


def test_where_nobody_asked_for_it_there_is_no_such_route(model_folder):
    with serving(model_folder) as address:
        assert ask_plainly(address).status_code == 404


def test_a_large_photo_passes(address):
    file = io.BytesIO()
    noise(3, (3000, 2000)).save(file, "png")
    assert not call(address, base64.b64encode(file.getvalue()).decode()).is_error
