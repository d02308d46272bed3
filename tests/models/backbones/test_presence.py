"""Whether a backbone is there, asked before torch is imported."""

import pytest

from tests.factories import write_tiny_resnet
from vitrine.errors import UserError
from vitrine.models.backbones.presence import check_backbone, find_backbone_folder, is_weights_file, knows_no_labels


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    """Ids that the Hub was asked for; it has `owner/there` only."""
    ids = []

    def snapshot(model_id, allow_patterns):
        ids.append((model_id, tuple(allow_patterns)))
        if model_id != "owner/there":
            raise OSError("the network is down")
        return "/cache/there"

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    return ids


def test_names_of_the_table_and_the_small_cnn_ask_nobody(asked):
    for name in ("small_cnn", "resnet18", "efficientnet_b0"):
        check_backbone(name)
    check_backbone("timm/resnet18.a1_in1k", pretrained=False)
    assert asked == []


def test_of_the_hub_only_the_small_files_are_fetched_and_a_word_is_said(asked, caplog):
    check_backbone("owner/there")
    assert asked == [("owner/there", ("*.json",))]
    assert caplog.messages == ["note: looking for owner/there on the Hugging Face Hub"]


def test_an_id_that_the_hub_does_not_give_is_named():
    with pytest.raises(UserError, match=r"^model.backbone: owner/missing: no such folder here"):
        check_backbone("owner/missing")


def test_a_timm_id_without_a_network_can_start_from_random_weights():
    with pytest.raises(UserError, match=r"Random weights need no download: model.pretrained=false$"):
        find_backbone_folder("timm/resnet18.a1_in1k", "timm/resnet18.a1_in1k")


def test_a_wrong_name_has_its_nearest_ones(asked):
    with pytest.raises(UserError, match=r"there is no 'resnet81'; nearest in our table: resnet18"):
        check_backbone("resnet81")
    assert asked == []


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("{folder}/none.pth", "there is no file .*none.pth"),
        ("{folder}/none", "there is no such model folder"),
        ("{folder}", "is not a model folder: it has no config.json"),
    ],
)
def test_places_on_this_machine_are_looked_at(tmp_path, name, fault, asked):
    with pytest.raises(UserError, match=fault):
        check_backbone(name.format(folder=tmp_path))
    assert asked == []


def test_a_model_folder_and_a_weights_file_are_there(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "weights.pth").touch()
    check_backbone(str(tmp_path))
    check_backbone(str(tmp_path / "weights.pth"))


def test_a_folder_with_the_suffix_of_weights_is_a_folder(tmp_path):
    (tmp_path / "model.bin").mkdir()
    assert not is_weights_file(str(tmp_path / "model.bin"))
    assert is_weights_file("somewhere/model.bin")


def test_only_pretrained_networks_that_never_saw_these_labels_may_judge(tmp_path):
    tiny = write_tiny_resnet(tmp_path / "run/model")
    assert knows_no_labels("resnet18", pretrained=True)
    assert knows_no_labels(str(tiny), pretrained=True)
    assert not knows_no_labels(str(tiny), pretrained=False)
    assert not knows_no_labels("small_cnn", pretrained=True)
    (tiny / "vitrine.json").write_text("{}")  # a model of ours: perhaps of this very data set
    assert not knows_no_labels(str(tiny), pretrained=True)
    assert not knows_no_labels(str(tiny.parent), pretrained=True)
