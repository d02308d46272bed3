"""Dividing a network's logits by a temperature inside its last layer: every program that loads it is calibrated."""

import torch
from transformers import PreTrainedModel

from vitrine.models.backbones.build import choose_memory_format, last_layer


@torch.inference_mode()
def fold_temperature(model: PreTrainedModel, temperature: float, side: int) -> bool:
    """Divides weights and bias of the layer that gives the logits.

    That is exact, and no answer changes its rank. A network tried with two pictures must then give its logits divided;
    one that does not (its last layer is not a plain linear layer or convolution, or something follows it) is left as it
    was.

    Args:
        model: changed in place; its mode is evaluation mode afterwards.
        temperature: above 0.
        side: of the pictures, in pixels.

    Returns:
        Whether the temperature is in the weights now.
    """
    layer = last_layer(model)
    if layer is None:
        return False
    model.eval()
    pixels = torch.linspace(-1, 1, 2 * 3 * side * side, device=model.device).view(2, 3, side, side)
    pixels = pixels.contiguous(memory_format=choose_memory_format(model))
    before = model(pixel_values=pixels).logits
    stored = {name: tensor.clone() for name, tensor in layer.state_dict().items()}
    for tensor in (layer.weight, layer.bias):
        if tensor is not None:
            tensor.div_(temperature)
    after = model(pixel_values=pixels).logits
    if torch.allclose(after, before / temperature, rtol=1e-3, atol=1e-4):
        return True
    layer.load_state_dict(stored)
    return False
