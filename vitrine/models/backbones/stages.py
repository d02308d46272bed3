"""The stages of a network from its input to its head, and which of them are trained."""

from collections.abc import Iterator
from typing import Literal

from torch import nn
from transformers import PreTrainedModel

from vitrine.errors import UserError
from vitrine.models.backbones.build import head_modules

TrainablePart = Literal["head", "last", "all"]


def list_stages(model: PreTrainedModel) -> list[list[nn.Module]]:
    """The modules of each stage, from the input to the head, which is the last stage.

    A stage starts where the picture becomes smaller (a strided convolution or pooling), as in the tables of the papers
    of ResNet and EfficientNet, and at each member of a list that the network itself calls `stages`. What follows the
    last of them (a norm, a 1x1 convolution) belongs to it. One rule for all: timm's own groups are single layers for
    some networks (VGG) and missing for others.

    Args:
        model: a native network of transformers, one of timm in its wrapper, or the small CNN.

    Returns:
        Every parameter of the model is in exactly one stage.
    """
    head = head_modules(model)
    stages: list[list[nn.Module]] = [[]]
    for block, opens_a_stage in _walk(model, {id(module) for module in head}):
        if opens_a_stage and any(_has_parameters(module) for module in stages[-1]):
            stages.append([])
        stages[-1].append(block)
    return [stage for stage in stages if any(_has_parameters(module) for module in stage)] + [head]


def set_trainable(model: PreTrainedModel, part: TrainablePart, last_stages: int = 1) -> None:
    """Chooses the parameters that are trained; `set_training_mode` then sets the modes of the modules.

    Args:
        model: any network that `list_stages` takes.
        part: 'head'; 'last': the head and the last stages in front of it; 'all'.
        last_stages: how many for 'last'.

    Raises:
        UserError: the network has fewer stages.
    """
    *backbone, head = list_stages(model)
    if part == "last" and last_stages > len(backbone):
        raise UserError(
            f"model.last_stages: this network has {len(backbone)} stages in front of its head (got {last_stages}); "
            "give fewer, or set model.trainable_part=all"
        )
    model.requires_grad_(part == "all")
    for stage in [*(backbone[-last_stages:] if part == "last" else []), head]:
        for module in stage:
            module.requires_grad_(True)


def set_training_mode(model: nn.Module, keeps_statistics: bool = False) -> None:
    """Training mode for what is trained, evaluation mode for what is frozen.

    In training mode the batch-norm statistics of frozen stages would drift, and their dropout would add noise. Modules
    without parameters (dropout, pooling) follow the module that they are in; running statistics without parameters
    change only where nothing around them is frozen.

    Args:
        model: the network without the wrapper of Accelerate, its parameters chosen by `set_trainable`.
        keeps_statistics: batch norm goes on with the means and deviations of the pretraining, in evaluation mode; its
            scales and offsets are trained all the same.
    """
    model.eval()
    _set_mode(model)
    if keeps_statistics:
        for module in model.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eval()


def _set_mode(module: nn.Module) -> None:
    flags = {parameter.requires_grad for parameter in module.parameters()}
    if flags == {True}:
        module.train()
    elif flags == {True, False}:
        module.training = True
        for child in module.children():
            if any(True for _ in child.parameters()):
                _set_mode(child)
            elif not any(True for _ in child.buffers()):
                child.train()


def _walk(model: PreTrainedModel, head: set[int]) -> Iterator[tuple[nn.Module, bool]]:
    """The units of the backbone in the order of their registration, each with whether a stage starts with it."""

    def expand(module: nn.Module, all_open: bool) -> Iterator[tuple[nn.Module, bool]]:
        own = list(module.parameters(recurse=False))
        if own:  # a list of parameters is a module too; the module itself would bring its children along
            yield nn.ParameterList(own), False
        for name, child in module.named_children():
            if id(child) in head:
                continue
            if _is_container(name, child) or any(id(part) in head for part in child.modules()):
                yield from expand(child, name == "stages")
            else:
                yield child, all_open or _makes_smaller(child)

    def _is_container(name: str, child: nn.Module) -> bool:
        # A head of ours stands on timm's wrapper, which is a network in a network.
        is_network = name in (model.base_model_prefix, "timm_model", "encoder")
        return is_network or isinstance(child, nn.Sequential | nn.ModuleList)

    return expand(model, False)


def _makes_smaller(block: nn.Module) -> bool:
    strides = [getattr(module, "stride", 1) for module in block.modules()]
    return any(
        max(stride) > 1 if isinstance(stride, tuple) else isinstance(stride, int) and stride > 1 for stride in strides
    )


def _has_parameters(module: nn.Module) -> bool:
    return any(True for _ in module.parameters())
