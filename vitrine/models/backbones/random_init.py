"""Networks that start from random weights, or from a weights file without a configuration."""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import timm
import torch
from torch import nn
from transformers import (
    AutoModelForImageClassification,
    PreTrainedConfig,
    PreTrainedModel,
    TimmWrapperConfig,
    TimmWrapperForImageClassification,
)
from transformers.initialization import no_init_weights

from vitrine.errors import UserError, first_line
from vitrine.invocation import command_line
from vitrine.models.backbones.stochastic_depth import choose_drop_path
from vitrine.models.backbones.table import BACKBONES
from vitrine.models.headed_network import VitrineConfig

SHOWN = 3
Colors = tuple[Sequence[float], Sequence[float]]  # mean and standard deviation
# Inception-v3's second classifier, used in its own training only; timm leaves it away.
LEFT_AWAY = "AuxLogits."


def label_maps(label_names: Sequence[str]) -> tuple[dict[int, str], dict[str, int]]:
    """`id2label` and `label2id` of a configuration."""
    return dict(enumerate(label_names)), {name: label_id for label_id, name in enumerate(label_names)}


def timm_architecture(name: str) -> str | None:
    """The architecture that a short name of the table, a timm id or a timm name stands for; None for any other."""
    if name in BACKBONES:
        return BACKBONES[name].architecture
    owner, slash, rest = name.rpartition("/")
    architecture = rest.partition(".")[0]
    if (slash and owner != "timm") or not timm.is_model(architecture):
        return None
    return architecture


def unknown_backbone(field: str, name: str) -> UserError:
    """What to say about a name that nobody knows: the nearest ones."""
    wanted = name.removeprefix("timm/").partition(".")[0].lower()
    ours = difflib.get_close_matches(wanted, BACKBONES, SHOWN, cutoff=0.5)
    tagged = {known.partition(".")[0]: f"timm/{known}" for known in reversed(timm.list_pretrained())}
    others = [tagged[known] for known in difflib.get_close_matches(wanted, tagged, SHOWN, cutoff=0.7)]
    nearest = f"; nearest in our table: {', '.join(ours)}" if ours else ""
    nearest += f"; nearest in timm: {', '.join(others)}" if others else ""
    return UserError(f"{field}: there is no '{name}'{nearest}. `{command_line('backbones')}` lists what there is")


def build_fresh_timm(architecture: str, label_names: Sequence[str], drop_path: float | None = None) -> PreTrainedModel:
    """A timm network with timm's own random weights, as transformers' class.

    transformers would draw all of them from N(0, 0.02): an EfficientNet with such weights does not learn.

    Args:
        architecture: timm's name.
        label_names: in the order of the label ids.
        drop_path: see `stochastic_depth`.
    """
    arguments = choose_drop_path(TimmWrapperConfig(architecture=architecture), drop_path).get("model_args", {})
    network = timm.create_model(architecture, pretrained=False, num_classes=len(label_names), **arguments)
    return _wrap(network, architecture, label_names, arguments)


def _wrap(
    network: Any, architecture: str, label_names: Sequence[str], arguments: dict[str, Any] | None = None
) -> PreTrainedModel:
    """A timm network as transformers' class, its weights untouched."""
    id2label, label2id = label_maps(label_names)
    config = TimmWrapperConfig(
        architecture=architecture, id2label=id2label, label2id=label2id, model_args=arguments or None
    )
    with no_init_weights():
        model: PreTrainedModel = TimmWrapperForImageClassification(config)
    model.timm_model = network
    return model


def start_head_afresh(network: Any) -> None:
    """Gives the head of a pretrained timm network small random weights.

    EfficientNet's own start is uniform within one over the root of the number of classes: of two classes 0.7, so that
    the first answers on trained features are all but certain, and wrong.

    Args:
        network: of timm.
    """
    for module in network.get_classifier().modules():
        if isinstance(module, nn.Linear):
            module.reset_parameters()


def build_fresh_like(
    config: PreTrainedConfig, label_names: Sequence[str], drop_path: float | None = None
) -> PreTrainedModel:
    """The network of a configuration with random weights that can learn.

    Args:
        config: of the network.
        label_names: in the order of the label ids.
        drop_path: see `stochastic_depth`.

    Raises:
        UserError: the configuration is that of a backbone with a head of ours.
    """
    if isinstance(config, TimmWrapperConfig):
        return build_fresh_timm(config.architecture, label_names, drop_path)
    if isinstance(config, VitrineConfig):
        raise UserError("model.pretrained: false needs the name of a backbone, not a model that Vitrine trained")
    config.update(choose_drop_path(config, drop_path))
    model: PreTrainedModel = AutoModelForImageClassification.from_config(config)
    if any(isinstance(module, nn.BatchNorm2d) for module in model.modules()):
        _start_as_he(model)
    return model


