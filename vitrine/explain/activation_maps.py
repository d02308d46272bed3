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
ATTENTION_TOLERANCE = 1e-2  # more than bf16 loses


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
    size = pixel_values.shape[-2:]
    combined = [
        combine(_channels_first(activation, size), _channels_first(gradient, size))
        for activation, gradient in zip(activations, gradients, strict=True)
    ]
    scaled = [
        interpolate(_to_one(one)[:, None], size=size, mode="bilinear", align_corners=False)[:, 0] for one in combined
    ]
    mean: Maps = _to_one(torch.stack(scaled).mean(dim=0)).cpu().numpy()
    return mean


def _run_with_activations(
    model: PreTrainedModel, pixel_values: torch.Tensor
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Logits, and the last activation of each size of feature maps, in the order of the computation.

    Maps of networks of timm that say that theirs hold channels last stay so.
    """
    found: dict[torch.Size, torch.Tensor] = {}
    own_thread = get_ident()
    # In timm's wrapper, or in that below a head of ours.
    channels_last = any(getattr(module, "output_fmt", None) == "NHWC" for module in model.modules())

    def keep(_module: nn.Module, _inputs: object, output: object) -> None:
        if get_ident() != own_thread:  # a hook is called for what other threads compute meanwhile, too
            return
        if not isinstance(output, torch.Tensor) or output.ndim != 4 or len(output) != len(pixel_values):
            return
        first, last = (_is_map_size(sides, pixel_values.shape[2:]) for sides in (output.shape[2:], output.shape[1:3]))
        if (first or (channels_last and last)) and not _is_attention(output):
            size = output.shape[2:] if first else output.shape[1:3]
            found.pop(size, None)
            found[size] = output

    hooks = [module.register_forward_hook(keep) for module in model.modules()]
    try:
        logits: torch.Tensor = model(pixel_values=pixel_values).logits
    finally:
        for hook in hooks:
            hook.remove()
    return logits, [one for one in found.values() if one.requires_grad]


def _is_map_size(sides: torch.Size, picture: torch.Size) -> bool:
    """Whether these are a height and a width in the picture's proportions, but for rounding; channels are not."""
    (height, width), (picture_height, picture_width) = sides, picture
    is_alike = abs(height * picture_width - width * picture_height) < max(picture)
    return is_alike and min(sides) > 1 and height <= picture_height and width <= picture_width


def _is_attention(output: torch.Tensor) -> bool:
    """Whether these are weights of tokens, which add up to 1 in each row."""
    return bool((output.detach().float().sum(dim=-1) - 1).abs().max() < ATTENTION_TOLERANCE)


def _channels_first(activation: torch.Tensor, picture: torch.Size) -> torch.Tensor:
    return activation if _is_map_size(activation.shape[2:], picture) else activation.movedim(-1, 1)


def _hirescam(activation: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    return (activation * gradient).sum(dim=1).relu().detach().float()


def _layercam(activation: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    return (activation * gradient.relu()).sum(dim=1).relu().detach().float()


def _to_one(maps: torch.Tensor) -> torch.Tensor:
    """Each map divided by its largest value."""
    largest = maps.amax(dim=(1, 2), keepdim=True)
    return maps / largest.clamp_min(torch.finfo(maps.dtype).tiny)
