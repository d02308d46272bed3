"""Where a model's files are found; the Hub itself is not asked."""

import httpx
import pytest
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

from tests.records.revision_lines import make_line
from vitrine.errors import UserError
from vitrine.models.hub_files import find_model_folder, is_inside

RESPONSE = httpx.Response(403, request=httpx.Request("GET", "https://example.org"))


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """Stands for a download: gives `tmp_path`, or raises what the test puts here; keeps what was asked for."""
    asked = {"error": None, "calls": []}

    def download(model_id, allow_patterns):
        asked["calls"].append((model_id, allow_patterns))
        if asked["error"] is not None:
            raise asked["error"]
        return str(tmp_path)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    return asked


def test_a_folder_with_a_configuration_is_taken_as_it_is(hub, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "model").mkdir()
    (tmp_path / "model/config.json").touch()
    assert find_model_folder(str(tmp_path / "model")) == tmp_path / "model"
    assert find_model_folder("~/model") == tmp_path / "model"
    assert find_model_folder(str(tmp_path)) == tmp_path / "model"  # as that of a run
    assert hub["calls"] == []


def test_a_folder_without_one_is_named(tmp_path):
    with pytest.raises(UserError, match=r"is not a model folder: it has no config\.json"):
        find_model_folder(str(tmp_path))


@pytest.mark.parametrize("model_id", ["./nowhere", "/no/where", "~/nowhere", "resnet-18", "a/b/c", __file__])
def test_what_is_neither_a_folder_nor_reads_owner_slash_name_is_not_looked_for_on_the_hub(hub, model_id):
    with pytest.raises(UserError, match="there is no such model folder, and an id on the Hub reads owner/name"):
        find_model_folder(model_id)
    assert hub["calls"] == []


def test_a_download_brings_weights_only_where_they_are_needed_and_only_as_safetensors(hub, tmp_path):
    assert find_model_folder("ann/birds") == tmp_path
    find_model_folder("ann/birds", weights=False)
    assert hub["calls"] == [("ann/birds", ["*.json", "*.safetensors", "examples/*"]), ("ann/birds", ["*.json"])]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (GatedRepoError("gated", response=RESPONSE), r"grants access on request; .*hf auth login"),
        (RepositoryNotFoundError("none", response=RESPONSE), "no such model on the Hugging Face Hub"),
        (HfHubHTTPError("503 busy\nmore", response=RESPONSE), r"cannot be reached \(503 busy\)"),
        (ConnectionError("no route"), r"cannot be reached \(no route\).*or try again with a network"),
    ],
    ids=["gated", "missing", "busy", "offline"],
)
def test_what_keeps_a_model_on_the_hub_is_one_clear_message(hub, error, message):
    hub["error"] = error
    with pytest.raises(UserError, match=rf"ann/birds: .*{message}"):
        find_model_folder("ann/birds")


def test_without_a_network_the_message_speaks_of_folders_not_of_a_librarys_variable():
    with pytest.raises(UserError) as error:
        find_model_folder("ann/birds")
    assert "not among the downloads of this machine" in str(error.value)
    assert "Give the folder of a model" in str(error.value)
    assert "HF_" not in str(error.value)


def test_names_and_links_that_lead_out_of_a_model_folder_are_not_its_own(tmp_path):
    (tmp_path / "secret.png").touch()
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "own.png").touch()
    for name, target in {"inner": "own.png", "link": "../secret.png", "up": "..", "circle": "circle.png"}.items():
        (folder / f"{name}.png").symlink_to(target)
    assert all(is_inside(folder, name) for name in ("own.png", "inner.png", "missing.png", "./own.png"))
    outside = ("../secret.png", str(tmp_path / "secret.png"), "link.png", "up.png/secret.png", "circle.png", "a\0b")
    assert not any(is_inside(folder, name) for name in outside)


def test_a_download_is_links_to_the_store_of_the_hub_and_nothing_else(tmp_path):
    snapshot = tmp_path / "models--a--b" / "snapshots" / "1f"
    snapshot.mkdir(parents=True)
    (snapshot / "own.png").symlink_to("../../blobs/0a")
    (snapshot / "link.png").symlink_to("../../refs/main")
    assert is_inside(snapshot, "own.png")
    assert not is_inside(snapshot, "link.png")


def test_of_a_model_with_revisions_the_one_in_use_is_meant(tmp_path):
    line = make_line(tmp_path)
    for number in (1, 2):
        (line.place(number) / "model/config.json").write_text("{}")
    assert find_model_folder(str(line.folder)).resolve() == (line.place(2) / "model").resolve()
    (line.place(2) / "model/config.json").unlink()
    with pytest.raises(UserError, match="0002/model is not a model folder"):
        find_model_folder(str(line.folder))
