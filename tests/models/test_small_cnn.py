import subprocess
import sys

import pytest
import torch
from transformers import AutoModelForImageClassification, pipeline
from transformers.dynamic_module_utils import get_class_from_dynamic_module

from tests.factories import SIDE
from vitrine.errors import UserError
from vitrine.models.backbones.build import build_small_cnn
from vitrine.models.backbones.normalization import CENTERED
from vitrine.models.folder import build_processor, load_model, save_model

LABELS = ("cat", "dog", "été")


# Shapes that differ in everything that can be chosen.
SHAPES = {
    "residual": {},
    "residual with a stem of stride 2": {"stem_stride": 2, "blocks_per_stage": 2},
    "residual with pooling layers": {"pooling": "average", "activation": "leaky_relu", "kernel_sizes": (5, 3, 3)},
    "depthwise": {"block": "depthwise", "blocks_per_stage": 2, "kernel_sizes": (5,)},
    "without batch norm": {"batch_norm": False},
    "plain": {"block": "plain", "dense_units": (12,), "dense_dropouts": (0.5,)},
    "plain, strided": {"block": "plain", "head_pool": "flatten", "pool_sizes": (2, 2, 1)},
    "plain and flat": {
        "block": "plain",
        "padding": "valid",
        "pooling": "max",
        "pool_sizes": (2, 1, 2),
        "batch_norm": False,
        "head_batch_norm": True,
        "head_pool": "flatten",
        "dense_units": (12, 10),
    },
}
every_shape = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)


def small_cnn(filters=(8, 16, 32), **shape):
    torch.manual_seed(0)
    chosen = {"blocks_per_stage": 1, "dropout": 0.1, "image_size": SIDE} | shape
    return build_small_cnn(LABELS, filters, **chosen)


