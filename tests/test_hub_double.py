"""The double of the Hub plays out what can go wrong, as the Hub would word it."""

import json
import time

import httpx2
import pytest

from tests.hub_double import TOKEN, HubDouble
from tests.hub_spaces import ZERO_GPU
from tests.hub_state import Fault


@pytest.fixture
def hub(tmp_path):
    with HubDouble(tmp_path) as double:
        double.put("models", "ann/birds", {"config.json": b"{}", "model.safetensors": b"x" * 100_000})
        yield double


def ask(hub, path, token=TOKEN, method="GET", **more):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx2.request(method, f"{hub.address}{path}", headers=headers, **more)


@pytest.mark.parametrize("status", [401, 402, 403, 429, 500])
def test_a_fault_is_an_answer_with_its_status_as_often_as_it_says(hub, status):
    hub.broken["/api/models"] = Fault(status, times=2, retry_after=7)
    answers = [ask(hub, "/api/models/ann/birds") for _ in range(3)]
    assert [one.status_code for one in answers] == [status, status, 200]
    assert (answers[0].headers["Retry-After"], answers[0].headers["X-Error-Message"]) == ("7", "broken on purpose")


def test_a_connection_is_cut_in_the_middle_of_an_answer(hub):
    hub.broken["/resolve/"] = Fault(is_cut=True)
    with pytest.raises(httpx2.HTTPError):
        ask(hub, "/ann/birds/resolve/main/model.safetensors")
    hub.broken.clear()
    assert len(ask(hub, "/ann/birds/resolve/main/model.safetensors").content) == 100_000


def test_a_slow_answer_takes_its_time(hub):
    hub.broken["/api/models"] = Fault(seconds=0.2)
    begun = time.perf_counter()
    assert ask(hub, "/api/models/ann/birds").status_code == 200
    assert time.perf_counter() - begun >= 0.2


def test_private_repositories_are_for_their_owner(hub):
    hub.repos["models", "ann/birds"].private = True
    assert ask(hub, "/api/models/ann/birds", token=None).status_code == 401
    assert ask(hub, "/api/models/ann/birds", token=TOKEN[::-1]).status_code == 401
    assert ask(hub, "/api/models/ann/birds").json()["private"]


def create_space(hub, name, **more):
    return ask(hub, "/api/repos/create", method="POST", json={"type": "space", "name": name, **more}).status_code


def test_spaces_that_compute_are_for_paying_accounts_but_for_two_on_zero_gpu(hub):
    assert create_space(hub, "page", sdk="static") == 200
    assert create_space(hub, "processor", sdk="gradio") == 402
    assert [create_space(hub, f"gpu{one}", sdk="gradio", hardware=ZERO_GPU) for one in range(3)] == [200, 200, 402]
    hub.paying.add("ann")
    assert create_space(hub, "processor", sdk="gradio") == 200
    listed = ask(hub, "/api/spaces?author=ann&expand=runtime").json()
    assert sum(one["runtime"]["hardware"]["requested"] == ZERO_GPU for one in listed) == 2


def test_a_tag_names_a_commit_for_good(hub):
    tag = {"method": "POST", "json": {"tag": "v1"}}
    assert ask(hub, "/api/models/ann/birds/tag/main", **tag).status_code == 200
    assert ask(hub, "/api/models/ann/birds/tag/main", **tag).status_code == 409
    hub.put("models", "ann/birds", {"config.json": b"changed"})
    assert ask(hub, "/ann/birds/resolve/v1/config.json").content == b"{}"
    assert [one["name"] for one in ask(hub, "/api/models/ann/birds/refs").json()["tags"]] == ["v1"]


def test_what_a_card_states_is_told_with_its_repository(hub):
    hub.put("models", "ann/birds", {"README.md": b"---\nlicense: mit\n---\n# Birds\n"})
    assert ask(hub, "/api/models/ann/birds").json()["cardData"] == {"license": "mit"}


def test_who_asks_is_told_what_they_pay_for(hub):
    assert json.loads(ask(hub, "/api/whoami-v2").text)["isPro"] is False
