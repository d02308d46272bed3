"""Publishing the model of a run, on a double of the Hub."""

import json
import socket
from pathlib import Path

import pytest

from tests.hub_client import HubClient
from tests.hub_double import TOKEN, hub_environment
from tests.hub_state import Fault
from vitrine.ship.data_card import read_head

GOLDEN = Path(__file__).parents[1] / "golden"
CONTENT = [
    "README.md", "config.json", "image_processing.py", "model.safetensors", "preprocessor_config.json",
    "reference_features.safetensors", "small_cnn.py", "squares.py", "steps.py", "vitrine.json",
]  # fmt: skip
EXAMPLES = [f"examples/{number:03d}.png" for number in range(12)]


@pytest.fixture
def run(pushed_run):
    return pushed_run


def state_of(hub):
    return {
        key: (dict(repo.branches), dict(repo.tags), repo.private) for key, repo in hub.repos.items() if repo.messages
    }


@pytest.mark.slow
def test_a_push_is_private_one_commit_and_a_tag_and_says_what_went(hub, client, run):
    answer = client.call("push_model", run, "ann/first")
    assert (answer["value"], answer["errors"]) == (0, "")
    repo = hub.repos["models", "ann/first"]
    assert (repo.private, repo.messages, list(repo.tags)) == (True, ["Model"], ["v1"])
    assert hub.files("models", "ann/first") == sorted([*CONTENT, *EXAMPLES])
    lines = answer["output"].splitlines()
    assert [line.split()[2] for line in lines[: len(CONTENT + EXAMPLES)]] == sorted([*CONTENT, *EXAMPLES])
    assert "private: model, card and 12 test pictures will be seen by you" in answer["output"]
    assert f"revision v1 is on {hub.address}/ann/first" in answer["output"]
    assert TOKEN not in answer["output"] + answer["errors"]
    assert not list(run.glob(".vitrine-push-*"))


@pytest.mark.slow
def test_the_card_on_the_hub_is_for_its_id_and_no_file_tells_a_folder(hub, client, run):
    client.call("push_model", run, "ann/card", "--license", "mit", "--data-license", "cc-by-4.0")
    card = hub.read("models", "ann/card", "README.md").decode()
    assert read_head(card)["license"] == "mit"
    assert read_head(card)["model-index"][0]["results"][0]["dataset"]["split"] == "test"
    assert 'pipeline("image-classification", model="ann/card", trust_remote_code=True)' in card
    assert "Pictures (colours): cc-by-4.0." in card
    for path in hub.files("models", "ann/card"):
        assert str(run.parent).encode() not in hub.read("models", "ann/card", path)


@pytest.mark.slow
def test_what_is_loaded_back_answers_alike_everywhere(client, run):
    client.call("push_model", run, "ann/back")
    picture = run / "model/examples/000.png"
    given = client.call("ask_everything", "ann/back", picture)["value"]
    here = client.call("ask_everything", run / "model", picture)["value"]
    for way in ("vitrine", "pipeline", "auto"):
        assert given[way] == pytest.approx(here["vitrine"], abs=1e-4)
    answer = client.call("predict", "ann/back", picture)
    assert answer["value"] == 0
    assert "blau é" in answer["output"]


@pytest.mark.slow
def test_the_page_of_a_model_on_the_hub_answers_as_the_model_does(client, run):
    client.call("push_model", run, "ann/page")
    picture = run / "model/examples/000.png"
    given = client.call("ask_page", "ann/page", picture)["value"]
    here = client.call("ask_everything", run / "model", picture)["value"]
    assert sorted(given.values()) == pytest.approx(sorted(here["vitrine"]), abs=1e-4)


@pytest.mark.slow
def test_what_is_loaded_back_answers_awkward_pictures_as_the_run_does(client, run, awkward_pictures):
    client.call("push_model", run, "ann/awkward")
    given = client.call("ask_all", "ann/awkward", awkward_pictures)["value"]
    here = client.call("ask_all", run / "model", awkward_pictures)["value"]
    assert len(given) > 10
    for name, probabilities in here.items():
        assert given[name] == pytest.approx(probabilities, abs=1e-4)


def test_a_dry_run_lists_files_and_asks_nobody(hub, client, run):
    (run / "model/notes.txt").write_text("mine")
    before = len(hub.requests)
    answer = client.call("push_model", run, "ann/dry", "--dry-run")
    assert (answer["value"], len(hub.requests)) == (0, before)
    assert "model.safetensors" in answer["output"]
    assert "stays here: notes.txt\n" in answer["output"]
    assert answer["output"].endswith("nothing was sent\n")


