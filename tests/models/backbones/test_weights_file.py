import pytest
import timm
import torch
from safetensors.torch import save_file

from tests.factories import IMAGENET, SIDE
from vitrine.errors import UserError
from vitrine.models.backbones.build import build_backbone, head_modules

LABELS = ("cat", "dog", "fox")


@pytest.fixture(scope="module")
def weights():
    torch.manual_seed(0)
    return timm.create_model("mobilenetv3_small_100", num_classes=7).state_dict()


def write(folder, weights, name="weights.safetensors"):
    path = folder / name
    if path.suffix == ".safetensors":
        save_file({key: tensor.contiguous() for key, tensor in weights.items()}, path)
    else:
        torch.save({"epoch": 3, "state_dict": {f"module.{key}": tensor for key, tensor in weights.items()}}, path)
    return path


@pytest.mark.parametrize("name", ["weights.safetensors", "weights.pth"])
@pytest.mark.parametrize("architecture", ["mobilenet_v3_small", "mobilenetv3_small_100"])
def test_a_weights_file_gives_the_backbone_and_the_head_is_new(weights, tmp_path, name, architecture):
    path = write(tmp_path, weights, name)
    model, normalization = build_backbone(str(path), LABELS, architecture=architecture, image_size=SIDE)
    assert normalization == IMAGENET
    loaded = model.timm_model.state_dict()
    equal = {
        key for key in weights if weights[key].shape == loaded[key].shape and torch.equal(weights[key], loaded[key])
    }
    assert set(weights) - equal == {"classifier.weight", "classifier.bias"}
    assert head_modules(model)[0].out_features == 3
    assert model.config.id2label == dict(enumerate(LABELS))


def test_weights_that_do_not_fit_are_refused_with_their_keys(weights, tmp_path):
    changed = dict(weights)
    del changed["blocks.0.0.bn1.weight"]
    changed["blocks.9.extra"] = torch.zeros(3)
    changed["conv_stem.weight"] = torch.zeros(8, 3, 3, 3)
    with pytest.raises(UserError) as refused:
        build_backbone(str(write(tmp_path, changed)), LABELS, architecture="mobilenet_v3_small")
    message = str(refused.value)
    assert "1 missing (blocks.0.0.bn1.weight)" in message
    assert "1 that it does not have (blocks.9.extra)" in message
    assert "conv_stem.weight [8, 3, 3, 3] instead of [16, 3, 3, 3]" in message


def test_weights_of_a_deeper_network_are_refused(tmp_path):
    deeper = timm.create_model("resnet34", num_classes=2).state_dict()
    with pytest.raises(UserError, match=r"\d+ that it does not have \(layer1\.2\.bn1"):
        build_backbone(str(write(tmp_path, deeper)), LABELS, architecture="resnet18")


@pytest.mark.parametrize(
    ("content", "architecture", "message"),
    [
        (b"x" * 50, "resnet18", "cannot be read as weights"),
        (b"", "resnet18", "cannot be read as weights"),
        (b"x", None, r"model\.architecture: weights\.\w+ holds weights only"),
        (b"x", "resnet19", r"model\.architecture: there is no 'resnet19'; nearest in our table: resnet1"),
        (None, "resnet18", "there is no file"),
    ],
)
@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_a_file_that_cannot_be_used_is_one_clear_message(content, architecture, message, suffix, tmp_path):
    path = tmp_path / f"weights{suffix}"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        build_backbone(str(path), LABELS, architecture=architecture)


def test_an_architecture_without_a_file_is_refused():
    with pytest.raises(UserError, match=r"model\.architecture: only for a weights file"):
        build_backbone("resnet18", LABELS, architecture="resnet18")


def test_a_weights_file_cannot_start_from_random_weights(weights, tmp_path):
    with pytest.raises(UserError, match=r"model\.pretrained"):
        build_backbone(str(write(tmp_path, weights)), LABELS, pretrained=False, architecture="mobilenet_v3_small")
