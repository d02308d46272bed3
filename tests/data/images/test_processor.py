"""The processor that travels: what it gives, and the same answers where Vitrine is not installed."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoImageProcessor
from transformers.dynamic_module_utils import get_class_from_dynamic_module

from tests.conftest import draw_scene
from tests.factories import IMAGENET, SIDE
from vitrine.data.images.decoding import open_image
from vitrine.data.images.preprocessing import Preparation, preprocess_image
from vitrine.data.images.processor import VitrineImageProcessor
from vitrine.models.backbones.build import build_small_cnn, register_own_classes
from vitrine.models.folder import build_processor, normalize_images, save_model
from vitrine.predict.predictor import Predictor
from vitrine.training.loop.steps import Normalizer

ALL = ("contrast", "autocontrast", "equalize", "crop_centre", "crop_content", "mirror_horizontal", "mirror_vertical")
PREPARATIONS = {
    "squash": Preparation(),
    "crop": Preparation(resize="crop"),
    "letterbox": Preparation(resize="letterbox"),
    "squash on black": Preparation(fill_color="black"),
    "crop on grey": Preparation(resize="crop", fill_color="grey"),
    "letterbox on black": Preparation(resize="letterbox", fill_color="black"),
    "whitened": Preparation(steps=("whiten",)),
    "whitened crop": Preparation(steps=("whiten",), resize="crop"),
    "every step": Preparation(steps=(*ALL, "whiten"), resize="letterbox", fill_color="grey"),
    "every step backwards": Preparation(steps=ALL[::-1], resize="crop", contrast_factor=0.6, center_share=0.5),
} | {step: Preparation(steps=(step,)) for step in ALL}
CUSTOM = Preparation(steps=("autocontrast", "crop_centre", "whiten"), resize="letterbox", fill_color="black")


@pytest.fixture(scope="module")
def awkward(awkward_pictures):
    """The pictures as people have them, undecoded modes included, but for the huge one."""
    return {path.name: path for path in sorted(awkward_pictures.iterdir()) if path.name != "huge.jpg"}


@pytest.mark.parametrize("name", PREPARATIONS)
def test_stored_pictures_and_the_processor_give_the_same_numbers(name, awkward):
    preparation = PREPARATIONS[name]
    processor = build_processor(SIDE, IMAGENET, preparation)
    normalize = Normalizer(IMAGENET, preparation.whitens, torch.contiguous_format, torch.device("cpu"))
    pictures = [open_image(path, rendering=preparation.rendering) for path in awkward.values()]
    preprocessed = torch.stack([preprocess_image(picture, SIDE, preparation) for picture in pictures])
    expected = processor(images=pictures, return_tensors="pt")["pixel_values"]
    assert expected.dtype == torch.float32
    torch.testing.assert_close(normalize(preprocessed.float()), expected, atol=1e-5, rtol=0)
    torch.testing.assert_close(normalize_images(processor, preprocessed), expected, atol=1e-5, rtol=0)


def test_every_preparation_gives_other_numbers(awkward):
    """Else the test above could not fail."""
    scene = open_image(awkward["rgba.png"])
    results = {
        name: build_processor(SIDE, IMAGENET, preparation)(images=scene, return_tensors="np")["pixel_values"]
        for name, preparation in PREPARATIONS.items()
        if preparation.fill_color == "white"
    }
    names = sorted(results)
    for number, one in enumerate(names):
        for other in names[:number]:
            assert np.abs(results[one] - results[other]).max() > 0.01, (one, other)


@pytest.mark.parametrize("name", ["rgba.png", "palette_alpha.png", "grey_16_bit.png", "float.tiff", "one_bit.png"])
def test_it_reads_every_mode_by_itself(name, awkward):
    preparation = Preparation(resize="letterbox", fill_color="grey")
    processor = build_processor(SIDE, IMAGENET, preparation)
    raw = processor(images=Image.open(awkward[name]), return_tensors="np")["pixel_values"]
    opened = processor(images=open_image(awkward[name], rendering=preparation.rendering), return_tensors="np")[
        "pixel_values"
    ]
    assert np.array_equal(raw, opened)


def test_arrays_tensors_and_batches_are_taken_as_well():
    processor = build_processor(SIDE, IMAGENET, CUSTOM)
    picture = draw_scene()
    array = np.asarray(picture)
    tensor = torch.from_numpy(array.copy()).permute(2, 0, 1)
    expected = processor(images=picture, return_tensors="pt")["pixel_values"]
    for given in ([picture], array, array[None], tensor, tensor[None], [tensor], np.moveaxis(array, -1, 0)):
        assert torch.equal(processor(images=given, return_tensors="pt")["pixel_values"], expected)
    gray = processor(images=array[:, :, 0], return_tensors="pt")["pixel_values"]
    assert torch.equal(gray, processor(images=Image.fromarray(array[:, :, 0]), return_tensors="pt")["pixel_values"])
    with pytest.raises(ValueError, match="uint8"):
        processor(images=array / 255)


def test_it_is_the_same_after_saving_and_loading(tmp_path):
    processor = build_processor(SIDE, IMAGENET, CUSTOM)
    processor.save_pretrained(tmp_path)
    register_own_classes()
    loaded = AutoImageProcessor.from_pretrained(tmp_path, trust_remote_code=False)
    assert type(loaded) is VitrineImageProcessor
    assert loaded.steps == list(CUSTOM.steps)
    assert (loaded.resize_mode, loaded.fill_color, loaded.size) == (
        "letterbox",
        "black",
        {"height": SIDE, "width": SIDE},
    )
    inputs = [made(images=draw_scene(), return_tensors="pt")["pixel_values"] for made in (processor, loaded)]
    assert torch.equal(*inputs)


@pytest.fixture
def model_folder(tmp_path):
    torch.manual_seed(0)
    model = build_small_cnn(("a", "b", "c"), (8, 16), 1, 0.1)
    with torch.no_grad():
        model.classifier.weight.mul_(4)
    folder = tmp_path / "my.model-v1 é"
    save_model(folder, model, build_processor(SIDE, IMAGENET, CUSTOM))
    return folder


PROGRAM = """
import json, sys
from PIL import Image
from transformers import AutoImageProcessor, pipeline
folder, *files = sys.argv[1:]
processor = AutoImageProcessor.from_pretrained(folder, trust_remote_code=True)
values = processor(images=[Image.open(file) for file in files], return_tensors="pt")["pixel_values"]
classify = pipeline("image-classification", model=folder, trust_remote_code=True)
answers = [{answer["label"]: answer["score"] for answer in classify(Image.open(file))} for file in files]
assert "vitrine" not in sys.modules
print(json.dumps({"sums": values.abs().sum(dim=(1, 2, 3)).tolist(), "answers": answers}))
"""


def test_the_code_that_travels_with_a_model_gives_the_same_numbers(model_folder):
    theirs = get_class_from_dynamic_module("processor.VitrineImageProcessor", model_folder)
    assert theirs is not VitrineImageProcessor
    processors = [made.from_pretrained(model_folder) for made in (theirs, VitrineImageProcessor)]
    assert torch.equal(*(made(images=draw_scene(), return_tensors="pt")["pixel_values"] for made in processors))


@pytest.mark.slow
def test_the_folder_gives_the_same_answers_where_vitrine_is_not_installed(model_folder, awkward, tmp_path):
    files = []
    for name in ("exif_1.jpg", "one_pixel_wide.png", "grey.png", "cmyk.jpg"):
        open_image(awkward[name]).save(tmp_path / f"{name}.png")
        files.append(str(tmp_path / f"{name}.png"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, "-c", PROGRAM, str(model_folder), *files]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=elsewhere, env=environment, check=False)
    assert answer.returncode == 0, answer.stderr
    theirs = json.loads(answer.stdout.splitlines()[-1])
    predictor = Predictor.load(str(model_folder))
    pictures = [open_image(file) for file in files]
    ours = predictor.predict_images(pictures).probabilities
    for row, answers in zip(ours, theirs["answers"], strict=True):
        assert answers == pytest.approx(dict(zip(predictor.label_names, row.tolist(), strict=True)), abs=1e-4)
    values = build_processor(SIDE, IMAGENET, CUSTOM)(images=pictures, return_tensors="pt")["pixel_values"]
    assert theirs["sums"] == pytest.approx(values.abs().sum(dim=(1, 2, 3)).tolist(), rel=1e-5)
    plain = build_processor(SIDE, IMAGENET, replace(CUSTOM, steps=()))
    assert values.abs().sum() != pytest.approx(plain(images=pictures, return_tensors="pt")["pixel_values"].abs().sum())
