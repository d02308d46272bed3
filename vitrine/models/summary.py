"""What a network is made of: layers, shapes and parameters, as its own forward pass shows them."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from transformers import PreTrainedModel

FLOAT32_BYTES = 4


@dataclass(frozen=True)
class LayerRow:
    """A layer.

    Attributes:
        layer: dotted name in the network.
        kind: of layer, as torch calls it.
        output_shape: for one picture, without the batch; None where the layer is not called by the forward pass.
        parameters: its own, of which no other row counts any.
        trainable: how many of them are trained.
        statistics: numbers that are measured in training, not trained: means and variances of a batch norm.
    """

    layer: str
    kind: str
    output_shape: tuple[int, ...] | None
    parameters: int
    trainable: int
    statistics: int


@dataclass(frozen=True)
class Totals:
    """Sums over all layers; `megabytes` (of 1,000,000 bytes) are those of all numbers as float32."""

    parameters: int
    trainable: int
    frozen: int
    statistics: int
    megabytes: float


def summarize(model: PreTrainedModel, image_size: int) -> list[LayerRow]:
    """One row for each layer, in the order in which a picture passes them.

    Layers are modules without parts, and modules with parameters of their own beside their parts. What passes pictures
    on unchanged has no row. A model on torch's meta device costs neither time nor memory.

    Args:
        model: any network of `backbones.py`.
        image_size: side of the pictures, in pixels.
    """
    names = {module: name for name, module in model.named_modules()}
    shapes: dict[nn.Module, tuple[int, ...] | None] = {}

    def keep(module: nn.Module, _: Any, output: Any) -> None:
        shapes.setdefault(module, _first_shape(output))

    layers = [module for module in names if _is_layer(module)]
    hooks = [module.register_forward_hook(keep) for module in layers]
    try:
        _pass_a_picture(model, image_size)
    finally:
        for hook in hooks:
            hook.remove()
    seen: set[int] = set()
    in_order = [*shapes, *(module for module in layers if module not in shapes)]
    return [_describe(module, names[module], shapes.get(module), seen) for module in in_order]


def add_up(rows: list[LayerRow]) -> Totals:
    """The totals of a summary."""
    parameters, trainable = sum(row.parameters for row in rows), sum(row.trainable for row in rows)
    statistics = sum(row.statistics for row in rows)
    megabytes = FLOAT32_BYTES * (parameters + statistics) / 1e6
    return Totals(parameters, trainable, parameters - trainable, statistics, megabytes)


def count_operations(model: PreTrainedModel, image_size: int) -> int:
    """Multiplications and additions of convolutions and matrix products for one picture."""
    with FlopCounterMode(display=False) as counter:
        _pass_a_picture(model, image_size)
    operations: int = counter.get_total_flops()
    return operations


@torch.no_grad()
def _pass_a_picture(model: PreTrainedModel, image_size: int) -> None:
    was_training = model.training
    model.eval()  # or one picture would enter the statistics
    try:
        model(pixel_values=torch.zeros(1, 3, image_size, image_size, device=model.device, dtype=model.dtype))
    finally:
        model.train(was_training)


def _is_layer(module: nn.Module) -> bool:
    if any(True for _ in module.parameters(recurse=False)):
        return True
    return not any(True for _ in module.children()) and not isinstance(module, nn.Identity | nn.Sequential)


def _describe(module: nn.Module, name: str, shape: tuple[int, ...] | None, seen: set[int]) -> LayerRow:
    own = [parameter for parameter in module.parameters(recurse=False) if id(parameter) not in seen]
    seen.update(id(parameter) for parameter in own)
    return LayerRow(
        layer=name,
        kind=type(module).__name__,
        output_shape=shape,
        parameters=sum(parameter.numel() for parameter in own),
        trainable=sum(parameter.numel() for parameter in own if parameter.requires_grad),
        statistics=sum(buffer.numel() for buffer in module.buffers(recurse=False) if buffer.is_floating_point()),
    )


def _first_shape(output: Any) -> tuple[int, ...] | None:
    """Of a tensor, or of the first of several."""
    if isinstance(output, torch.Tensor):
        return tuple(output.shape[1:])
    values = output.values() if isinstance(output, dict) else output if isinstance(output, tuple | list) else ()
    return next((shape for value in values if (shape := _first_shape(value)) is not None), None)
