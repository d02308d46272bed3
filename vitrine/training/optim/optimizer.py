"""Optimisers, their parameter groups, and the learning-rate schedules."""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any, Literal

from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop
from torch.optim.lr_scheduler import LambdaLR
from transformers import PreTrainedModel

from vitrine.errors import UserError
from vitrine.invocation import command_line
from vitrine.models.backbones.stages import list_stages

OptimizerName = Literal["adamw", "adam", "sgd", "rmsprop"]
ScheduleName = Literal["cosine", "one_cycle", "step", "plateau", "constant"]

# Of the one-cycle policy (arXiv:1708.07120), as torch and fastai set them: it starts at 1/25 and ends at 1e-5.
ONE_CYCLE_START, ONE_CYCLE_END = 1 / 25, 1e-5
# After the frozen epochs the highest rate is half of the first one, as in fastai's fine_tune.
UNFROZEN_SHARE = 0.5


def build_optimizer(
    model: nn.Module,
    name: OptimizerName,
    learning_rate: float,
    weight_decay: float,
    momentum: float,
    layer_decay: float = 1.0,
    layer_weight_decay: Mapping[str, float] = MappingProxyType({}),
) -> Optimizer:
    """An optimiser of the trainable parameters; biases and norms are not decayed (arXiv:1812.01187).

    Args:
        model: with `requires_grad` as it is when everything is trained that ever will be; a parameter that is frozen
            for the first epochs has no gradient then, and the optimiser passes it over.
        name: of the optimiser.
        learning_rate: highest rate, that of the head.
        weight_decay: of weight matrices; a share of the weights for adamw, for the others a part of the gradient.
        momentum: of sgd and rmsprop.
        layer_decay: each stage's rate as a share of that of the stage behind it; 1 gives all the same. The first group
            is the head's.
        layer_weight_decay: of chosen layers in place of `weight_decay`; see `choose_weight_decays`.

    Raises:
        UserError: a chosen layer is not there, or is not trained.
    """
    decays = choose_weight_decays(model, weight_decay, layer_weight_decay)
    groups = _group_parameters(model, learning_rate, decays, layer_decay)
    match name:  # fused: one pass over the weights, two thirds of the time of an update
        case "adamw":
            return AdamW(groups, lr=learning_rate, fused=True)
        case "adam":
            return Adam(groups, lr=learning_rate, fused=True)
        case "sgd":
            return SGD(groups, lr=learning_rate, momentum=momentum, nesterov=momentum > 0, fused=True)
        case "rmsprop":
            return RMSprop(groups, lr=learning_rate, momentum=momentum)


@dataclass(frozen=True)
class OptimizerPlan:
    """The optimiser; names as for `build_optimizer`."""

    name: OptimizerName
    learning_rate: float
    weight_decay: float
    momentum: float
    layer_decay: float
    layer_weight_decay: Mapping[str, float] = field(default_factory=dict)

    def build(self, model: nn.Module) -> Optimizer:
        """The optimiser of a network's trainable parameters."""
        return build_optimizer(
            model,
            self.name,
            self.learning_rate,
            self.weight_decay,
            self.momentum,
            self.layer_decay,
            self.layer_weight_decay,
        )


def choose_weight_decays(
    model: nn.Module, weight_decay: float, layer_weight_decay: Mapping[str, float]
) -> dict[str, float]:
    """The decay of each trainable parameter, by its name; biases and norms have none.

    Args:
        model: with `requires_grad` as for `build_optimizer`.
        weight_decay: of weight matrices that no layer's own one concerns.
        layer_weight_decay: of chosen layers: the name of a layer, or of a part for all layers in it, with * for
            anything. The last that fits holds.

    Raises:
        UserError: a name fits no layer with trained weights.
    """
    weights = [name for name, parameter in model.named_parameters() if parameter.requires_grad and parameter.ndim > 1]
    decays = {name: 0.0 for name, parameter in model.named_parameters() if parameter.requires_grad}
    decays |= dict.fromkeys(weights, weight_decay)
    for chosen, decay in layer_weight_decay.items():
        found = [name for name in weights if any(fnmatchcase(name, f"{chosen}{end}") for end in ("", ".*"))]
        if not found:
            layers = [name.rpartition(".")[0] for name in weights]
            raise UserError(
                f"optim.layer_weight_decay: no layer with trained weights is called '{chosen}'; there are "
                f"{', '.join(dict.fromkeys(layers[:2] + layers[-1:]))} ... (`{command_line('summary')}` lists them)"
            )
        decays |= dict.fromkeys(found, decay)
    return decays


def _group_parameters(
    model: nn.Module, learning_rate: float, decays: Mapping[str, float], layer_decay: float
) -> list[dict[str, Any]]:
    """Groups of equal rate and decay, from the head to the input; in each stage those that are not decayed last."""
    distance = _distances_from_head(model) if layer_decay < 1 and isinstance(model, PreTrainedModel) else {}
    # Matrices and the others are apart even where both have no decay: checkpoints of optimisers know their groups.
    members: dict[tuple[int, bool, float], list[nn.Parameter]] = defaultdict(list)
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            members[distance.get(id(parameter), 0), parameter.ndim <= 1, decays[name]].append(parameter)
    return [
        {"params": members[stage, is_free, decay], "lr": learning_rate * layer_decay**stage, "weight_decay": decay}
        for stage, is_free, decay in sorted(members)
    ]


