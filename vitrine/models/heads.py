"""Heads: what turns the features of a backbone into logits."""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import nn
from transformers import PreTrainedConfig, PreTrainedModel, TimmWrapperForImageClassification, TimmWrapperModel
from transformers.initialization import no_init_weights

from vitrine.errors import UserError
from vitrine.models.headed_network import (
    VitrineConfig,
    VitrineForImageClassification,
    read_head_input,
    remove_parts,
)

HeadKind = Literal["linear", "dense", "stages", "flatten"]


@dataclass(frozen=True)
class Head:
    """Shape of a head.

    Attributes:
        kind: 'linear': one layer on the pooled features, which every standard class has; 'dense': hidden layers with
            ReLU, and dropout, before it; 'stages': the same, or no hidden layer, on the pooled features of every stage;
            'flatten': likewise, on the whole last feature map.
        units: of each hidden layer.
        dropout: share of the numbers dropped in front of the last layer, in training; not for 'linear'.
    """

    kind: HeadKind = "linear"
    units: tuple[int, ...] = ()
    dropout: float = 0.0


LINEAR = Head()
STAGES = "the feature maps of its stages"


def name_head_input(kind: HeadKind) -> dict[str, str]:
    """What tells features that were kept of heads that start from something else apart; nothing for the usual ones."""
    return {"stages": {"of": "stages"}, "flatten": {"of": "map"}}.get(kind, {})


def put_head(model: PreTrainedModel, head: Head, image_size: int | None = None) -> PreTrainedModel:
    """Gives a network the wanted head with fresh weights; its backbone is used, not copied.

    Args:
        model: an image classifier with its own linear head, or one of ours that has this head already.
        head: the wanted head.
        image_size: side of the pictures in pixels; 'flatten' needs it, for any other side gives another feature map.

    Raises:
        UserError: the network was saved with another head, or has no features that this head could start from.
    """
    if isinstance(model, VitrineForImageClassification):
        _check_same_head(model.config, head)
        return model
    if head.kind == "linear":
        return model
    if image_size is None and head.kind == "flatten":
        raise ValueError("the flatten head depends on the picture size")
    backbone = _take_backbone(model, pools=head.kind != "flatten")
    features, unused = _measure_features(backbone, head, image_size or 224)
    remove_parts(backbone, unused)
    network = backbone.config.to_dict()
    network.pop("pretrained_cfg", None)
    config = VitrineConfig(
        network=network,
        head=head.kind,
        head_units=list(head.units),
        head_dropout=head.dropout,
        features=features,
        removed=unused,
        id2label=model.config.id2label,
        label2id=model.config.label2id,
    )
    with no_init_weights():
        headed = VitrineForImageClassification(config)
    headed.backbone = backbone
    for layer in headed.head:
        if isinstance(layer, nn.Linear):
            layer.reset_parameters()
    return headed


def _check_same_head(config: PreTrainedConfig, head: Head) -> None:
    stored = Head(config.head, config.hidden_units, config.head_dropout)
    if stored != head:
        units = f" model.head_units=[{','.join(map(str, stored.units))}]" if stored.units else ""
        raise UserError(
            f"model.head: this model folder was trained with the head '{stored.kind}'. Go on with "
            f"model.head={stored.kind}{units} model.head_dropout={stored.dropout:g}, or start from its backbone"
        )


def _take_backbone(model: PreTrainedModel, pools: bool) -> PreTrainedModel:
    """The network without its own head, as the Auto classes build it."""
    if isinstance(model, TimmWrapperForImageClassification):
        model.timm_model.reset_classifier(0)
        model.config.do_pooling = pools
        with no_init_weights():
            bare = TimmWrapperModel(model.config)
        bare.timm_model = model.timm_model
        return bare
    backbone = model.base_model
    if backbone is model or not isinstance(backbone, PreTrainedModel):
        raise UserError(f"model.head: {type(model).__name__} has no backbone that another head could stand on")
    return backbone


@torch.inference_mode()
def _measure_features(backbone: PreTrainedModel, head: Head, image_size: int) -> tuple[int, list[str]]:
    """Numbers per picture that the head starts from, and the parts of the backbone that play no part in them."""
    network = getattr(backbone, "timm_model", backbone)
    if head.kind == "stages" and network is not backbone and not hasattr(network, "forward_intermediates"):
        raise _lacks(network, head, STAGES)
    used: set[nn.Module] = set()
    hooks = [module.register_forward_hook(lambda module, *_: used.add(module)) for module in network.modules()]
    was_training = backbone.training
    try:
        outputs = backbone.eval()(
            pixel_values=torch.zeros(1, 3, image_size, image_size), output_hidden_states=head.kind == "stages"
        )
    finally:
        backbone.train(was_training)
        for hook in hooks:
            hook.remove()
    flat = head.kind == "flatten"
    if lacking := _find_lacking(outputs, head.kind):
        raise _lacks(network, head, lacking)
    unused = [
        name
        for name, part in network.named_children()
        if used.isdisjoint(part.modules()) and any(True for _ in part.parameters())
    ]
    if flat and not hasattr(backbone, "timm_model"):
        unused += [name for name in _behind_the_map(network) if name not in unused]
    return read_head_input(outputs, head.kind).shape[1], unused


def _find_lacking(outputs: Any, kind: HeadKind) -> str | None:
    if kind == "flatten":
        return None if outputs.last_hidden_state.ndim == 4 else "a feature map"
    if getattr(outputs, "pooler_output", None) is None:
        return "pooled features"
    has_maps = kind != "stages" or any(state.ndim == 4 for state in outputs.hidden_states or ())
    return None if has_maps else STAGES


def _lacks(network: nn.Module, head: Head, lacking: str) -> UserError:
    return UserError(f"model.head: '{head.kind}' needs {lacking}, which {type(network).__name__} has not")


def _behind_the_map(network: nn.Module) -> list[str]:
    """ConvNeXt's last normalisation: transformers runs it on the pooled features only, which nobody reads here."""
    return [name for name in ("layernorm",) if any(True for _ in getattr(network, name, nn.Identity()).parameters())]
