"""Publishing the page of a model as a Space, on a double of the Hub."""

import json
import types

import numpy as np
import pytest
from PIL import Image

from tests.factories import fault_of
from tests.hub_spaces import ZERO_GPU
from tests.hub_state import Fault
from vitrine.errors import UserError
from vitrine.predict.predictor import Predictor
from vitrine.ship import push_space
from vitrine.ship.browser.runtime import fetch_runtime
from vitrine.ship.data_card import read_head
from vitrine.ship.hub import Place
from vitrine.ship.push_space import find_choices


class Api:
    """A Hub with an account that has some Spaces on ZeroGPU."""

    def __init__(self, on_zero_gpu=0):
        runtime = types.SimpleNamespace(requested_hardware=ZERO_GPU, hardware=None)
        self.spaces = [types.SimpleNamespace(runtime=runtime)] * on_zero_gpu + [types.SimpleNamespace(runtime=None)]

    def list_spaces(self, author, expand):
        assert (author, expand) == ("ann", ["runtime"])
        return self.spaces


def place_of(is_paying=False, there=None):
    return Place({"name": "ann", "isPro": is_paying}, there)


@pytest.mark.parametrize(
    ("on_zero_gpu", "is_paying", "kinds"),
    [
        (0, False, ["static", "zero-gpu"]),
        (2, False, ["static"]),
        (2, True, ["static", "zero-gpu", "paid"]),
    ],
)
def test_the_kinds_that_an_account_may_have_begin_with_the_free_one(on_zero_gpu, is_paying, kinds):
    assert list(find_choices(Api(on_zero_gpu), place_of(is_paying), "ann/x", None)) == kinds


def test_what_is_said_of_a_kind_tells_why():
    choices = find_choices(Api(1), place_of(), "ann/x", None)
    assert "free for every account" in choices["static"]
    assert "free, 1 left" in choices["zero-gpu"]


@pytest.mark.parametrize(
    ("on_zero_gpu", "asked", "why"),
    [(2, "zero-gpu", "your account has the 2 that are free"), (0, "paid", "it is for paid accounts")],
)
def test_what_the_hub_would_answer_402_to_is_refused_before(on_zero_gpu, asked, why):
    fault = fault_of(find_choices, Api(on_zero_gpu), place_of(), "ann/x", asked)
    assert f"the Hub would answer 402 (payment required): {why}" in fault
    assert "Take --kind static" in fault


def test_a_space_stays_of_its_kind():
    files = [types.SimpleNamespace(rfilename="page.json")]
    there = types.SimpleNamespace(sdk="static", runtime=None, siblings=files)
    assert list(find_choices(Api(), place_of(there=there), "ann/x", None)) == ["static"]
    assert "is there already, as static; choose another name" in fault_of(
        find_choices, Api(), place_of(there=there), "ann/x", "zero-gpu"
    )
    there.siblings[0].rfilename = "thesis.html"
    assert "is not a Space of Vitrine's" in fault_of(find_choices, Api(), place_of(there=there), "ann/x", None)


def test_a_model_that_no_browser_can_run_becomes_the_next_kind(monkeypatch, tmp_path):
    def refuse(*_):
        raise UserError("a browser cannot do that")

    built = []
    monkeypatch.setattr(push_space, "build_page", refuse)
    monkeypatch.setattr(push_space, "build_bundle", lambda *given: built.append(given[3]))
    said = []
    choices = {"static": "free", "zero-gpu": "ZeroGPU"}
    assert push_space._build(tmp_path, tmp_path / "space", choices, True, said.append) == "zero-gpu"
    assert (built, said) == ([True], ["not static: a browser cannot do that", "ZeroGPU"])
    assert fault_of(push_space._build, tmp_path, tmp_path, {"static": "free"}, True, said.append) == (
        "a browser cannot do that"
    )


@pytest.fixture
def run(pushed_run):
    return pushed_run


ZERO = ("--kind", "zero-gpu", "--no-trial")


@pytest.mark.slow
def test_a_space_on_zero_gpu_is_private_and_one_commit_and_can_be_withdrawn_from(hub, client, run):
    answer = client.call("push_space", run, "ann/page", "--license", "mit", *ZERO)
    assert (answer["value"], answer["errors"]) == (0, "")
    repo = hub.repos["spaces", "ann/page"]
    assert (repo.private, repo.messages) == (True, ["Space"])
    assert repo.settings == {"sdk": "gradio", "hardware": ZERO_GPU}
    head = read_head(hub.read("spaces", "ann/page", "README.md").decode())
    assert (head["sdk"], head["python_version"], head["license"]) == ("gradio", "3.12.12", "mit")
    assert "licences: model mit" in answer["output"]
    assert "ZeroGPU: a server of the Hub computes; free, 2 left\n" in answer["output"]
    assert "private: page, model and 12 test pictures will be seen by you" in answer["output"]
    assert str(run).encode() not in b"".join(hub.read("spaces", "ann/page", path) for path in repo.tree())
    assert client.call("push_space", run, "ann/page", "--no-trial", "--no-examples")["value"] == 0
    assert not [path for path in hub.files("spaces", "ann/page") if path.endswith(".png")]


