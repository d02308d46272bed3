"""The last feature map of a network whose head is one linear layer on the map's average.

There a class's score is the sum of what each place of the map says for it, which is the class activation map (Zhou et
al., arXiv:1512.04150); no gradient is needed for it.
"""

from dataclasses import dataclass

import torch
from torch import nn
from transformers import PreTrainedModel

from vitrine.models.backbones.build import last_layer


@dataclass(frozen=True)
class AveragedMap:
    """Where the map comes out, and what is made of its average.

    Attributes:
        module: gives the map `[pictures, channels, height, width]`.
        layer: the linear layer, or a convolution of one by one.
    """

    module: nn.Module
    layer: nn.Linear | nn.Conv2d

    @property
    def weights(self) -> torch.Tensor:
        """Of the layer, `[labels, channels]`."""
        return self.layer.weight.flatten(1)


@torch.inference_mode()
def find_averaged_map(model: PreTrainedModel, side: int) -> AveragedMap | None:
    """None where the logits are not one linear layer on the average of a feature map.

    Args:
        model: in evaluation mode.
        side: of the pictures, in pixels.
    """
    last = last_layer(model)
    if last is None or last.weight[0].numel() != last.weight.shape[1]:
        return None
    pixels = torch.linspace(-1, 1, 2 * 3 * side * side, device=model.device).view(2, 3, side, side)
    found: list[tuple[nn.Module, torch.Tensor]] = []

    def keep(module: nn.Module, _inputs: object, output: object) -> None:
        if isinstance(output, torch.Tensor) and output.ndim == 4 and min(output.shape[2:]) > 1:
            found.append((module, output))

    hooks = [module.register_forward_hook(keep) for module in model.modules()]
    try:
        logits = model(pixel_values=pixels).logits
    finally:
        for hook in hooks:
            hook.remove()
    for module, output in reversed(found):
        averaged = AveragedMap(module, last)
        if output.shape[1] == averaged.weights.shape[1]:
            scores = nn.functional.linear(output.mean(dim=(2, 3)), averaged.weights, last.bias)
            if torch.allclose(scores, logits, rtol=1e-3, atol=1e-4):
                return averaged
    return None