def test_a_second_push_of_the_same_changes_nothing_and_of_another_is_a_further_revision(hub, client, run):
    client.call("push_model", run, "ann/twice")
    before = state_of(hub)
    answer = client.call("push_model", run, "ann/twice")
    assert "no file has changed since revision v1" in answer["output"]
    assert state_of(hub) == before
    assert "revision v2 is on" in client.call("push_model", run, "ann/twice", "--no-examples")["output"]
    assert hub.files("models", "ann/twice") == CONTENT
    assert sorted(hub.repos["models", "ann/twice"].tree("v1")) == sorted([*CONTENT, *EXAMPLES])


def test_pictures_become_public_only_with_consent(hub, client, run):
    answer = client.call("push_model", run, "ann/open", "--public")
    assert "12 pictures of the test split would become public: add --examples" in answer["errors"]
    assert ("models", "ann/open") not in hub.repos
    assert client.call("push_model", run, "ann/open", "--public", "--no-examples")["value"] == 0
    assert not hub.repos["models", "ann/open"].private
    answer = client.call("push_model", run, "ann/open", "--public", "--examples")
    assert "public: model, card and 12 test pictures will be seen by all the world" in answer["output"]
    assert set(EXAMPLES) <= set(hub.files("models", "ann/open"))


def test_a_private_model_becomes_public_when_asked_and_a_public_one_is_not_pushed_to_unasked(hub, client, run):
    client.call("push_model", run, "ann/later")
    opened = client.call("push_model", run, "ann/later", "--public", "--examples")
    assert "no file has changed since revision v1" in opened["output"]
    assert "which all may see" in opened["output"]
    assert not hub.repos["models", "ann/later"].private
    answer = client.call("push_model", run, "ann/later")
    assert "ann/later is there already and is public: add --public" in answer["errors"]


def test_pictures_of_the_past_do_not_become_public_with_what_is_published_now(hub, client, run):
    client.call("push_model", run, "ann/past")
    client.call("push_model", run, "ann/past", "--no-examples")
    before = state_of(hub)
    answer = client.call("push_model", run, "ann/past", "--no-examples", "--public")
    assert "earlier revisions of it hold 12 pictures that would become public" in answer["errors"]
    assert state_of(hub) == before


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("/info/lfs", Fault(403)), ("^/lfs/", Fault(403)), ("/commit/main", Fault(403)), ("/preupload/", Fault(402)),
        ("/commit/main", Fault(400)),
    ],
)  # fmt: skip
def test_an_interrupted_push_leaves_what_is_there_and_a_second_completes_it(hub, client, run, step, fault):
    client.call("push_model", run, "ann/cut", "--no-examples")
    before, weights = state_of(hub), run / "model/model.safetensors"
    weights.write_bytes(weights.read_bytes() + b"\0" * (1 + len(hub.requests)))  # what the Hub has is not sent again
    hub.broken[step] = fault
    answer = client.call("push_model", run, "ann/cut")
    assert (answer["value"], answer["errors"].count("\n")) == (2, 1)
    assert answer["errors"].startswith("error: ann/cut: ")
    assert state_of(hub) == before
    hub.broken.clear()
    assert "revision v" in client.call("push_model", run, "ann/cut")["output"]
    assert hub.read("models", "ann/cut", "model.safetensors") == weights.read_bytes()


@pytest.mark.slow  # the library tries five times with growing pauses
@pytest.mark.parametrize(
    ("step", "fault", "message"),
    [
        ("^/lfs/", Fault(is_cut=True), "the Hugging Face Hub cannot be reached ("),
        ("/commit/main", Fault(500), "the Hub answered with an error ("),
        (
            "/info/lfs",
            Fault(429, retry_after=1),
            "the Hub had too many requests from you; run the command again in 1 s",
        ),
    ],
)
def test_a_network_that_goes_half_way_is_one_message_and_changes_nothing(hub, client, run, step, fault, message):
    client.call("push_model", run, "ann/half", "--no-examples")
    before, weights = state_of(hub), run / "model/model.safetensors"
    weights.write_bytes(weights.read_bytes() + b"\0" * (1 + len(hub.requests)))
    hub.broken[step] = fault
    answer = client.call("push_model", run, "ann/half")
    assert answer["errors"].startswith(f"error: ann/half: {message}")
    assert answer["errors"].count("\n") == 1
    assert state_of(hub) == before
    hub.broken.clear()
    assert client.call("push_model", run, "ann/half")["value"] == 0


