"""A damaged model is refused in one message: its files by their checksums, its weights by not being numbers."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from tests.factories import SIDE, write_tiny_resnet
from tests.records.examples import EXAMPLES
from vitrine.errors import UserError
from vitrine.models.backbones.build import build_backbone
from vitrine.models.damage import check_model_files, check_weights, find_model_damage
from vitrine.models.folder import load_model, save_metadata, save_model
from vitrine.predict.predictor import Predictor
from vitrine.predict.runtimes.pytorch import Outputs
from vitrine.records.model import ModelMetadata

WEIGHTS = "model.safetensors"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = write_tiny_resnet(tmp_path_factory.mktemp("model") / "tiny", 2)
    (folder / "examples").mkdir()
    (folder / "examples/000.png").write_bytes(b"a picture")
    save_metadata(folder, EXAMPLES[ModelMetadata]().model_copy(update={"trust": None, "label_names": ["a", "b"]}))
    return folder


@pytest.fixture
def model_folder(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "model")


def set_a_weight(path, value):
    tensors = load_file(path)
    name = sorted(name for name in tensors if "embedder" in name and "weight" in name)[0]
    tensors[name].view(-1)[0] = value
    save_file(tensors, path, {"format": "pt"})


def test_a_finished_model_is_whole(model_folder):
    check_model_files(model_folder, full=True)
    assert set(ModelMetadata.read(model_folder / "vitrine.json").files) == {
        "config.json", "preprocessor_config.json", WEIGHTS, "examples/000.png",
    }  # fmt: skip


def test_weights_that_were_cut_are_named_when_the_model_is_opened(model_folder):
    path = model_folder / WEIGHTS
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(UserError, match=rf"{WEIGHTS} has [\d,]+ bytes, not the [\d,]+ .*; get the whole model folder"):
        load_model(str(model_folder))


def test_a_flipped_bit_is_found_before_a_training_starts_from_the_model(model_folder):
    set_a_weight(model_folder / WEIGHTS, 1e-3)
    load_model(str(model_folder))  # the size is right
    assert [one.file for one in find_model_damage(model_folder, full=True)] == [WEIGHTS]
    with pytest.raises(UserError, match=f"{WEIGHTS} does not hold what was written"):
        build_backbone(str(model_folder), ["a", "b"], image_size=SIDE)


def test_a_changed_threshold_is_refused(model_folder):
    path = model_folder / "vitrine.json"
    path.write_text(path.read_text("utf-8").replace('"training_pictures": ', '"training_pictures": 1'), "utf-8")
    with pytest.raises(UserError, match=r"vitrine\.json was changed after it was written; .*remove its line"):
        load_model(str(model_folder))


def test_a_copy_without_its_examples_is_used(model_folder):
    shutil.rmtree(model_folder / "examples")
    load_model(str(model_folder))
    assert [str(one) for one in find_model_damage(model_folder, full=True)] == ["examples/000.png is missing"]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_numbers_are_refused_wherever_a_model_is_loaded(model_folder, value):
    (model_folder / "vitrine.json").unlink()  # somebody else's model, without checksums
    set_a_weight(model_folder / WEIGHTS, value)
    for load in (load_model, lambda model_id: build_backbone(model_id, ["a", "b"], image_size=SIDE)):
        with pytest.raises(UserError, match=r"1 of the [\d,]+ weights of .* are not numbers"):
            load(str(model_folder))


def test_weights_that_are_not_numbers_are_never_written(model_folder):
    model, processor, *_ = load_model(str(model_folder))
    nn.init.constant_(model.classifier[-1].bias, float("nan"))
    with pytest.raises(UserError, match="the trained network: 2 of the 2 weights of classifier"):
        save_model(model_folder.with_name("another"), model, processor)


def test_whole_numbers_and_half_precision_are_looked_at_too():
    layer = nn.BatchNorm1d(2).half()
    check_weights(layer, "a layer")
    layer.running_var[0] = torch.inf
    with pytest.raises(UserError, match="a layer: 1 of the 2 weights of running_var are not numbers"):
        check_weights(layer, "a layer")


@pytest.mark.parametrize(
    ("part", "runtime", "model_id", "said"),
    [
        ("logits", "torch", "m", "so the model is damaged; get it again"),
        (
            "similarity",
            "openvino",
            "m",
            "as openvino computes it; try --runtime torch: where that answers, ",
        ),
        ("logits", "onnxruntime", "m.onnx", "as onnxruntime computes it; try the model folder that it was exported"),
    ],
)
def test_an_answer_that_is_not_a_number_names_its_picture_and_who_may_be_at_fault(
    model_folder, part, runtime, model_id, said
):
    class Broken:
        on_processor = True
        name = runtime

        def run(self, pixel_values):
            values = {"logits": np.zeros((2, 2), np.float32), "similarity": np.ones(2, np.float32)}
            values[part][1] = np.nan
            return Outputs(**values)

    predictor = Predictor.load(str(model_folder))
    broken = replace(predictor, model_id=model_id, network=Broken())
    with pytest.raises(UserError, match=rf"{model_id}: what it says of the picture second is not a number .*, {said}"):
        broken.predict_pixels(["first", "second"], torch.zeros(2, 3, SIDE, SIDE))


def test_a_model_folder_is_as_open_as_the_umask_says(model_folder):
    modes = {path.stat().st_mode & 0o777 for path in model_folder.iterdir() if path.is_file()}
    assert len(modes) == 1
    assert modes != {0o600}
