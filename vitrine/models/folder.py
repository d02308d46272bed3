"""The model folder: weights, labels, preprocessing and our own facts in one folder that transformers opens too."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torchvision.transforms.v2.functional import normalize
from transformers import (
    AutoImageProcessor,
    AutoModelForImageClassification,
    BitImageProcessor,
    PreTrainedModel,
    TimmWrapperImageProcessor,
    ViTImageProcessor,
)
from transformers.image_processing_utils import BaseImageProcessor

from vitrine.data.images.preprocessing import RESAMPLE, Preparation
from vitrine.data.images.processor import VitrineImageProcessor
from vitrine.errors import UserError, first_line
from vitrine.models.backbones.build import register_own_classes
from vitrine.models.backbones.normalization import Normalization
from vitrine.models.damage import check_model_files, check_weights, sum_model
from vitrine.models.hub_files import find_model_folder
from vitrine.records.atomic import follow_umask, write_text
from vitrine.records.model import METADATA, Example, ModelMetadata

PLAIN = Preparation()
EXAMPLES = "examples"


def build_processor(
    image_size: int, normalization: Normalization, preparation: Preparation = PLAIN
) -> BaseImageProcessor:
    """The one explicit processor of a model: any mode to RGB, steps, square, scale, normalise or whiten.

    A standard one wherever it says the very same, so that the folder loads without remote code.

    Args:
        image_size: side of the result, in pixels.
        normalization: that of the network's weights.
        preparation: what is done to every picture.
    """
    numbers: dict[str, Any] = {"image_mean": list(normalization.mean), "image_std": list(normalization.std)}
    if preparation.color_profiles != "ignore":  # kept by every processor, for whoever opens the files
        numbers["color_profiles"] = preparation.color_profiles
    square = {"height": image_size, "width": image_size}
    if preparation.steps == () and preparation.fill_color == "white":
        if preparation.resize == "squash":
            return ViTImageProcessor(size=square, resample=RESAMPLE, do_convert_rgb=True, **numbers)
        if preparation.resize == "crop":
            edge = {"shortest_edge": image_size}
            return BitImageProcessor(size=edge, crop_size=square, resample=RESAMPLE, do_convert_rgb=True, **numbers)
    return VitrineImageProcessor(
        size=square,
        steps=preparation.steps,
        contrast_factor=preparation.contrast_factor,
        center_share=preparation.center_share,
        resize_mode=preparation.resize,
        fill_color=preparation.fill_color,
        **numbers,
    )


def normalize_images(processor: BaseImageProcessor, preprocessed: torch.Tensor) -> torch.Tensor:
    """Does to preprocessed images what is left to do: their numbers are normalised or whitened.

    Args:
        processor: of the model.
        preprocessed: uint8, `[batch, 3, side, side]`, as `preprocess_image` gives them.

    Returns:
        float32, the same shape.
    """
    if isinstance(processor, TimmWrapperImageProcessor):  # none of its own steps can be left out
        normalized: torch.Tensor = normalize(
            preprocessed / 255, processor.data_config["mean"], processor.data_config["std"]
        )
        return normalized
    inputs = processor(images=list(preprocessed), do_resize=False, do_center_crop=False, return_tensors="pt")
    pixel_values: torch.Tensor = inputs["pixel_values"]
    return pixel_values


def save_model(folder: Path, model: PreTrainedModel, processor: BaseImageProcessor) -> None:
    """Writes weights, labels and preprocessing.

    Args:
        folder: is filled.
        model: trained.
        processor: what is done to pictures before they come to the model.

    Raises:
        UserError: some weights are not numbers.
    """
    check_weights(model, "the trained network")
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    follow_umask(folder)  # safetensors writes for the owner alone
    # With timm's own preprocessing in config.json, transformers would ignore the processor file of a timm model.
    config = json.loads((folder / "config.json").read_text("utf-8"))
    if config.pop("pretrained_cfg", None) is not None:
        write_text(folder / "config.json", json.dumps(config, indent=2, ensure_ascii=False))


def save_examples(folder: Path, pictures: Sequence[tuple[Image.Image, str]], prepared: bool = False) -> list[Example]:
    """Writes pictures with their class names as PNG files below the model folder.

    Args:
        folder: the model folder.
        pictures: each with its class name.
        prepared: whether they are preprocessed images, as the network sees them.
    """
    (folder / EXAMPLES).mkdir()
    examples = []
    for number, (picture, label_name) in enumerate(pictures):
        file = f"{EXAMPLES}/{number:03d}.png"
        picture.save(folder / file)
        examples.append(Example(file=file, label_name=label_name, prepared=prepared))
    return examples


def save_metadata(folder: Path, metadata: ModelMetadata) -> None:
    """Writes `vitrine.json`, with the checksums of all that lies in the folder by then."""
    metadata.model_copy(update={"files": sum_model(folder)}).write(folder / METADATA)


def load_model(model_id: str) -> tuple[PreTrainedModel, BaseImageProcessor, ModelMetadata | None, Path]:
    """Loads a model in evaluation mode and float32, with its processor, our facts (None for others' models) and folder.

    Args:
        model_id: folder or id on the Hugging Face Hub.

    Raises:
        UserError: it is none of both, is damaged, or cannot be loaded.
    """
    folder = find_model_folder(model_id)
    check_model_files(folder)
    register_own_classes()
    try:
        # float32: on a CPU the fastest without autocast, and what the final evaluation used.
        model, loading = AutoModelForImageClassification.from_pretrained(
            folder, trust_remote_code=False, dtype="float32", output_loading_info=True
        )
        processor = AutoImageProcessor.from_pretrained(folder, trust_remote_code=False)
    except (
        Exception
    ) as error:  # the loaders raise what their file formats raise: OSError, SafetensorError, RuntimeError ...
        reason = first_line(error)
        raise UserError(f"{model_id} cannot be loaded as an image classifier ({reason})") from error
    if loading["missing_keys"]:
        raise UserError(f"{model_id} lacks weights: {', '.join(sorted(loading['missing_keys'])[:3])}")
    check_weights(model, model_id)
    # Off by default in transformers, where a grey or transparent picture then ends in an error.
    processor.do_convert_rgb = True
    return model.eval(), processor, _read_metadata(folder), folder


def _read_metadata(folder: Path) -> ModelMetadata | None:
    path = folder / METADATA
    return ModelMetadata.read(path) if path.exists() else None