def _distances_from_head(model: PreTrainedModel) -> dict[int, int]:
    """Stages between a parameter (by its `id`) and the head."""
    return {
        id(parameter): distance
        for distance, stage in enumerate(reversed(list_stages(model)))
        for module in stage
        for parameter in module.parameters()
    }


@dataclass(frozen=True)
class SchedulePlan:
    """The course of the learning rate; every course but that of one_cycle starts with a linear warm-up from 0.

    Attributes:
        name: 'cosine': half a cosine to 0; 'one_cycle': half a cosine from 1/25 up, then one down to 1/100,000, with
            the warm-up as the way up; 'step': times `step_factor` after every `step_epochs` epochs; 'plateau': times
            `plateau_factor` whenever the validation loss was not lower for `plateau_patience` epochs (frozen ones
            do not count);
            'constant'.
        epochs: of the whole training.
        frozen_epochs: the first of them, in which the head alone is trained. They have a course of their own; the
            course of the others starts anew, at half the rate.
        warmup_fraction: share of the steps of a course in which the rate rises.
        step_epochs: see 'step'.
        step_factor: see 'step'.
        plateau_patience: see 'plateau'.
        plateau_factor: see 'plateau'.
    """

    name: ScheduleName = "cosine"
    epochs: int = 1
    frozen_epochs: int = 0
    warmup_fraction: float = 0.1
    step_epochs: int = 3
    step_factor: float = 0.1
    plateau_patience: int = 2
    plateau_factor: float = 0.1

    def frozen_steps(self, total_steps: int) -> int:
        """How many of the steps of a training belong to the frozen epochs; of a shortened one, the same share."""
        return round(total_steps * self.frozen_epochs / self.epochs)


class Schedule(LambdaLR):
    """The learning rates of all parameter groups after each step, by one factor; can be stored and goes on exactly.

    Attributes:
        plan: the course.
        total_steps: updates of the whole training.
        reduction: what plateaus have made of the rate so far.
    """

    def __init__(self, optimizer: Optimizer, plan: SchedulePlan, total_steps: int) -> None:
        self.plan = plan
        self.total_steps = total_steps
        self.reduction = 1.0
        self._lowest_loss = math.inf
        self._bad_epochs = 0
        super().__init__(optimizer, self.factor)

    def factor(self, step: int) -> float:
        """The share of the highest rate before the update `step`, from 0."""
        frozen = self._frozen_steps
        if step < frozen:
            return self.reduction * self._course(step, frozen)
        highest = UNFROZEN_SHARE if frozen else 1.0
        return highest * self.reduction * self._course(step - frozen, self.total_steps - frozen)

    def end_epoch(self, validation_loss: float) -> None:
        """Lowers the rate where the plan is 'plateau' and the loss has not become lower for long enough."""
        if self.plan.name != "plateau" or self.last_epoch <= self._frozen_steps:
            return
        if validation_loss < self._lowest_loss:
            self._lowest_loss, self._bad_epochs = validation_loss, 0
            return
        self._bad_epochs += 1
        if self._bad_epochs >= self.plan.plateau_patience:
            self.reduction *= self.plan.plateau_factor
            self._bad_epochs = 0
            self._apply()

    def state_dict(self) -> dict[str, Any]:
        """All that changes; the plan comes from the recipe."""
        return {
            "last_epoch": self.last_epoch,
            "step_count": self._step_count,
            "base_lrs": list(self.base_lrs),
            "total_steps": self.total_steps,
            "reduction": self.reduction,
            "lowest_loss": self._lowest_loss,
            "bad_epochs": self._bad_epochs,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Goes on from `state_dict`, with the rates in the optimiser as they were."""
        self.last_epoch, self._step_count = state_dict["last_epoch"], state_dict["step_count"]
        self.base_lrs = list(state_dict["base_lrs"])
        self.total_steps, self.reduction = state_dict["total_steps"], state_dict["reduction"]
        self._lowest_loss, self._bad_epochs = state_dict["lowest_loss"], state_dict["bad_epochs"]
        self._apply()

    @property
    def _frozen_steps(self) -> int:
        return self.plan.frozen_steps(self.total_steps)

    def _apply(self) -> None:
        for group, base in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = base * self.factor(self.last_epoch)
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def _course(self, step: int, steps: int) -> float:
        """The factor at a step of a course of so many steps."""
        warmup = round(steps * self.plan.warmup_fraction)
        progress = min(1.0, (step - warmup) / max(1, steps - warmup))
        if self.plan.name == "one_cycle":
            if step < warmup:
                return _half_cosine(ONE_CYCLE_START, 1.0, step / warmup)
            return _half_cosine(1.0, ONE_CYCLE_END, progress)
        if step < warmup:
            return step / warmup
        if self.plan.name == "cosine":
            return 0.5 * (1 + math.cos(math.pi * progress))
        if self.plan.name == "step":
            epoch = int(step * self.plan.epochs / self.total_steps + 1e-9)
            return float(self.plan.step_factor ** (epoch // self.plan.step_epochs))
        return 1.0


def build_schedule(
    optimizer: Optimizer, steps: int, warmup_fraction: float, plan: SchedulePlan | None = None
) -> Schedule:
    """The schedule of a training of so many steps; without a plan, linear warm-up and then half a cosine to zero.

    Args:
        optimizer: whose rates it sets.
        steps: of the whole training.
        warmup_fraction: share of them in which the rate rises; for a training without a plan.
        plan: the course.
    """
    return Schedule(optimizer, plan or SchedulePlan(warmup_fraction=warmup_fraction), steps)


def _half_cosine(start: float, end: float, progress: float) -> float:
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * progress))
