"""Several processes as one training: what they agree on, what they share, and synchronised batch norm on CPUs."""

from typing import Any, TypeVar

import datasets
import torch
from accelerate import Accelerator, PartialState
from accelerate.utils import broadcast_object_list
from timm.layers.norm_act import BatchNormAct2d, convert_sync_batchnorm
from torch import nn
from transformers import PreTrainedModel

from vitrine.data.loading.loaders import PreprocessedImages
from vitrine.training.machine.devices import choose_sum_type

Value = TypeVar("Value")


def add_up(accelerator: Accelerator, numbers: list[float]) -> list[float]:
    """Sums of each number over all processes, the same in each of them."""
    if accelerator.num_processes == 1:
        return numbers
    summed: list[float] = accelerator.reduce(
        torch.tensor(numbers, dtype=choose_sum_type(accelerator.device), device=accelerator.device), reduction="sum"
    ).tolist()
    return summed


def as_main_says(accelerator: Accelerator | PartialState, value: Value) -> Value:
    """The main process's value, in every process."""
    if accelerator.num_processes == 1:
        return value
    values = [value]
    broadcast_object_list(values)
    return values[0]


def share_buffers(accelerator: Accelerator, model: nn.Module) -> None:
    """Gives all processes the main process's buffers, batch norm's running statistics above all."""
    if accelerator.num_processes > 1:
        for buffer in model.buffers():
            torch.distributed.broadcast(buffer, src=0)


def has_unused(model: PreTrainedModel, split: datasets.Dataset) -> bool:
    """Whether some of what is trained has no part in the answers, as the mask token of DINOv2, and so no gradient.

    Args:
        model: its trained parameters chosen; it is left as it was.
        split: of a prepared data set; pictures of its size are asked about.
    """
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    training = [module for module in model.modules() if module.training]
    pixels = torch.zeros_like(PreprocessedImages(split).__getitems__([0])["pixels"], dtype=torch.float32)
    logits = model.eval()(pixel_values=pixels.to(model.device)).logits  # batch norm is not to learn of it
    for module in training:
        module.training = True
    return any(gradient is None for gradient in torch.autograd.grad(logits.sum(), trained, allow_unused=True))


def synchronize_batch_norm(model: PreTrainedModel, device: torch.device) -> PreTrainedModel:
    """Lets batch norm in training see the pictures of all processes; names and weights stay as they are."""
    if device.type == "cuda":
        # timm's knows its own layers, torch's does not.
        converted: PreTrainedModel = convert_sync_batchnorm(model)  # type: ignore[no-untyped-call]
        return converted
    for module in model.modules():
        if type(module) in (nn.BatchNorm2d, BatchNormAct2d):
            # The same attributes, another forward.
            module.__class__ = SharedBatchNorm2d if type(module) is nn.BatchNorm2d else SharedBatchNormAct2d
    return model


class _SumOverProcesses(torch.autograd.Function):
    """A sum over all processes whose gradient is the sum of all processes' gradients."""

    @staticmethod
    def forward(ctx: Any, own: torch.Tensor) -> torch.Tensor:
        summed = own.clone()
        torch.distributed.all_reduce(summed)
        return summed

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> torch.Tensor:
        summed = gradients[0].contiguous().clone()
        torch.distributed.all_reduce(summed)
        return summed


class SharedBatchNorm2d(nn.BatchNorm2d):
    """Batch norm over the pictures of all processes; torch's own `SyncBatchNorm` has no kernel for CPUs."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 (torch's own name for it)
        """Normalises `[batch, channels, height, width]`."""
        if not self.training or self.running_mean is None or self.running_var is None:
            return super().forward(input)
        values = input.float()
        count = torch.full((1,), values.numel() / values.shape[1])
        # Sums with gradients: what a picture adds to the mean changes all others, on every process.
        own = torch.cat([values.sum((0, 2, 3)), values.square().sum((0, 2, 3)), count])
        sums: torch.Tensor = _SumOverProcesses.apply(own)
        total = sums[-1].detach()
        mean, square = sums[:-1].view(2, -1) / total
        variance = (square - mean.square()).clamp(min=0)
        with torch.no_grad():
            if self.num_batches_tracked is not None:
                self.num_batches_tracked.add_(1)
            share = self.momentum if self.momentum is not None else 1.0 / float(self.num_batches_tracked or 1)
            self.running_mean.lerp_(mean, share)
            self.running_var.lerp_(variance * total / (total - 1), share)
        scale = (variance + self.eps).rsqrt() * (self.weight if self.affine else 1.0)
        offset = (self.bias if self.affine else 0.0) - mean * scale
        normalized: torch.Tensor = values * scale.view(1, -1, 1, 1) + offset.view(1, -1, 1, 1)
        return normalized.to(input.dtype)


class SharedBatchNormAct2d(BatchNormAct2d):
    """The same for timm's batch norm with its activation behind it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Normalises and activates `[batch, channels, height, width]`."""
        if not self.training:
            plain: torch.Tensor = super().forward(x)  # type: ignore[no-untyped-call]
            return plain
        activated: torch.Tensor = self.act(self.drop(SharedBatchNorm2d.forward(self, x)))  # type: ignore[arg-type]
        return activated
