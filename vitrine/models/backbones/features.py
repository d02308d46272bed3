"""Features of a network: one vector per picture, exactly what its head turns into logits."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torchvision.transforms.v2 import functional as F  # noqa: N812 (torchvision's own name for it)
from transformers import PreTrainedModel

from vitrine.data.images.prefetch import map_ahead
from vitrine.data.images.resizing import whiten
from vitrine.data.loading.loaders import Batch
from vitrine.errors import NotMeasurableError
from vitrine.models.backbones.build import choose_memory_format, head_modules
from vitrine.models.backbones.normalization import Normalization

AUTOCAST = {"bf16": torch.bfloat16, "fp16": torch.float16}
SIDE_BY_SIDE = 2  # batches that a processor computes at once


def compute_features(
    model: PreTrainedModel,
    batches: Iterable[Batch],
    normalization: Normalization,
    precision: Literal["fp32", "bf16", "fp16"] = "fp32",
    on_batch: Callable[[int], None] = lambda _: None,
    whitens: bool = False,
) -> npt.NDArray[np.float32]:
    """What the first module of the head receives for each picture, in the order of the batches.

    A linear head fitted on these vectors is the head that training with a frozen backbone and without augmentation
    would give: whatever stands between backbone and head (pooling, flattening) is inside them, dropout is off.

    Args:
        model: any network of `models.backbones`, on the device that shall do the work, best placed by `place`.
        batches: of pictures `[batch, 3, height, width]`, 0 to 255, uint8 or float; at least one. Float pictures on the
            network's device are changed in place.
        normalization: that of the network's weights.
        precision: bf16 where the device has instructions for it (a third of the time); features of bf16 are good to
            three digits.
        on_batch: told the number of pictures after each batch, in their order.
        whitens: each picture is brought to mean 0 and deviation 1 in place of the network's normalisation.

    Returns:
        `[pictures, width of the features]`.

    Raises:
        UserError: the head does not start from one vector per picture.
    """
    head = head_modules(model)
    this_thread = threading.local()

    def keep(_: nn.Module, inputs: tuple[Any, ...]) -> None:
        this_thread.features = inputs[0].flatten(1).float().cpu()

    memory_format = choose_memory_format(model)

    @torch.inference_mode()
    def look(batch: Batch) -> torch.Tensor:
        pixels = batch["pixels"].to(model.device, torch.float32)
        if whitens:
            pixels = whiten(pixels)
        else:
            pixels = F.normalize(pixels.div_(255), list(normalization.mean), list(normalization.std), inplace=True)
        with torch.autocast(model.device.type, AUTOCAST.get(precision), enabled=precision in AUTOCAST):
            model(pixel_values=pixels.contiguous(memory_format=memory_format))
        features: torch.Tensor = this_thread.features
        return features

    was_training, seen = model.training, []
    hook = head[0].register_forward_pre_hook(keep)
    model.eval()
    try:
        for features in _map_batches(look, batches, model.device):
            seen.append(features)
            on_batch(len(features))
    finally:
        hook.remove()
        model.train(was_training)
    together = torch.cat(seen)
    _check_width(model, head, together.shape[1])
    found: npt.NDArray[np.float32] = together.numpy()
    return found


def _map_batches(
    look: Callable[[Batch], torch.Tensor], batches: Iterable[Batch], device: torch.device
) -> Iterator[torch.Tensor]:
    """On a processor several batches at once: threads that compute one together wait for each other at every layer.

    On a machine that does other work they wait long.
    """
    threads = torch.get_num_threads()
    at_once = min(threads, SIDE_BY_SIDE)
    if device.type != "cpu" or at_once == 1:
        yield from map(look, batches)
        return
    share = partial(torch.set_num_threads, threads // at_once)
    try:
        with closing(map_ahead(look, batches, at_once + 1, at_once, share)) as found:
            yield from found
    finally:
        # A thread that sets its own number sets that of all later threads, too; this takes it back.
        torch.set_num_threads(threads)


def _check_width(model: PreTrainedModel, head: list[nn.Module], width: int) -> None:
    """Refuses networks that pool behind their head: what the head sees there is no single vector."""
    linear = next((part for module in head for part in module.modules() if isinstance(part, nn.Linear)), None)
    if linear is not None and linear.in_features != width:
        raise NotMeasurableError(
            f"model.backbone: the head of {type(model).__name__} starts from {width} numbers per picture where its "
            f"linear layer takes {linear.in_features}; it has no single vector of features. Take another backbone"
        )
