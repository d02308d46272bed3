"""Optimisers, their parameter groups, and the learning-rate schedule."""

from typing import Literal

from torch import nn
from torch.optim import SGD, AdamW, Optimizer, RMSprop
from torch.optim.lr_scheduler import LambdaLR
from transformers import get_cosine_schedule_with_warmup

OptimizerName = Literal["adamw", "sgd", "rmsprop"]


def build_optimizer(
    model: nn.Module, name: OptimizerName, learning_rate: float, weight_decay: float, momentum: float
) -> Optimizer:
    """An optimiser of the trainable parameters; biases and norms are not decayed (arXiv:1812.01187)."""
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [parameter for parameter in trainable if parameter.ndim > 1], "weight_decay": weight_decay},
        {"params": [parameter for parameter in trainable if parameter.ndim <= 1], "weight_decay": 0.0},
    ]
    match name:  # fused: one pass over the weights, two thirds of the time of an update
        case "adamw":
            return AdamW(groups, lr=learning_rate, fused=True)
        case "sgd":
            return SGD(groups, lr=learning_rate, momentum=momentum, nesterov=momentum > 0, fused=True)
        case "rmsprop":
            return RMSprop(groups, lr=learning_rate, momentum=momentum)


def build_schedule(optimizer: Optimizer, steps: int, warmup_fraction: float) -> LambdaLR:
    """Linear warm-up over the first share of the steps, then a half cosine to zero."""
    schedule: LambdaLR = get_cosine_schedule_with_warmup(optimizer, round(steps * warmup_fraction), steps)
    return schedule
