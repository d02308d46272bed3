"""What a GPU must do as a processor does; `make gpu` runs these where there is one."""

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
import torch
from accelerate import Accelerator
from PIL import Image
from safetensors.torch import load_file

from tests.factories import make_recipe, prepare, write_colored_classes
from tests.training.children import train
from tests.training.loop import trainers
from tests.training.loop.trainers import frozen_statistics
from vitrine.commands import export
from vitrine.predict.predictor import Predictor
from vitrine.training.loop.methods import Methods
from vitrine.training.run import run_training

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")]
DEVICE = "cuda"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("colours")
    return prepare(write_colored_classes(folder / "source"), folder / "prepared" / "colours")


@pytest.mark.parametrize("precision", ["fp32", "fp16", "bf16"])
def test_each_precision_learns_what_is_easy(prepared, tmp_path, precision):
    recipe = make_recipe(prepared, f"engine.precision={precision}", "optim.epochs=8", "optim.learning_rate=0.01")
    metrics = run_training(recipe, tmp_path)
    assert metrics.test.accuracy >= 0.9
    weights = load_file(tmp_path / "model" / "model.safetensors")
    assert {tensor.dtype for tensor in weights.values() if tensor.is_floating_point()} == {torch.float32}


def test_a_killed_training_goes_on_to_the_same_weights(prepared, tmp_path):
    recipe = make_recipe(prepared, "engine.checkpoint_minutes=0")
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
    assert train(recipe, tmp_path / "whole") == [0]
    assert train(recipe, tmp_path / "killed", moment=("step", 3)) == [-9]
    assert train(recipe, tmp_path / "killed") == [0]
    whole, killed = (load_file(tmp_path / name / "model" / "model.safetensors") for name in ("whole", "killed"))
    for name, tensor in whole.items():
        torch.testing.assert_close(killed[name], tensor, atol=1e-4, rtol=1e-3)


def test_memory_that_does_not_suffice_makes_smaller_micro_batches(prepared, tmp_path, monkeypatch):
    """The device itself says so: more memory is asked for than any has."""
    monkeypatch.setattr(trainers, "Accelerator", lambda cpu: Accelerator())
    plain = Methods(set_mode=frozen_statistics)
    easy = trainers.make_trainer(prepared, model=trainers.make_small(prepared), methods=plain)
    trainers.run(easy, tmp_path / "easy")
    hard = trainers.make_trainer(prepared, model=trainers.make_small(prepared), methods=plain)
    change = hard.stepper.methods.augment

    def take_too_much(pixels, indices, epoch, epochs):
        if len(indices) > 5:
            torch.empty(2**45, dtype=torch.uint8, device=DEVICE)
        return change(pixels, indices, epoch, epochs)

    hard.stepper.methods = replace(hard.stepper.methods, augment=take_too_much)
    trainers.run(hard, tmp_path / "hard")
    assert hard.position.micro_batches == 4
    assert trainers.close(trainers.weights_of(easy), trainers.weights_of(hard))


@pytest.fixture(scope="module")
def model(prepared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    run_training(make_recipe(prepared), folder)
    return folder / "model"


@pytest.fixture(scope="module")
def pictures():
    generator = np.random.default_rng(0)
    return [Image.fromarray(generator.integers(0, 256, (40, 50, 3)).astype(np.uint8)) for _ in range(9)]


@pytest.fixture(scope="module")
def expected(model, pictures):
    """Probabilities as the processor computes them."""
    predictor = Predictor.load(str(model))
    torch.nn.Module.to(predictor.network.model, "cpu")
    assert predictor.network.on_processor
    return predictor.predict_images(pictures).probabilities


def test_answers_are_those_of_the_processor(model, pictures, expected):
    predictor = Predictor.load(str(model))
    assert not predictor.network.on_processor
    np.testing.assert_allclose(predictor.predict_images(pictures).probabilities, expected, atol=1e-4)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float16, 5e-3), (torch.bfloat16, 3e-2)])
def test_answers_in_half_precision_are_close_to_those_of_the_processor(model, pictures, expected, dtype, tolerance):
    """As a training in `engine.precision` sees its validation pictures."""
    predictor = Predictor.load(str(model))
    predictor = replace(predictor, network=replace(predictor.network, reference=None))  # NumPy knows no bfloat16
    with torch.autocast(DEVICE, dtype):
        found = predictor.predict_images(pictures).probabilities
    np.testing.assert_allclose(found, expected, atol=tolerance)
    assert np.abs(found - expected).max() > 0  # else it was not computed so


def test_a_file_in_float16_answers_as_the_processor_does(model, pictures, expected, tmp_path):
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        pytest.skip("onnxruntime is installed for processors alone; onnxruntime-gpu computes on a GPU")
    file = tmp_path / "model.onnx"
    assert export.main([str(model), str(file), "--format", "float16"]) == 0
    predictor = Predictor.load(str(file))
    assert not predictor.network.on_processor
    np.testing.assert_allclose(predictor.predict_images(pictures).probabilities, expected, atol=5e-3)
