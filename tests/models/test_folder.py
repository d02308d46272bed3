"""The model folder: its processor, its pictures, and that loading runs no code but our own."""

import json

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import AutoImageProcessor, BitImageProcessor, ViTImageProcessor

from tests.factories import IMAGENET, SIDE, write_timm_folder, write_tiny_resnet
from tests.records.examples import EXAMPLES
from vitrine.data.images.preprocessing import Preparation
from vitrine.data.images.processor import VitrineImageProcessor
from vitrine.errors import UserError
from vitrine.models.backbones.build import build_small_cnn
from vitrine.models.damage import sum_model
from vitrine.models.folder import (
    build_processor,
    load_model,
    normalize_images,
    save_examples,
    save_metadata,
    save_model,
)
from vitrine.records.model import ModelMetadata

CUSTOM = Preparation(steps=("autocontrast", "crop_centre", "whiten"), resize="letterbox", fill_color="black")


@pytest.fixture
def model_folder(tmp_path):
    folder = tmp_path / "my.model-v1 é"
    save_model(folder, build_small_cnn(("a", "b", "c"), (8, 16), 1, 0.1), build_processor(SIDE, IMAGENET, CUSTOM))
    return folder


@pytest.mark.parametrize(
    ("preparation", "kind"),
    [
        (Preparation(), ViTImageProcessor),
        (Preparation(resize="crop"), BitImageProcessor),
        (Preparation(resize="letterbox"), VitrineImageProcessor),
        (Preparation(fill_color="grey"), VitrineImageProcessor),
        (Preparation(steps=("whiten",)), VitrineImageProcessor),
        (Preparation(resize="crop", steps=("equalize",)), VitrineImageProcessor),
    ],
)
def test_own_code_is_shipped_only_where_no_standard_processor_says_it(preparation, kind, tmp_path):
    processor = build_processor(SIDE, IMAGENET, preparation)
    assert type(processor) is kind
    processor.save_pretrained(tmp_path)
    files = {"processor.py", "resizing.py", "steps.py"} if kind is VitrineImageProcessor else set()
    assert {file.name for file in tmp_path.iterdir()} == {"preprocessor_config.json"} | files


def test_loading_never_runs_code_from_the_folder(model_folder, tmp_path):
    for file in model_folder.glob("*.py"):
        file.write_text(f"open({str(tmp_path / 'was run')!r}, 'w')\n")
    _, processor, _, _ = load_model(str(model_folder))
    assert type(processor) is VitrineImageProcessor
    assert not (tmp_path / "was run").exists()


@pytest.mark.parametrize("change", [{"ground": "pink"}, {"steps": ["sharpen"]}, {"resize_mode": "stretch"}])
def test_a_model_of_a_later_version_is_refused_when_it_is_loaded(model_folder, change):
    path = model_folder / "preprocessor_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(UserError, match="asks for something unknown"):
        load_model(str(model_folder))


def test_a_loaded_model_is_in_evaluation_mode_and_float32_and_its_processor_takes_gray_pictures(tmp_path):
    folder = write_tiny_resnet(tmp_path)
    model, processor, metadata, found = load_model(str(folder))
    assert (model.training, model.dtype, metadata, found) == (False, torch.float32, None, folder)
    assert processor(images=Image.new("L", (9, 9)), return_tensors="pt")["pixel_values"].shape == (1, 3, SIDE, SIDE)


def test_our_own_facts_are_loaded_with_the_model(model_folder):
    written = EXAMPLES[ModelMetadata]()
    save_metadata(model_folder, written)
    assert load_model(str(model_folder))[2] == written.model_copy(update={"files": sum_model(model_folder)})


def test_what_is_no_image_classifier_and_one_that_lacks_weights_are_named(tmp_path):
    folder = write_tiny_resnet(tmp_path)
    weights = load_file(folder / "model.safetensors")
    name = next(name for name in weights if name.endswith("convolution.weight"))
    del weights[name]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(UserError, match=rf"lacks weights: {name}"):
        load_model(str(folder))
    (folder / "config.json").write_text('{"model_type": "of nobody"}')
    with pytest.raises(UserError, match="cannot be loaded as an image classifier"):
        load_model(str(folder))


def test_examples_are_written_as_they_are_and_named_by_their_place(tmp_path):
    pictures = [(Image.new("RGB", (5, 4), "red"), "cat"), (Image.new("RGB", (3, 3), "blue"), "dog é")]
    examples = save_examples(tmp_path, pictures, prepared=True)
    assert [(one.file, one.label_name, one.prepared) for one in examples] == [
        ("examples/000.png", "cat", True),
        ("examples/001.png", "dog é", True),
    ]
    with Image.open(tmp_path / examples[0].file) as stored:
        assert (stored.size, stored.getpixel((0, 0))) == ((5, 4), (255, 0, 0))


def test_preprocessed_pictures_are_only_normalized():
    preprocessed = torch.zeros(2, 3, SIDE, SIDE, dtype=torch.uint8)
    preprocessed[1] = 255
    normalized = normalize_images(build_processor(SIDE, IMAGENET, Preparation(resize="crop")), preprocessed)
    assert (normalized.shape, normalized.dtype) == (preprocessed.shape, torch.float32)
    for channel in range(3):
        mean, deviation = IMAGENET.mean[channel], IMAGENET.std[channel]
        assert normalized[0, channel].unique().item() == pytest.approx(-mean / deviation, abs=1e-5)
        assert normalized[1, channel].unique().item() == pytest.approx((1 - mean) / deviation, abs=1e-5)


def test_preprocessed_pictures_of_a_timm_model_are_only_normalized(tmp_path):
    _, processor, _, _ = load_model(str(write_timm_folder(tmp_path / "timm", SIDE)))
    preprocessed = torch.randint(0, 256, (2, 3, SIDE, SIDE), dtype=torch.uint8)
    normalized = normalize_images(processor, preprocessed)
    torch.testing.assert_close(normalized, normalize_images(build_processor(SIDE, IMAGENET), preprocessed))


@pytest.mark.parametrize("resize", ["squash", "crop", "letterbox"])
def test_every_processor_keeps_what_is_done_with_color_profiles(resize, tmp_path):
    processor = build_processor(SIDE, IMAGENET, Preparation(resize=resize, color_profiles="apply"))
    processor.save_pretrained(tmp_path)
    assert AutoImageProcessor.from_pretrained(tmp_path, trust_remote_code=True).color_profiles == "apply"
