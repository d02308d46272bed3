"""Which parts of a picture a class's score rests on, by the activations of the network and their gradients.

`hirescam` multiplies each activation of the last feature map by its gradient (Draelos and Carin, arXiv:2011.08891): for
one linear layer behind an average it is the class activation map, and behind a flattened map it is still what the score
is made of, where Grad-CAM, which averages gradients first, is not. `layercam` (Jiang et al. 2021) does so with positive
gradients for the last three sizes of feature maps and takes the mean, which shows finer parts.
"""

from collections.abc import Sequence
from threading import get_ident
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn.functional import interpolate
from transformers import PreTrainedModel

Method = Literal["hirescam", "layercam"]
Maps = npt.NDArray[np.float32]

METHODS: tuple[Method, ...] = ("hirescam", "layercam")
LAYERS = 3  # sizes of feature maps that layercam looks at


def activation_maps(
    model: PreTrainedModel, pixel_values: torch.Tensor, label_ids: Sequence[int], method: Method = "hirescam"
) -> Maps:
    """One map for each picture: how much each of its parts speaks for a class.

    Several threads may ask one model at once.

    Args:
        model: in evaluation mode.
        pixel_values: normalised, on the model's device, `[pictures, 3, side, side]`.
        label_ids: of the class that each picture's map is about.
        method: see above.

    Returns:
        float32, `[pictures, side, side]`, from 0 to 1; all 0 where nothing speaks for the class.

    Raises:
        ValueError: the network has no feature map with a height and a width.
    """
    with torch.inference_mode(False), torch.enable_grad():
        logits, found = _run_with_activations(model, pixel_values.detach().clone().requires_grad_(True))
        activations = found[-1:] if method == "hirescam" else found[-LAYERS:]
        if not activations:
            raise ValueError("the network has no feature map with a height and a width")
        chosen = logits[torch.arange(len(label_ids)), torch.as_tensor(label_ids, device=logits.device)]
        gradients = torch.autograd.grad(chosen.sum(), activations)
    combine = _hirescam if method == "hirescam" else _layercam
    combined = [combine(*pair) for pair in zip(activations, gradients, strict=True)]
    size = pixel_values.shape[-2:]
    scaled = [
        interpolate(_to_one(one)[:, None], size=size, mode="bilinear", align_corners=False)[:, 0] for one in combined
    ]
    mean: Maps = _to_one(torch.stack(scaled).mean(dim=0)).cpu().numpy()
    return mean


def _run_with_activations(
    model: PreTrainedModel, pixel_values: torch.Tensor
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Logits, and the last activation of each size of feature maps, in the order of the computation."""
    found: dict[tuple[int, int], torch.Tensor] = {}
    own_thread = get_ident()

    def keep(_module: nn.Module, _inputs: object, output: object) -> None:
        if get_ident() != own_thread:  # a hook is called for what other threads compute meanwhile, too
            return
        if isinstance(output, torch.Tensor) and output.ndim == 4 and min(output.shape[2:]) > 1:
            size = (output.shape[2], output.shape[3])
            found.pop(size, None)
            found[size] = output

    hooks = [module.register_forward_hook(keep) for module in model.modules()]
    try:
        logits: torch.Tensor = model(pixel_values=pixel_values).logits
    finally:
        for hook in hooks:
            hook.remove()
    return logits, [one for one in found.values() if one.requires_grad]


def _hirescam(activation: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    return (activation * gradient).sum(dim=1).relu().detach().float()


def _layercam(activation: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    return (activation * gradient.relu()).sum(dim=1).relu().detach().float()


def _to_one(maps: torch.Tensor) -> torch.Tensor:
    """Each map divided by its largest value."""
    largest = maps.amax(dim=(1, 2), keepdim=True)
    return maps / largest.clamp_min(torch.finfo(maps.dtype).tiny)
