"""Small inputs that several test files make: pretrained-looking networks, prepared data sets, recipes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from hypothesis import settings
from PIL import Image
from safetensors.torch import save_file
from transformers import ResNetConfig, ResNetForImageClassification

from vitrine.config.data import ChecksSection, DataSection, PreparationSection
from vitrine.config.loading import load_recipe
from vitrine.config.recipe import Recipe
from vitrine.data.prepare.pipeline import write_prepared
from vitrine.data.prepared.dataset import PreparedDataset, open_prepared
from vitrine.errors import UserError
from vitrine.models.backbones.normalization import Normalization
from vitrine.models.folder import build_processor, save_model
from vitrine.records.prepared import Settings

IMAGENET = Normalization((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
SIDE = 32
# The same few examples in every run, however slow the machine is.
few_examples = settings(max_examples=40, derandomize=True, deadline=None, database=None)
PLAIN = PreparationSection()


def write_colored_classes(folder: Path, per_class: int = 20, side: int = 40) -> Path:
    """Three classes that a colour tells apart: noisy red, green and blue pictures."""
    generator = np.random.default_rng(0)
    for channel, name in enumerate(("blau é", "red", "vert <b>")):
        for number in range(per_class):
            pixels = generator.integers(0, 120, (side, side + number % 3, 3))
            pixels[:, :, channel] += 100
            (folder / name).mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{number:03d}.png")
    return folder


def prepare(
    source: Path,
    folder: Path,
    image_size: int = SIDE,
    preparation: PreparationSection = PLAIN,
    training_size: int | None = None,
) -> PreparedDataset:
    """A prepared data set with the recipe's default split."""
    folder.mkdir(parents=True)
    settings = Settings(
        data=DataSection(source=str(source), image_size=image_size, training_size=training_size),
        checks=ChecksSection(near_duplicates=False, contradictions="keep"),
        preparation=preparation,
    )
    write_prepared(folder, folder.name, settings)
    return open_prepared(folder)


def make_recipe(prepared: PreparedDataset, *overrides: str) -> Recipe:
    """A recipe for a prepared data set: a tiny CNN, two epochs, full precision."""
    return load_recipe(
        None,
        [
            f"name={prepared.folder.name}",
            f"data.source={prepared.facts.source}",
            f"data.prepared={prepared.folder}",
            f"data.image_size={prepared.facts.image_size}",
            "checks.near_duplicates=off",
            "checks.contradictions=keep",
            "model.small_cnn.filters=[8, 16]",
            "optim.epochs=2",
            "optim.batch_size=16",
            "engine.precision=fp32",
            "engine.tracker=none",
            *overrides,
        ],
    )


def write_tiny_resnet(folder: Path, num_labels: int = 7) -> Path:
    """A folder as it comes from the Hub: a ResNet of a few thousand weights with another head and its processor."""
    torch.manual_seed(0)
    config = ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", num_labels=num_labels
    )
    save_model(folder, ResNetForImageClassification(config), build_processor(SIDE, IMAGENET))
    return folder


def write_timm_folder(folder: Path, side: int = 224) -> Path:
    """As timm models come from the Hub: architecture, classes and preprocessing in config.json, nothing else."""
    torch.manual_seed(0)
    network = timm.create_model("resnet10t", pretrained=False, num_classes=5)
    folder.mkdir()
    save_file(network.state_dict(), folder / "model.safetensors")
    numbers = {"mean": list(IMAGENET.mean), "std": list(IMAGENET.std), "crop_pct": 0.9}
    pretrained = {"input_size": [3, side, side], "interpolation": "bicubic", **numbers}
    config = {"architecture": "resnet10t", "num_classes": 5, "num_features": 512, "pretrained_cfg": pretrained}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def fault_of(call: Callable[..., object], *given: Any, **parameters: Any) -> str:
    """What a call says is wrong."""
    with pytest.raises(UserError) as caught:
        call(*given, **parameters)
    return str(caught.value)
