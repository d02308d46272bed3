"""One pass of a network that gives logits and the features from which its head made them."""

from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from vitrine.models.backbones import head_modules


def compute_outputs(model: PreTrainedModel, pixel_values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits `[batch, labels]`, and what the first module of the head received, flattened: `[batch, width]`.

    Args:
        model: in evaluation mode.
        pixel_values: normalised, on the model's device, `[batch, 3, height, width]`.
    """
    seen: list[torch.Tensor] = []

    def keep(_: nn.Module, inputs: tuple[Any, ...]) -> None:
        seen.append(inputs[0].flatten(1).float())

    hook = head_modules(model)[0].register_forward_pre_hook(keep)
    try:
        logits = model(pixel_values=pixel_values).logits
    finally:
        hook.remove()
    return logits.float(), seen[0]
