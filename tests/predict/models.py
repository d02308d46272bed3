"""Model folders of an untrained network."""

import torch
from PIL import Image
from transformers import PerceiverImageProcessor

from tests.factories import SIDE
from vitrine.data.images.preprocessing import Preparation
from vitrine.models.backbones.build import build_small_cnn
from vitrine.models.backbones.normalization import CENTERED
from vitrine.models.folder import build_processor, save_model
from vitrine.predict.runtimes.pytorch import TorchPreprocessing

LABELS = ("a", "b", "c")


def write_small_cnn(folder, section):
    """Whose answers to different pictures differ; `section` says how it preprocesses them."""
    torch.manual_seed(0)
    model = build_small_cnn(LABELS, (8, 16), 1, 0.1)
    with torch.no_grad():
        model.classifier.weight.mul_(4)
    save_model(folder, model, build_processor(SIDE, CENTERED, Preparation.from_section(section)))
    return folder


def narrow_preparation():
    """Of a processor of others that crops a share of the picture first, of which a line of pixels leaves nothing."""
    return TorchPreprocessing(PerceiverImageProcessor())


def line_of_pixels():
    return Image.new("RGB", (1, 3000), "red")