@pytest.mark.slow
def test_pictures_become_public_only_with_consent_and_what_costs_is_said_before(hub, client, run):
    answer = client.call("push_space", run, "ann/open", "--public", *ZERO)
    assert "12 pictures of the test split would become public" in answer["errors"]
    answer = client.call("push_space", run, "ann/open", "--kind", "paid")
    assert "the Hub would answer 402 (payment required)" in answer["errors"]
    assert ("spaces", "ann/open") not in hub.repos


@pytest.mark.slow
def test_an_interrupted_push_leaves_no_content_and_a_second_completes_it(hub, client, run):
    hub.broken["/commit/main"] = 403
    assert client.call("push_space", run, "ann/cut", *ZERO)["value"] == 2
    assert hub.files("spaces", "ann/cut") == []
    hub.broken.clear()
    assert client.call("push_space", run, "ann/cut", "--no-trial")["value"] == 0
    assert "model.onnx" in hub.files("spaces", "ann/cut")


@pytest.fixture(scope="module")
def runtime():
    """What pages in the browser run on; skips where it cannot be fetched."""
    try:
        fetch_runtime()
    except UserError as error:
        pytest.skip(str(error))


def list_pages(hub):
    return {name: repo.tree() for (kind, name), repo in hub.repos.items() if kind == "spaces"}


@pytest.mark.slow
def test_a_static_space_is_what_an_account_without_payment_gets_first(hub, client, run, runtime, tmp_path):
    answer = client.call("push_space", run, "ann/static")
    assert (answer["value"], answer["errors"]) == (0, "")
    assert answer["output"].startswith("static: free for every account")
    repo = hub.repos["spaces", "ann/static"]
    assert (repo.private, repo.messages, repo.settings) == (True, ["Space"], {"sdk": "static"})
    head = read_head(hub.read("spaces", "ann/static", "README.md").decode())
    assert (head["sdk"], head["app_file"]) == ("static", "index.html")
    assert head["custom_headers"]["cross-origin-embedder-policy"] == "require-corp"
    facts = json.loads(hub.read("spaces", "ann/static", "page.json"))
    runtime_files = {file for files in facts["runtimes"].values() for file in files.values()}
    assert {facts["model"]["file"], *runtime_files, *(one["file"] for one in facts["examples"])} <= set(repo.tree())
    assert str(run).encode() not in b"".join(hub.read("spaces", "ann/static", path) for path in repo.tree())
    file = tmp_path / "model.onnx"
    file.write_bytes(hub.read("spaces", "ann/static", "model.onnx"))
    picture = Image.effect_noise((40, 30), 80).convert("RGB")
    first, second = (Predictor.load(str(one)).predict_images([picture]) for one in (run / "model", file))
    np.testing.assert_allclose(second.probabilities, first.probabilities, atol=1e-4)
    answer = client.call("push_space", run, "ann/static", "--public", "--no-examples")
    assert "earlier revisions of it hold 12 pictures that would become public" in answer["errors"]
    assert repo.private
    answer = client.call("push_space", run, "ann/static", "--public", "--examples")
    assert "static, as it is already\npublic: page, model and 12 test pictures will be seen by all" in answer["output"]
    assert not repo.private


@pytest.mark.slow  # the library tries five times with growing pauses
@pytest.mark.parametrize(
    ("step", "fault", "message"),
    [
        (
            "/api/repos/create",
            Fault(429, retry_after=1),
            "the Hub had too many requests from you; run the command again",
        ),
        ("/info/lfs", Fault(is_cut=True), "the Hugging Face Hub cannot be reached ("),
        ("/preupload/", Fault(403), "your token gives no right to write there"),
        ("/commit/main", Fault(500), "the Hub answered with an error ("),
    ],
)
def test_a_static_space_that_goes_wrong_half_way_has_no_page_and_a_second_push_completes_it(
    hub, client, run, runtime, step, fault, message
):
    name = f"ann/half-{fault.status}{step[1:4].replace('/', '')}"
    hub.broken[step] = fault
    answer = client.call("push_space", run, name)
    assert answer["value"] == 2
    assert answer["errors"].startswith(f"error: {name}: {message}")
    assert answer["errors"].count("\n") == 1
    assert list_pages(hub).get(name, {}) == {}
    hub.broken.clear()
    assert client.call("push_space", run, name)["value"] == 0
    assert "index.html" in hub.files("spaces", name)


@pytest.mark.slow
def test_a_name_that_is_taken_is_said_before_anything_is_built(hub, client, run):
    hub.put("spaces", "ann/thesis", {"thesis.html": b"mine"}, settings={"sdk": "static"})
    hub.put("spaces", "bob/page", {"page.json": b"{}"}, settings={"sdk": "static"})
    before = list_pages(hub)
    for name, message in (
        ("ann/thesis", "is there already, is not a Space of Vitrine's, and is not overwritten; choose another name"),
        ("bob/page", "you are logged in as ann and may write to ann only"),
    ):
        answer = client.call("push_space", run, name)
        assert (answer["value"], answer["output"]) == (2, "")
        assert message in answer["errors"]
    assert list_pages(hub) == before
