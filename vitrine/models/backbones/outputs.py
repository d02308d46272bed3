"""Logits of a network together with the features from which its head made them."""

from threading import get_ident
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from vitrine.models.backbones.build import choose_memory_format, head_modules


def compute_outputs(model: PreTrainedModel, pixel_values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits `[batch, labels]`, and what the first module of the head received, flattened: `[batch, width]`.

    Several threads may ask one model at once.

    Args:
        model: in evaluation mode.
        pixel_values: normalised, on the model's device, `[batch, 3, height, width]`.
    """
    seen: list[torch.Tensor] = []
    own_thread = get_ident()

    def keep(_: nn.Module, inputs: tuple[Any, ...]) -> None:
        if get_ident() == own_thread:  # a hook is called for what other threads compute meanwhile, too
            seen.append(inputs[0].flatten(1).float())

    hook = head_modules(model)[0].register_forward_pre_hook(keep)
    try:
        logits = model(pixel_values=pixel_values).logits
    finally:
        hook.remove()
    return logits.float(), seen[0]


@torch.inference_mode()
def measure_head_input(model: PreTrainedModel, side: int) -> int | None:
    """Width of the vector that the head starts from; None where the head alone does not give the network's logits.

    So it is where the head needs the feature map, or where more than a chain of modules lies behind the backbone.

    Args:
        model: any network of `models.backbones`; its mode is evaluation mode afterwards.
        side: of the pictures, in pixels.
    """
    head = head_modules(model)
    seen: list[torch.Tensor] = []
    hook = head[0].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    pixels = torch.linspace(-1, 1, 2 * 3 * side * side, device=model.device).view(2, 3, side, side)
    model.eval()
    try:
        logits = model(pixel_values=pixels.contiguous(memory_format=choose_memory_format(model))).logits
    finally:
        hook.remove()
    vectors = seen[0].flatten(1)
    try:
        answers = nn.Sequential(*head)(vectors)
    except (RuntimeError, ValueError, IndexError):  # what modules raise that were built for a map
        return None
    same = answers.shape == logits.shape and torch.allclose(answers, logits, rtol=1e-3, atol=1e-4)
    return vectors.shape[1] if same else None