def _start_as_he(model: nn.Module) -> None:
    """He initialisation (arXiv:1502.01852) of a network with batch norm.

    transformers starts MobileNetV2 and EfficientNet from N(0, 0.02), the latter's batch norms too.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            outputs = module.kernel_size[0] * module.kernel_size[1] * module.out_channels // module.groups
            nn.init.normal_(module.weight, std=(2 / outputs) ** 0.5)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d | nn.Linear):
            module.reset_parameters()


def load_timm_release(name: str, label_names: Sequence[str]) -> tuple[PreTrainedModel, Colors] | None:
    """Pretrained weights that timm keeps on its own release page, not on the Hub; None where they are on the Hub.

    Args:
        name: architecture and tag, such as `legacy_xception.tf_in1k`.
        label_names: class names in the order of the label ids; the head is new.

    Raises:
        UserError: the page cannot be reached.
    """
    facts = timm.get_pretrained_cfg(name)
    if facts is None or facts.hf_hub_id or not facts.url:
        return None
    try:
        network = timm.create_model(name, pretrained=True, num_classes=len(label_names))
    except OSError as error:
        raise UserError(
            f"model.backbone: the weights of {name} cannot be fetched from {facts.url} ({error}). Fetch the file where "
            f"there is a network, then give it as model.backbone with model.architecture={facts.architecture}; random "
            "weights need no download: model.pretrained=false"
        ) from error
    start_head_afresh(network)
    return _wrap(network, str(facts.architecture), label_names), (facts.mean, facts.std)


def load_weights_file(
    path: Path, architecture: str | None, label_names: Sequence[str]
) -> tuple[PreTrainedModel, Colors]:
    """A timm network with the weights of a file, and a new head.

    Args:
        path: `.safetensors`, or a file of `torch.save` that holds nothing but tensors.
        architecture: name in our table or in timm.
        label_names: class names in the order of the label ids.

    Returns:
        The network; mean and standard deviation of the colours that timm names for this architecture.

    Raises:
        UserError: no such file or architecture, or the weights do not fit; the message names the keys.
    """
    if not path.is_file():
        raise UserError(f"model.backbone: there is no file {path}")
    if not architecture:
        raise UserError(
            f"model.architecture: {path.name} holds weights only; name the network that they belong to, for example "
            f"model.architecture=resnet50 (`{command_line('backbones')}`, or any architecture of timm)"
        )
    name = timm_architecture(architecture)
    if name is None:
        raise unknown_backbone("model.architecture", architecture)
    network: Any = timm.create_model(name, pretrained=False, num_classes=len(label_names))
    stored = {key.removeprefix("timm_model."): tensor for key, tensor in read_weights(path).items()}
    head = {id(parameter) for parameter in network.get_classifier().parameters()}
    head_keys = {key for key, parameter in network.named_parameters() if id(parameter) in head}
    _check_fit(path, architecture, network.state_dict(), stored, head_keys)
    network.load_state_dict({key: tensor for key, tensor in stored.items() if key not in head_keys}, strict=False)
    start_head_afresh(network)
    facts = network.pretrained_cfg
    if not facts.get("mean") or not facts.get("std"):
        raise UserError(
            f"model.architecture: timm does not say which colours {architecture} expects; make a model folder of the "
            "weights, with a preprocessor_config.json"
        )
    return _wrap(network, name, label_names), (facts["mean"], facts["std"])


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a weights file, in their order, without running code of it.

    Raises:
        UserError: it cannot be read.
    """
    try:
        weights = timm.models.load_state_dict(str(path), weights_only=True)
    except Exception as error:  # what the formats raise: SafetensorError, UnpicklingError, RuntimeError, EOFError ...
        reason = first_line(error)
        raise UserError(f"model.backbone: {path} cannot be read as weights ({reason})") from error
    return {key: tensor for key, tensor in weights.items() if isinstance(tensor, torch.Tensor)}


def _check_fit(
    path: Path,
    architecture: str,
    wanted: dict[str, torch.Tensor],
    stored: dict[str, torch.Tensor],
    head: set[str],
) -> None:
    missing = sorted(set(wanted) - set(stored) - head)
    unknown = sorted(key for key in set(stored) - set(wanted) - head if not key.startswith(LEFT_AWAY))
    shapes = [
        f"{key} {list(stored[key].shape)} instead of {list(wanted[key].shape)}"
        for key in sorted((set(wanted) & set(stored)) - head)
        if stored[key].shape != wanted[key].shape
    ]
    found = [
        f"{len(keys)} {what} ({', '.join(keys[:SHOWN])}{', ...' if len(keys) > SHOWN else ''})"
        for keys, what in ((missing, "missing"), (unknown, "that it does not have"), (shapes, "of another shape"))
        if keys
    ]
    if found:
        raise UserError(
            f"model.backbone: the weights of {path} do not fit {architecture}: {'; '.join(found)}. "
            "Is model.architecture the network that they were trained in?"
        )
