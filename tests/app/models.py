"""A real model folder of a few kilobytes, and its page, for the tests of the app."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import ResNetConfig, ResNetForImageClassification

from tests.factories import IMAGENET, SIDE
from vitrine.app.address import free_port
from vitrine.app.api.guards import Access
from vitrine.app.corrections import CorrectionDesk
from vitrine.app.page import Retraining
from vitrine.app.private_folder import private_folder
from vitrine.app.server import OPEN_TO_ALL, load_ready, open_page
from vitrine.models.folder import build_processor, save_examples, save_metadata, save_model
from vitrine.records.model import Example, ModelMetadata
from vitrine.ui.texts import Language

# One name is markup, one a template of the page's own languages, one long: none may be more than text.
LABELS = ("red", "<b>green</b>", "${1+1} {{blue}}", "a rather long name with more words than fit beside a bar", "é")
EXAMPLE_LABELS = ("red", "<b>green</b>", "é")


def noise(seed: int, size: tuple[int, int] = (48, 36)) -> Image.Image:
    """A picture of coarse noise, so that shrinking leaves differences between seeds."""
    pixels = np.random.default_rng(seed).integers(0, 256, (4, 4, 3)).astype(np.uint8)
    return Image.fromarray(pixels).resize(size, Image.Resampling.NEAREST)


def write_model(folder: Path, with_metadata: bool = True) -> Path:
    """A tiny ResNet with random weights, scaled so that its answers differ clearly from picture to picture."""
    torch.manual_seed(0)
    config = ResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, 16],
        depths=[1, 1],
        layer_type="basic",
        id2label=dict(enumerate(LABELS)),
        label2id={label: number for number, label in enumerate(LABELS)},
    )
    model = ResNetForImageClassification(config)
    with torch.no_grad():
        model.classifier[1].weight.mul_(8)
    save_model(folder, model, build_processor(SIDE, IMAGENET))
    if with_metadata:
        pictures = [(noise(number), label) for number, label in enumerate(EXAMPLE_LABELS)]
        save_metadata(folder, metadata(save_examples(folder, pictures)))
    return folder


def metadata(examples: list[Example]) -> ModelMetadata:
    return ModelMetadata(
        vitrine_version="0.1.0",
        name="Colours & <shapes>",
        created="2026-11-03T09:30:00+00:00",
        backbone="resnet18",
        label_names=list(LABELS),
        image_size=SIDE,
        training_pictures=1200,
        test_pictures=200,
        test_accuracy=0.97,
        test_accuracy_interval=(0.936, 0.986),
        test_macro_f1=0.96,
        examples=examples,
        recipe={},
    )


def upload(folder: Path, name: str = "a.png", seed: int = 0) -> dict[str, str]:
    """A picture in the folder of uploads, as Gradio describes it."""
    noise(seed).save(folder / name)
    return {"path": str(folder / name), "orig_name": name}


@contextmanager
def serving(
    model: Path,
    desk: CorrectionDesk | None = None,
    language: Language | None = None,
    beside: Path | None = None,
    access: Access = OPEN_TO_ALL,
    retraining: Retraining | None = None,
    speaks_mcp: bool = False,
) -> Iterator[str]:
    """Serves the page of a model in this process; yields its address.

    Gradio shows files of the temporary folder without being asked. Models lie elsewhere, so the temporary folder is
    moved to where the model of a test is not.
    """
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as elsewhere:
        patch.setattr(tempfile, "tempdir", elsewhere)
        port = free_port("127.0.0.1", 0)
        second = None if beside is None else load_ready(str(beside))
        with (
            private_folder(),
            open_page(
                load_ready(str(model)),
                "127.0.0.1",
                port,
                language,
                desk=desk,
                beside=second,
                access=access,
                retraining=retraining,
                speaks_mcp=speaks_mcp,
            ) as address,
        ):
            yield address
