import subprocess
import sys

import pytest
import torch
from transformers import AutoModelForImageClassification, pipeline

from tests.factories import SIDE
from vitrine.models.backbones import CENTRED, build_small_cnn
from vitrine.models.model_folder import build_processor, load_model, save_model

LABELS = ("cat", "dog", "été")


def small_cnn(filters=(8, 16, 32)):
    torch.manual_seed(0)
    return build_small_cnn(LABELS, filters, blocks_per_stage=1, dropout=0.1)


def test_every_stage_after_the_first_halves_the_picture():
    stages = [module for module in small_cnn().backbone if type(module).__name__ == "ResidualBlock"]
    features = torch.zeros(2, 8, SIDE, SIDE)
    sides = []
    for stage in stages:
        features = stage(features)
        sides.append(features.shape[-1])
    assert sides == [SIDE, SIDE // 2, SIDE // 4]


def test_weights_start_as_he_initialisation_asks():
    convolution = small_cnn((64, 64)).backbone[3].conv1
    expected = (2 / (64 * 9)) ** 0.5
    assert convolution.weight.std().item() == pytest.approx(expected, rel=0.05)


def test_a_reloaded_model_gives_the_same_logits(tmp_path):
    model = small_cnn().eval()
    model(torch.rand(16, 3, SIDE, SIDE))
    save_model(tmp_path, model, build_processor(SIDE, CENTRED))
    pixels = torch.rand(4, 3, SIDE, SIDE)
    reloaded, *_ = load_model(str(tmp_path))
    torch.testing.assert_close(reloaded(pixels).logits, model(pixels).logits)


def test_the_folder_loads_where_vitrine_is_not_installed(tmp_path):
    folder = tmp_path / "my.model-v1 é"
    save_model(folder, small_cnn(), build_processor(SIDE, CENTRED))
    program = (
        "import sys; from transformers import pipeline; from PIL import Image\n"
        f"answers = pipeline('image-classification', model={str(folder)!r}, trust_remote_code=True)"
        "(Image.new('RGB', (50, 40), 'red'))\n"
        "assert 'vitrine' not in sys.modules\n"
        "print(sorted(answer['label'] for answer in answers))"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert answer.stdout.strip().endswith(str(sorted(LABELS))), answer.stderr


def test_its_own_loss_is_the_cross_entropy():
    model = small_cnn().eval()
    pixels, labels = torch.rand(4, 3, SIDE, SIDE), torch.tensor([0, 1, 2, 0])
    output = model(pixels, labels=labels)
    torch.testing.assert_close(output.loss, torch.nn.functional.cross_entropy(output.logits, labels))


def test_transformers_opens_it_beside_vitrine_without_remote_code(tmp_path):
    save_model(tmp_path, small_cnn(), build_processor(SIDE, CENTRED))
    load_model(str(tmp_path))  # registers the class
    model = AutoModelForImageClassification.from_pretrained(tmp_path, trust_remote_code=False)
    assert pipeline("image-classification", model=str(tmp_path), trust_remote_code=False).model.config.id2label == {
        0: "cat",
        1: "dog",
        2: "été",
    }
    assert type(model).__module__ == "vitrine.models.small_cnn"