def test_a_push_whose_tag_failed_gets_it_the_next_time(hub, client, run):
    hub.broken["/tag/"] = 403
    assert client.call("push_model", run, "ann/tagless")["value"] == 2
    hub.broken.clear()
    assert "revision v1 is on" in client.call("push_model", run, "ann/tagless")["output"]
    assert len(hub.repos["models", "ann/tagless"].messages) == 1


def test_a_busy_hub_is_waited_for(hub, client, run):
    hub.broken["/lfs/"] = Fault(429, times=1, retry_after=1)
    answer = client.call("push_model", run, "ann/busy")
    assert answer["value"] == 0


def test_a_connection_that_breaks_is_one_message(hub, client, run):
    hub.broken["/api/repos/create"] = Fault(is_cut=True)
    answer = client.call("push_model", run, "ann/broken")
    assert answer["errors"].startswith("error: ann/broken: the Hugging Face Hub cannot be reached (")
    assert answer["errors"].count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "token", "message"),
    [
        (["RUN", "birds"], TOKEN, "birds: a model on the Hub reads owner/name"),
        (["RUN", "ann/🐦"], TOKEN, "ann/🐦: the Hub does not take this name"),
        (["RUN", "bob/x"], TOKEN, "bob/x: you are logged in as ann and may write to ann only"),
        (["RUN", "ann/x"], "wrong", "ann/x: the Hub does not accept your token; run `hf auth login`"),
        (["RUN", "ann/x"], "", "ann/x: you are not logged in; run `hf auth login`"),
        (
            ["RUN", "ann/x", "--license", "mitt"],
            TOKEN,
            '--license mitt: the Hub does not accept the card ("license" must be',
        ),
        (["RUN", "ann/thesis"], TOKEN, "ann/thesis is there already, is not a model of Vitrine's"),
        (["RUN", "ann/x", "--data-license", "cc-by-nd-4.0"], TOKEN, "ann/x: a licence forbids it: its pictures"),
        (["nowhere", "ann/x"], TOKEN, "nowhere: there is no such folder"),
    ],
)
def test_mistakes_are_one_message_and_write_nothing(hub, client, run, arguments, token, message):
    hub.put("models", "ann/thesis", {"results.bin": b"1"})
    before = state_of(hub)
    client.call("set_variable", "HF_TOKEN", token)
    try:
        answer = client.call("push_model", *(str(run) if word == "RUN" else word for word in arguments))
    finally:
        client.call("set_variable", "HF_TOKEN", TOKEN)
    assert answer["value"] == 2
    assert answer["errors"].startswith(f"error: {message}")
    assert answer["errors"].count("\n") == 1
    assert TOKEN not in answer["errors"] + answer["output"]
    assert state_of(hub) == before


def test_an_unfinished_run_and_one_without_metadata_are_refused(client, run):
    unfinished = run.rename(run.with_name("run.unfinished"))
    assert "is not finished; go on with" in client.call("push_model", unfinished, "ann/x")["errors"]
    (unfinished.rename(run) / "model/vitrine.json").unlink()
    assert "vitrine.json is missing" in client.call("push_model", run, "ann/x")["errors"]


def test_the_license_of_weights_from_the_hub_is_asked_there_and_can_forbid(hub, client, run):
    hub.put("models", "bob/net", {"README.md": b"---\nlicense: cc-by-nc-4.0\n---\n# Net\n"})
    metrics = json.loads((run / "metrics.json").read_text("utf-8"))
    metrics["training"]["backbone"] = "bob/net"
    (run / "metrics.json").write_text(json.dumps(metrics))
    answer = client.call("push_model", run, "ann/net", "--license", "mit")
    assert (
        "a licence forbids it: the weights that it started from (cc-by-nc-4.0) exclude commercial" in answer["errors"]
    )
    assert ("models", "ann/net") not in hub.repos
    assert client.call("push_model", run, "ann/net")["value"] == 0
    assert read_head(hub.read("models", "ann/net", "README.md").decode())["license"] == "cc-by-nc-4.0"


@pytest.mark.slow
def test_a_network_that_is_down_takes_seconds_and_one_message(run, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with HubClient(hub_environment(f"http://127.0.0.1:{port}", tmp_path / "home", TOKEN)) as client:
        client.call("push_model", run, "ann/birds", "--dry-run")  # imports take their time
        answer = client.call("push_model", run, "ann/birds")
    assert answer["errors"].startswith("error: ann/birds: the Hugging Face Hub cannot be reached (")
    assert answer["seconds"] < 10
