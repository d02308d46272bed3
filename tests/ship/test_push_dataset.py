"""Publishing a prepared data set, on a double of the Hub."""

import io
import json
import shutil
import socket

import datasets
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tests.conftest import draw_shape
from tests.data.trees import prepare
from tests.hub_client import HubClient, describe_rows
from tests.hub_double import TOKEN, hub_environment
from vitrine.records.manifest import read_manifest
from vitrine.ship.data_card import hash_splits, read_head

IDS = ("ann/birds", "datasets")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    source = tmp_path_factory.mktemp("push") / "birds"
    for kind, label_name in enumerate(("blue tit", "rouge-gorge é")):
        (source / label_name).mkdir(parents=True)
        for number in range(6):
            draw_shape(kind, number).save(source / label_name / f"{number}.png")
    (source / "blue tit" / "broken.png").write_text("no picture")
    return prepare(source)


@pytest.fixture(scope="module")
def pushed(hub, client, prepared):
    """The answer to the first push to ann/birds."""
    return client.call("push", prepared.folder, "ann/birds", "--license", "cc-by-4.0")


def test_a_push_ends_with_the_address_and_leaves_nothing_behind(pushed, hub, prepared):
    assert (pushed["value"], pushed["errors"]) == (0, "")
    assert pushed["output"] == f"12 pictures and their card are on {hub.address}/datasets/ann/birds\n"
    assert hub.files("datasets", "ann/birds") == [
        "README.md", "data/test-00000-of-00001.parquet", "data/train-00000-of-00001.parquet",
        "data/validation-00000-of-00001.parquet", "manifest.parquet", "prepared.json",
    ]  # fmt: skip
    assert not list(prepared.folder.parent.glob(".vitrine-push-*"))


def test_what_is_loaded_has_the_pixels_names_and_classes_of_the_prepared_data_set(pushed, client, prepared):
    loaded = client.call("load", "ann/birds")["value"]
    assert loaded == {name: describe_rows(split) for name, split in prepared.splits.items()}


def test_a_pushed_data_set_is_a_source(pushed, client, prepared, tmp_path):
    found = client.call("find", "hub:ann/birds", tmp_path)["value"]
    rows = [(name, row) for name, split in prepared.splits.items() for row in split]
    assert [(file["split"], file["label_name"]) for file in found] == [
        (name, prepared.label_names[row["label"]]) for name, row in rows
    ]
    for file, (_, row) in zip(found, rows, strict=True):
        assert Image.open(file["path"]).tobytes() == row["image"].tobytes()
        assert file["file"].endswith(f"-{row['file'].split('/')[1]}")


def test_pictures_are_stored_as_png_with_their_names(pushed, hub):
    table = pq.read_table(io.BytesIO(hub.read("datasets", "ann/birds", "data/test-00000-of-00001.parquet")))
    for picture in table["image"].to_pylist():
        assert Image.open(io.BytesIO(picture["bytes"])).format == "PNG"
        assert picture["path"].endswith(".png")


def test_the_card_keeps_what_datasets_needs_and_tells_what_is_there(pushed, hub, prepared):
    card = hub.read("datasets", "ann/birds", "README.md").decode()
    head = read_head(card)
    assert head["license"] == "cc-by-4.0"
    assert [one["split"] for one in head["configs"][0]["data_files"]] == ["train", "validation", "test"]
    assert head["dataset_info"]["splits"][0]["num_examples"] == len(prepared.splits["train"])
    assert "13 files found = 12 used + 1 unreadable + 0 left out." in card
    assert 'datasets.load_dataset("ann/birds")' in card
    assert all(sha256 in card for sha256 in hash_splits(prepared.splits).values())


def test_facts_and_manifest_go_along_without_paths_of_this_machine(pushed, hub, prepared):
    facts = json.loads(hub.read("datasets", "ann/birds", "prepared.json"))
    assert facts["source"] == facts["settings"]["data"]["source"] == "birds"
    assert facts["counts"] == prepared.facts.counts
    manifest = hub.read("datasets", "ann/birds", "manifest.parquet")
    assert manifest == (prepared.folder / "manifest.parquet").read_bytes()
    place = str(prepared.folder.parent).encode()
    for path in hub.files("datasets", "ann/birds"):
        assert place not in hub.read("datasets", "ann/birds", path)
    assert len(read_manifest(prepared.folder)) == 13


def test_a_second_push_replaces_the_first_and_keeps_a_license_chosen_before(pushed, hub, client, make_class_folders):
    other = prepare(make_class_folders({"a": 4, "b": 4}))
    answer = client.call("push", other.folder, "ann/birds")
    assert answer["value"] == 0
    loaded = client.call("load", "ann/birds")["value"]
    assert loaded == {name: describe_rows(split) for name, split in other.splits.items()}
    card = hub.read("datasets", "ann/birds", "README.md").decode()
    assert read_head(card)["license"] == "cc-by-4.0"
    assert read_head(card)["dataset_info"]["splits"][0]["num_examples"] == len(other.splits["train"])
    assert "rouge-gorge" not in card


