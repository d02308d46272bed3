"""The processor that travels: what it gives, what it leaves in a folder, and that only our own code runs."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoImageProcessor, BitImageProcessor, ViTImageProcessor

from tests.conftest import draw_scene
from tests.factories import IMAGENET, SIDE
from vitrine.data.images.decoding import open_image
from vitrine.data.images.preprocessing import Preparation, preprocess_image
from vitrine.data.images.processor import VitrineImageProcessor
from vitrine.errors import UserError
from vitrine.models.backbones.build import build_small_cnn, register_own_classes
from vitrine.models.backbones.normalization import read_normalization
from vitrine.models.folder import build_processor, load_model, normalize_images, save_model
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
    pictures = [open_image(path, fill_color=preparation.fill_color) for path in awkward.values()]
    preprocessed = torch.stack([preprocess_image(picture, SIDE, preparation) for picture in pictures])
    expected = processor(images=pictures, return_tensors="pt")["pixel_values"]
    assert expected.dtype == torch.float32
    torch.testing.assert_close(normalize(preprocessed.float()), expected, atol=1e-5, rtol=0)
    torch.testing.assert_close(normalize_images(processor, preprocessed), expected, atol=1e-5, rtol=0)


def test_every_preparation_gives_other_numbers(awkward):
    """Else the test above could not fail."""
    scene = open_image(awkward["rgba.png"], fill_color="white")
    results = {
        name: build_processor(SIDE, IMAGENET, preparation)(images=scene, return_tensors="np")["pixel_values"]
        for name, preparation in PREPARATIONS.items()
        if preparation.fill_color == "white"
    }
    names = sorted(results)
    for number, one in enumerate(names):
        for other in names[:number]:
            assert np.abs(results[one] - results[other]).max() > 0.01, (one, other)


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


@pytest.mark.parametrize("name", ["rgba.png", "palette_alpha.png", "grey_16_bit.png", "float.tiff", "one_bit.png"])
def test_it_reads_every_mode_by_itself(name, awkward):
    preparation = Preparation(resize="letterbox", fill_color="grey")
    processor = build_processor(SIDE, IMAGENET, preparation)
    raw = processor(images=Image.open(awkward[name]), return_tensors="np")["pixel_values"]
    opened = processor(images=open_image(awkward[name], fill_color="grey"), return_tensors="np")["pixel_values"]
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


def test_a_backbone_with_our_processor_keeps_the_normalization_of_its_weights(tmp_path):
    for preparation in (CUSTOM, Preparation(resize="crop")):
        build_processor(SIDE, IMAGENET, preparation).save_pretrained(tmp_path)
        assert read_normalization(tmp_path) == IMAGENET


@pytest.fixture
def model_folder(tmp_path):
    torch.manual_seed(0)
    model = build_small_cnn(("a", "b", "c"), (8, 16), 1, 0.1)
    with torch.no_grad():
        model.classifier.weight.mul_(4)
    folder = tmp_path / "my.model-v1 é"
    save_model(folder, model, build_processor(SIDE, IMAGENET, CUSTOM))
    return folder


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
