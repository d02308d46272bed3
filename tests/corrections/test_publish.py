"""Corrections on the Hub: a private data set, a file for each server; nothing is lost where the Hub does not answer."""

import pytest

from tests.corrections.examples import judgment
from tests.hub_fixtures import client, hub
from vitrine.corrections.publish import name_server
from vitrine.corrections.store import CorrectionStore
from vitrine.corrections.table import read_table

__all__ = ["client", "hub"]  # fixtures
DATASET = ("datasets", "ann/corrections")
PLACE = f"pictures/aa/{'a' * 64}.jpg"


@pytest.fixture
def store(hub, tmp_path):
    hub.broken.clear()
    hub.repos.clear()
    store = CorrectionStore(tmp_path / "store")
    store.add(judgment("a", "cat", file="a.png", label_name="dog", kept=PLACE))
    return store


def read(hub, store, tmp_path):
    path = tmp_path / "pushed.csv"
    path.write_bytes(hub.read(*DATASET, f"corrections/{name_server(store.folder)}.csv"))
    return read_table(path)


def test_the_whole_table_without_pictures_is_in_a_private_data_set(hub, client, store, tmp_path):
    answer = client.call("push_corrections", store.folder, DATASET[1])
    assert answer["value"] == []
    pushed = read(hub, store, tmp_path)
    assert [one.id for one in pushed] == [one.id for one in store.all()]
    assert len(pushed) == 2
    assert {one.kept for one in pushed} == {""}
    assert hub.repos[DATASET].private
    commits = [message for message in hub.repos[DATASET].messages if "judgment" in message]
    assert commits == ["1 judgment", "2 judgments"]  # nothing for what has not grown


def test_each_server_has_a_file_of_its_own_that_it_keeps_after_a_restart(hub, client, store, tmp_path):
    other = CorrectionStore(tmp_path / "other")
    for folder in (store.folder, other.folder, store.folder):
        assert client.call("push_corrections", folder, DATASET[1])["value"] == []
    files = [name for name in hub.files(*DATASET) if name.endswith(".csv")]
    assert files == sorted(f"corrections/{name_server(one.folder)}.csv" for one in (store, other))
    assert len(read(hub, store, tmp_path)) == 3


def test_where_the_hub_does_not_answer_it_is_said_and_the_next_push_brings_all(hub, client, store, tmp_path):
    assert client.call("push_corrections", store.folder, DATASET[1])["value"] == []
    hub.broken["/api/datasets/ann/corrections/commit/.*"] = 500
    said = client.call("push_corrections", store.folder, DATASET[1])["value"]
    assert said
    assert all("not on the Hub yet" in line and str(store.folder) in line for line in said)
    hub.broken.clear()
    assert client.call("push_corrections", store.folder, DATASET[1])["value"] == []
    assert [one.id for one in read(hub, store, tmp_path)] == [one.id for one in store.all()]


def test_a_public_data_set_is_refused(hub, client, store):
    hub.put("datasets", DATASET[1], {"README.md": b"hello"}, private=False)
    error = client.call("push_corrections", store.folder, DATASET[1])["error"]
    assert "--corrections-to ann/corrections: this data set is public" in error


@pytest.mark.parametrize("repo_id", ["corrections", "bob/corrections", "ann/"])
def test_a_data_set_that_cannot_be_written_is_refused_before_the_page_opens(hub, client, store, repo_id):
    assert f"--corrections-to {repo_id}: " in client.call("push_corrections", store.folder, repo_id)["error"]


def test_a_damaged_name_of_a_server_leads_nowhere_else(tmp_path):
    (tmp_path / "server.txt").write_text("../../ab12")
    assert name_server(tmp_path) == "ab12"
