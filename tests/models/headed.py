"""Networks with a head of ours, on small backbones from random weights."""

import torch
from transformers import PreTrainedModel

from tests.factories import SIDE
from vitrine.models.backbones.build import build_backbone
from vitrine.models.heads import Head

LABELS = ("cat", "dog", "fox")
HEADS = [Head("dense", (16,), 0.3), Head("flatten", dropout=0.3), Head("flatten", (12, 6), 0.2), Head("stages")]
TIMM = "timm/resnet10t.c3_in1k"


def build_headed(name: str, head: Head, side: int = SIDE) -> PreTrainedModel:
    """The same random weights at every call."""
    torch.manual_seed(0)
    return build_backbone(name, LABELS, pretrained=False, head=head, image_size=side)[0]