def test_every_stage_after_the_first_halves_the_picture():
    stages = [module for module in small_cnn().backbone if type(module).__name__ == "ResidualBlock"]
    features = torch.zeros(2, 8, SIDE, SIDE)
    sides = []
    for stage in stages:
        features = stage(features)
        sides.append(features.shape[-1])
    assert sides == [SIDE, SIDE // 2, SIDE // 4]


def test_weights_start_as_he_initialization_asks():
    model = small_cnn((64, 64), dense_units=(400,))
    expected = (2 / (64 * 9)) ** 0.5
    assert model.backbone[2].first[0].weight.std().item() == pytest.approx(expected, rel=0.05)
    assert model.hidden[1].weight.std().item() == pytest.approx((2 / 64) ** 0.5, rel=0.05)
    assert model.classifier.weight.std().item() == pytest.approx((1 / 400) ** 0.5, rel=0.1)


@every_shape
def test_signals_neither_vanish_nor_explode_on_their_way(shape):
    logits = small_cnn(**shape)(torch.randn(16, 3, SIDE, SIDE)).logits
    assert 0.05 < logits.std().item() < 20


@every_shape
def test_every_parameter_learns(shape):
    model = small_cnn(**shape)
    model(torch.randn(4, 3, SIDE, SIDE), labels=torch.tensor([0, 1, 2, 0])).loss.backward()
    assert [name for name, value in model.named_parameters() if value.grad is None] == []
    assert all(value.grad.isfinite().all() for value in model.parameters())


@pytest.mark.parametrize(
    ("shape", "side"),
    [
        ({}, SIDE // 4),
        ({"stem_stride": 2}, SIDE // 8),
        ({"pooling": "max", "pool_sizes": (2,)}, SIDE // 8),
        ({"pool_sizes": (4, 1, 1)}, SIDE // 4),
        ({"block": "depthwise", "pool_sizes": (1,)}, SIDE),
        ({"block": "plain", "padding": "valid", "pool_sizes": (1,)}, SIDE - 6),
        ({"block": "plain", "padding": "valid", "pool_sizes": (1,), "kernel_sizes": (5, 3, 1)}, SIDE - 6),
        ({"block": "plain", "padding": "valid", "pool_sizes": (1,), "blocks_per_stage": 2}, SIDE - 12),
    ],
)
def test_height_and_width_shrink_as_asked(shape, side):
    model = small_cnn(head_pool="flatten", **shape).eval()
    features = model.backbone(torch.zeros(1, 3, SIDE, SIDE))
    assert features.shape == (1, 32 * side * side) == (1, model.classifier.in_features)


@pytest.mark.parametrize("side", [SIDE - 3, SIDE - 1, SIDE + 1, SIDE + 5])
@every_shape
def test_odd_sides_fit_too(shape, side):
    model = small_cnn(**shape, image_size=side).eval()
    assert model(torch.zeros(1, 3, side, side)).logits.shape == (1, 3)


@pytest.mark.parametrize(("pooling", "layers"), [("stride", []), ("max", ["MaxPool2d"]), ("average", ["AvgPool2d"])])
def test_pooling_is_done_as_asked(pooling, layers):
    modules = small_cnn(block="plain", pooling=pooling, pool_sizes=(1, 2, 1)).modules()
    assert [kind for module in modules if (kind := type(module).__name__) in ("MaxPool2d", "AvgPool2d")] == layers


def test_activation_and_dropout_stand_where_they_are_asked_for():
    model = small_cnn(activation="leaky_relu", dropout=0.2, dense_units=(12, 10), dense_dropouts=(0.7, 0.0))
    assert not any(isinstance(module, torch.nn.ReLU) for module in model.modules())
    kinds = ["Dropout", "Linear", "LeakyReLU", "Dropout", "Linear", "LeakyReLU"]
    assert [type(module).__name__ for module in model.hidden] == kinds
    assert [module.p for module in model.hidden if isinstance(module, torch.nn.Dropout)] == [0.2, 0.7]


def test_pictures_too_small_for_the_network_are_one_message():
    with pytest.raises(UserError, match=r"nothing is left of pictures of 8 pixels"):
        small_cnn(block="plain", padding="valid", kernel_sizes=(5,), image_size=8)


def test_a_flattening_network_cannot_be_made_without_a_side():
    with pytest.raises(ValueError, match="image_size"):
        small_cnn(head_pool="flatten", image_size=None)


@every_shape
def test_a_reloaded_model_gives_the_same_logits(tmp_path, shape):
    model = small_cnn(**shape)
    model(torch.rand(16, 3, SIDE, SIDE))  # moves the statistics of batch norm
    model.eval()
    save_model(tmp_path, model, build_processor(SIDE, CENTERED))
    pixels = torch.rand(4, 3, SIDE, SIDE)
    reloaded, *_ = load_model(str(tmp_path))
    torch.testing.assert_close(reloaded(pixels).logits, model(pixels).logits)


@pytest.mark.slow
def test_the_folder_loads_where_vitrine_is_not_installed(tmp_path):
    lines = ["import sys; from transformers import pipeline; from PIL import Image"]
    for name in ("residual", "plain and flat"):
        folder = tmp_path / f"my.{name}-v1 é"
        save_model(folder, small_cnn(**SHAPES[name]), build_processor(SIDE, CENTERED))
        lines += [
            f"pipe = pipeline('image-classification', model={str(folder)!r}, trust_remote_code=True)",
            "answers = pipe(Image.new('RGB', (50, 40), 'red'))",
            f"assert sorted(answer['label'] for answer in answers) == {sorted(LABELS)}",
        ]
    program = "\n".join([*lines, "assert 'vitrine' not in sys.modules"])
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert answer.returncode == 0, answer.stderr[-2000:]


@every_shape
@torch.inference_mode()
def test_the_code_that_travels_with_a_model_needs_no_code_of_ours_and_gives_its_logits(tmp_path, shape):
    model = small_cnn(**shape).eval()
    save_model(tmp_path / "model", model, build_processor(SIDE, CENTERED))
    code = (tmp_path / "model/small_cnn.py").read_text("utf-8")
    assert "import vitrine" not in code
    assert "from vitrine" not in code
    theirs = get_class_from_dynamic_module(f"small_cnn.{type(model).__name__}", tmp_path / "model")
    assert theirs is not type(model)
    pixels = torch.rand(2, 3, SIDE, SIDE)
    torch.testing.assert_close(theirs.from_pretrained(tmp_path / "model").eval()(pixels).logits, model(pixels).logits)


def test_its_own_loss_is_the_cross_entropy():
    model = small_cnn().eval()
    pixels, labels = torch.rand(4, 3, SIDE, SIDE), torch.tensor([0, 1, 2, 0])
    output = model(pixels, labels=labels)
    torch.testing.assert_close(output.loss, torch.nn.functional.cross_entropy(output.logits, labels))


def test_transformers_opens_it_beside_vitrine_without_remote_code(tmp_path):
    save_model(tmp_path, small_cnn(), build_processor(SIDE, CENTERED))
    load_model(str(tmp_path))  # registers the class
    model = AutoModelForImageClassification.from_pretrained(tmp_path, trust_remote_code=False)
    assert pipeline("image-classification", model=str(tmp_path), trust_remote_code=False).model.config.id2label == {
        0: "cat",
        1: "dog",
        2: "été",
    }
    assert type(model).__module__ == "vitrine.models.small_cnn"
