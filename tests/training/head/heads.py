"""A tiny pretrained network whose head alone is trained."""

import torch

from vitrine.models.backbones.build import build_backbone
from vitrine.models.backbones.stages import set_trainable

LABELS = ("blau é", "red", "vert <b>")


def build_head(checkpoint, seed=0):
    torch.manual_seed(seed)
    model, _ = build_backbone(str(checkpoint), LABELS)
    set_trainable(model, "head")
    return model
