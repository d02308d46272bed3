"""What a GPU must do as a processor does; `make gpu` runs these where there is one."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from PIL import Image
from safetensors.torch import load_file

from tests.factories import make_recipe, prepare, write_colored_classes
from tests.training.children import train
from tests.training.loop import trainers
from tests.training.loop.trainers import frozen_statistics
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


def test_answers_are_those_of_the_processor(prepared, tmp_path):
    run_training(make_recipe(prepared), tmp_path)
    predictor = Predictor.load(str(tmp_path / "model"))
    assert not predictor.network.on_processor
    generator = np.random.default_rng(0)
    pictures = [Image.fromarray(generator.integers(0, 256, (40, 50, 3)).astype(np.uint8)) for _ in range(9)]
    on_gpu = predictor.predict_images(pictures).probabilities
    torch.nn.Module.to(predictor.network.model, "cpu")
    assert predictor.network.on_processor
    np.testing.assert_allclose(predictor.predict_images(pictures).probabilities, on_gpu, atol=1e-4)
