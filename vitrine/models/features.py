"""Features of a network: one vector per picture, exactly what its head turns into logits."""

from collections.abc import Callable, Iterable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torchvision.transforms.v2 import functional as F  # noqa: N812 (torchvision's own name for it)
from transformers import PreTrainedModel

from vitrine.data.loaders import Batch
from vitrine.data.squares import whiten
from vitrine.errors import UserError
from vitrine.models.backbones import choose_memory_format, head_modules
from vitrine.models.normalisation import Normalisation

AUTOCAST = {"bf16": torch.bfloat16, "fp16": torch.float16}


@torch.inference_mode()
def compute_features(
    model: PreTrainedModel,
    batches: Iterable[Batch],
    normalisation: Normalisation,
    precision: Literal["fp32", "bf16", "fp16"] = "fp32",
    on_batch: Callable[[int], None] = lambda _: None,
    whitens: bool = False,
) -> npt.NDArray[np.float32]:
    """What the first module of the head receives for each picture, in the order of the batches.

    A linear head fitted on these vectors is the head that training with a frozen backbone and without augmentation
    would give: whatever stands between backbone and head (pooling, flattening) is inside them, dropout is off.

    Args:
        model: any network of `backbones.py`, on the device that shall do the work, best placed by `place`.
        batches: of pictures `[batch, 3, height, width]`, 0 to 255, uint8 or float; at least one. Float pictures on the
            network's device are changed in place.
        normalisation: that of the network's weights.
        precision: bf16 where the device has instructions for it (a third of the time); features of bf16 are good to
            three digits.
        on_batch: told the number of pictures after each batch.
        whitens: each picture is brought to mean 0 and deviation 1 in place of the network's normalisation.

    Returns:
        `[pictures, width of the features]`.

    Raises:
        UserError: the head does not start from one vector per picture.
    """
    head = head_modules(model)
    seen: list[torch.Tensor] = []

    def keep(_: nn.Module, inputs: tuple[Any, ...]) -> None:
        seen.append(inputs[0].flatten(1).float().cpu())

    memory_format = choose_memory_format(model)
    was_training = model.training
    hook = head[0].register_forward_pre_hook(keep)
    model.eval()
    try:
        for batch in batches:
            pixels = batch["pixels"].to(model.device, torch.float32)
            if whitens:
                pixels = whiten(pixels)
            else:
                pixels = F.normalize(pixels.div_(255), list(normalisation.mean), list(normalisation.std), inplace=True)
            with torch.autocast(model.device.type, AUTOCAST.get(precision), enabled=precision in AUTOCAST):
                model(pixel_values=pixels.contiguous(memory_format=memory_format))
            on_batch(len(pixels))
    finally:
        hook.remove()
        model.train(was_training)
    features = torch.cat(seen)
    _check_width(model, head, features.shape[1])
    found: npt.NDArray[np.float32] = features.numpy()
    return found


@torch.inference_mode()
def measure_head_input(model: PreTrainedModel, side: int) -> int | None:
    """Width of the vector that the head starts from; None where the head alone does not give the network's logits.

    So it is where the head needs the feature map, or where more than a chain of modules lies behind the backbone.

    Args:
        model: any network of `backbones.py`; its mode is evaluation mode afterwards.
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


def _check_width(model: PreTrainedModel, head: list[nn.Module], width: int) -> None:
    """Refuses networks that pool behind their head: what the head sees there is no single vector."""
    linear = next((part for module in head for part in module.modules() if isinstance(part, nn.Linear)), None)
    if linear is not None and linear.in_features != width:
        raise UserError(
            f"model.backbone: the head of {type(model).__name__} starts from {width} numbers per picture where its "
            f"linear layer takes {linear.in_features}; it has no single vector of features. Take another backbone"
        )
