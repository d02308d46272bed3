import numpy as np
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn
from transformers import EfficientNetConfig, MobileNetV2Config, pipeline

from tests.factories import IMAGENET
from vitrine.errors import UserError
from vitrine.models.backbones.build import build_backbone, head_modules, place
from vitrine.models.backbones.normalization import CENTERED
from vitrine.models.backbones.random_init import build_fresh_like
from vitrine.models.backbones.table import BACKBONES
from vitrine.models.folder import build_processor, load_model, save_model

LABELS = ("cat", "dog", "fox")
SIDE = 75  # the smallest that Inception-v3 takes
QUICK = ("resnet18", "mobilenet_v2")


def every_backbone():
    return [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in BACKBONES]


def train_a_step(model, pixels):
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
    loss = nn.functional.cross_entropy(model.train()(pixel_values=pixels).logits, torch.tensor([0, 1, 2, 0, 1, 2]))
    loss.backward()
    optimizer.step()
    model.eval()
    return loss.item(), [name for name, parameter in model.named_parameters() if parameter.grad is None]


@pytest.mark.parametrize("name", every_backbone())
def test_every_backbone_builds_trains_saves_reloads_and_runs_in_a_pipeline(name, tmp_path):
    torch.manual_seed(0)
    model, normalization = build_backbone(name, LABELS, pretrained=False, image_size=SIDE)
    pixels = torch.rand(6, 3, SIDE, SIDE)  # batch norm of a 1x1 map has no slope to speak of over two pictures
    loss, untouched = train_a_step(place(model, "cpu"), pixels)
    assert np.isfinite(loss)
    assert untouched == []
    save_model(tmp_path, model, build_processor(SIDE, normalization))
    reloaded, *_ = load_model(str(tmp_path))
    with torch.inference_mode():
        expected = model(pixel_values=pixels).logits
        difference = (place(reloaded, "cpu")(pixel_values=pixels).logits - expected).abs().max()
    assert difference <= 1e-5 * expected.abs().max()
    answers = pipeline("image-classification", model=str(tmp_path))(Image.new("RGB", (90, 80), "red"))
    assert sorted(answer["label"] for answer in answers) == list(LABELS)


def test_every_architecture_of_the_table_is_known_without_a_network():
    for row in BACKBONES.values():
        assert timm.is_model(row.architecture)


@pytest.mark.parametrize("name", ["efficientnet_b0", "mobilenet_v2", "resnet18"])
def test_random_weights_are_those_of_timm(name):
    torch.manual_seed(3)
    network = timm.create_model(BACKBONES[name].architecture, num_classes=3)
    torch.manual_seed(3)
    model, normalization = build_backbone(name, LABELS, pretrained=False)
    assert normalization == CENTERED
    weights = model.timm_model.state_dict()
    assert all(torch.equal(tensor, weights[key]) for key, tensor in network.state_dict().items())
    # What transformers would have drawn instead.
    assert not 0.019 < weights[next(key for key in weights if "conv" in key)].std() < 0.021


@pytest.mark.parametrize(
    "config",
    [
        EfficientNetConfig(width_coefficient=0.25, depth_coefficient=0.2, image_size=SIDE, hidden_dim=320),
        MobileNetV2Config(depth_multiplier=0.25),
    ],
)
def test_transformers_networks_start_from_he_initialization_too(config):
    config.id2label = dict(enumerate(LABELS))
    model = build_fresh_like(config, LABELS)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert torch.equal(module.weight, torch.ones_like(module.weight))
        if isinstance(module, nn.Conv2d) and module.weight.numel() > 3000:
            fan_out = module.weight.shape[0] * module.weight[0, 0].numel() / module.groups
            assert module.weight.std().item() == pytest.approx((2 / fan_out) ** 0.5, rel=0.1)


def colored_batches(steps, side=64, batch=12):
    """Noise with a coloured stripe: upright, lying or none."""
    generator = torch.Generator().manual_seed(0)
    for _ in range(steps):
        labels = torch.randint(0, 3, (batch,), generator=generator)
        pixels = torch.rand(batch, 3, side, side, generator=generator)
        for row, label in enumerate(labels.tolist()):
            if label == 0:
                pixels[row, :, :, 20:40] = 1.0
            elif label == 1:
                pixels[row, :, 20:40, :] = 1.0
        yield pixels * 2 - 1, labels


def learn(model, steps):
    model = place(model, "cpu").train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for pixels, labels in colored_batches(steps):
        loss = nn.functional.cross_entropy(model(pixel_values=pixels).logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.inference_mode():
        rights = [
            (model(pixel_values=pixels).logits.argmax(1) == labels).float().mean().item()
            for pixels, labels in colored_batches(6)
        ]
    return float(np.mean(rights))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["efficientnet_b0", "mobilenet_v2"])
def test_a_network_from_random_weights_learns_a_simple_task(name):
    torch.manual_seed(0)
    model, _ = build_backbone(name, LABELS, pretrained=False)
    assert learn(model, 70) > 0.7  # with transformers' own random weights: 0.24, less than chance


@pytest.fixture(scope="module")
def weights():
    torch.manual_seed(0)
    return timm.create_model("mobilenetv3_small_100", num_classes=7).state_dict()


def write_weights(folder, weights, name="weights.safetensors"):
    path = folder / name
    if path.suffix == ".safetensors":
        save_file({key: tensor.contiguous() for key, tensor in weights.items()}, path)
    else:
        torch.save({"epoch": 3, "state_dict": {f"module.{key}": tensor for key, tensor in weights.items()}}, path)
    return path


@pytest.mark.parametrize("name", ["weights.safetensors", "weights.pth"])
@pytest.mark.parametrize("architecture", ["mobilenet_v3_small", "mobilenetv3_small_100"])
def test_a_weights_file_gives_the_backbone_and_the_head_is_new(weights, tmp_path, name, architecture):
    path = write_weights(tmp_path, weights, name)
    model, normalization = build_backbone(str(path), LABELS, architecture=architecture, image_size=32)
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
        build_backbone(str(write_weights(tmp_path, changed)), LABELS, architecture="mobilenet_v3_small")
    message = str(refused.value)
    assert "1 missing (blocks.0.0.bn1.weight)" in message
    assert "1 that it does not have (blocks.9.extra)" in message
    assert "conv_stem.weight [8, 3, 3, 3] instead of [16, 3, 3, 3]" in message


def test_weights_of_a_deeper_network_are_refused(tmp_path):
    deeper = timm.create_model("resnet34", num_classes=2).state_dict()
    with pytest.raises(UserError, match=r"\d+ that it does not have \(layer1\.2\.bn1"):
        build_backbone(str(write_weights(tmp_path, deeper)), LABELS, architecture="resnet18")


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


def test_a_weights_file_cannot_start_from_random_weights(weights, tmp_path):
    with pytest.raises(UserError, match=r"model\.pretrained"):
        build_backbone(
            str(write_weights(tmp_path, weights)), LABELS, pretrained=False, architecture="mobilenet_v3_small"
        )
