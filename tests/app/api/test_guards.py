"""Password, rate, size and count before every route."""

import base64
from types import SimpleNamespace

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from vitrine.app.api import guards
from vitrine.app.api.guards import Access, BodyLimit, build_guards
from vitrine.app.api.metrics import Metrics


def serve(access):
    metrics = Metrics(SimpleNamespace(sizes={}, most=8))
    app = FastAPI(middleware=build_guards(access, metrics, ["/predict"]))

    @app.post("/predict")
    async def predict(request: Request) -> int:
        return len(await request.body())

    @app.get("/health")
    def health() -> str:
        return "ok"

    @app.get("/")
    def page() -> str:
        return "page"

    return TestClient(app), metrics


@pytest.mark.parametrize("path", ["/", "/predict", "/metrics", "/gradio_api/upload", "/docs"])
def test_without_the_password_every_path_is_refused_but_health(path):
    client, _ = serve(Access("anna", "s3cret:é"))
    refused = client.get(path)
    assert (refused.status_code, refused.headers["www-authenticate"][:5]) == (401, "Basic")
    assert client.get("/health").json() == "ok"


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Basic " + base64.b64encode("anna:s3cret:é".encode()).decode(), 200),
        ("basic " + base64.b64encode("anna:s3cret:é".encode()).decode(), 200),
        ("Basic " + base64.b64encode(b"anna:wrong").decode(), 401),
        ("Basic " + base64.b64encode(b"anna").decode(), 401),
        ("Basic not base64!", 401),
        ("Bearer abc", 401),
        ("Basic", 401),
    ],
)
def test_only_the_user_with_the_password_is_let_in(header, status):
    client, _ = serve(Access("anna", "s3cret:é"))
    assert client.get("/", headers={"Authorization": header}).status_code == status


def test_passwords_cannot_be_guessed_one_after_the_other():
    client, _ = serve(Access("anna", "right"))
    for number in range(guards.GUESSES.amount):
        assert client.get("/", auth=("anna", str(number))).status_code == 401
    refused = client.get("/", auth=("anna", "right"))
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 60


def test_one_address_may_ask_so_often_and_is_told_when_again_while_pages_stay_open():
    client, metrics = serve(Access(requests_per_minute=3))
    assert [client.post("/predict").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = client.post("/predict")
    assert refused.json()["error"].startswith("more than 3 requests in a minute; ask again in ")
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert client.get("/").status_code == 200
    assert b'path="/predict",status="429"} 2.0' in metrics.text()


def test_without_access_rules_nobody_is_asked_or_slowed():
    client, _ = serve(Access())
    assert {client.post("/predict").status_code for _ in range(100)} == {200}


def test_a_body_larger_than_any_picture_is_refused_whether_or_not_its_length_is_said():
    app = FastAPI(middleware=[guards.Middleware(BodyLimit, most=1000)])

    @app.post("/predict")
    async def predict(request: Request) -> int:
        return len(await request.body())

    client = TestClient(app)
    assert client.post("/predict", content=b"x" * 1000).json() == 1000
    assert client.post("/predict", content=b"x" * 1001).status_code == 413
    assert client.post("/predict", content=(b"x" * 100 for _ in range(11))).status_code == 413


def test_requests_are_counted_by_their_route_and_those_of_a_call_with_its_beginning_only():
    client, metrics = serve(Access())
    for path in ("/predict", "/gradio_api/upload", "/gradio_api/call/predict/abc", "/gradio_api/call/x", "/predicted"):
        client.get(path)
    counted = metrics.text()
    for path, number in (("/predict", 1), ("/gradio_api/upload", 1), ("/gradio_api/call", 2), ("page", 1)):
        lines = [
            line for line in counted.splitlines() if line.startswith(f'vitrine_requests_total{{path="{path}",'.encode())
        ]
        assert [float(line.split()[-1]) for line in lines] == [number]


def test_a_request_that_fails_is_counted_as_500():
    client, metrics = serve(Access())

    @client.app.get("/broken")
    def broken() -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        client.get("/broken")
    assert b'path="page",status="500"} 1.0' in metrics.text()