@pytest.mark.parametrize(("repo_id", "step"), [("ann/cut-1", "/ann/cut-1.git/info/lfs"), ("ann/cut-2", "^/lfs/")])
def test_a_push_that_was_cut_off_can_be_run_again(hub, client, make_class_folders, repo_id, step):
    prepared = prepare(make_class_folders({repo_id[4:]: 3, "b": 3}))  # what the Hub has seen is not sent again
    hub.broken[step] = 403
    try:
        first = client.call("push", prepared.folder, repo_id)
    finally:
        hub.broken.clear()
    assert first["value"] == 2
    assert f"error: {repo_id}: your token gives no right to write there" in first["errors"]
    assert client.call("push", prepared.folder, repo_id)["value"] == 0


@pytest.mark.parametrize("repo_id", ["ann/a..b", "ann/a--b", f"ann/{'x' * 120}"])
def test_names_that_the_hub_does_not_take_are_one_message(client, prepared, repo_id):
    errors = client.call("push", prepared.folder, repo_id)["errors"]
    assert errors.startswith(f"error: {repo_id}: the Hub does not take this name (")


def test_a_data_set_is_private_unless_somebody_says_otherwise(hub, client, prepared):
    assert client.call("push", prepared.folder, "ann/secret")["value"] == 0
    assert hub.repos["datasets", "ann/secret"].private
    assert client.call("push", prepared.folder, "ann/open", "--public")["value"] == 0
    assert not hub.repos["datasets", "ann/open"].private
    answer = client.call("push", prepared.folder, "ann/open")
    assert answer["value"] == 2
    assert "ann/open is there already and is public: add --public" in answer["errors"]


@pytest.mark.parametrize(
    ("arguments", "token", "message"),
    [
        (["FOLDER", "birds"], TOKEN, "birds: a data set on the Hub reads owner/name"),
        (["nowhere", "ann/x"], TOKEN, "nowhere is not a prepared data set (no prepared.json)"),
        (["FOLDER", "bob/x"], TOKEN, "bob/x: you are logged in as ann and may write to ann only"),
        (["FOLDER", "ann/x"], "wrong", "ann/x: the Hub does not accept your token; run `hf auth login`"),
        (["FOLDER", "ann/x"], "", "ann/x: you are not logged in; run `hf auth login`"),
        (["FOLDER", "ann/x", "--license", "mitt"], TOKEN, "--license mitt: the Hub does not accept the card"),
        (["FOLDER", "ann/thesis"], TOKEN, "ann/thesis is there already, is not a data set of Vitrine's"),
        (["FOLDER", "ann/readonly"], TOKEN, "ann/readonly: your token gives no right to write there"),
    ],
)
def test_mistakes_are_one_message_and_write_nothing(hub, client, prepared, arguments, token, message):
    hub.put("datasets", "ann/thesis", {"results.csv": b"1"})
    hub.broken["/repos/create"] = 403 if "ann/readonly" in arguments else 0
    if not hub.broken["/repos/create"]:
        hub.broken.clear()
    before = {key: dict(repo.branches) for key, repo in hub.repos.items()}
    client.call("set_variable", "HF_TOKEN", token)
    try:
        answer = client.call("push", *(str(prepared.folder) if word == "FOLDER" else word for word in arguments))
    finally:
        client.call("set_variable", "HF_TOKEN", TOKEN)
        hub.broken.clear()
    assert answer["value"] == 2
    assert answer["errors"].startswith(f"error: {message}")
    assert answer["errors"].count("\n") == 1
    assert {key: dict(repo.branches) for key, repo in hub.repos.items()} == before


@pytest.mark.slow
def test_a_network_that_is_down_takes_seconds_and_one_message(prepared, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with HubClient(hub_environment(f"http://127.0.0.1:{port}", tmp_path, TOKEN)) as client:
        client.call("push", "nowhere", "ann/birds")  # imports take their time
        answer = client.call("push", prepared.folder, "ann/birds")
    assert answer["errors"].startswith("error: ann/birds: the Hugging Face Hub cannot be reached (")
    assert answer["errors"].count("\n") == 1
    assert answer["seconds"] < 10


# The double itself: what later parts need of it


def test_the_double_takes_and_gives_models_and_spaces(hub, client, tmp_path):
    (tmp_path / "model" / "deep").mkdir(parents=True)
    (tmp_path / "model" / "config.json").write_text("{}")
    (tmp_path / "model" / "deep" / "model.safetensors").write_bytes(b"x" * 100_000)
    (tmp_path / "model" / "README.md").write_text("---\nlicense: mit\n---\n# A model\n")
    commit = client.call("upload", tmp_path / "model", "ann/model", "model")["value"]
    assert hub.repos["models", "ann/model"].branches["main"] == commit
    expected = ["README.md", "config.json", "deep/model.safetensors"]
    assert client.call("download", "ann/model", tmp_path / "back")["value"] == expected
    assert (tmp_path / "back" / "deep" / "model.safetensors").read_bytes() == b"x" * 100_000
    client.call("upload", tmp_path / "model", "ann/space", "space")
    assert hub.repos["spaces", "ann/space"].settings == {"sdk": "static"}
    shutil.rmtree(tmp_path / "back")
    assert datasets.config.HF_HUB_OFFLINE  # this process itself never reaches a Hub


def test_a_private_data_set_is_not_opened_with_its_past(hub, client, prepared):
    assert client.call("push", prepared.folder, "ann/past")["value"] == 0
    assert "is there already and is private" in client.call("push", prepared.folder, "ann/past", "--public")["errors"]
    assert hub.repos["datasets", "ann/past"].private
