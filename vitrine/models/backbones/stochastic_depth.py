"""Stochastic depth (arXiv:1603.09382) of the networks that have it."""

from typing import Any

import timm
import torch
from transformers import PreTrainedConfig, TimmWrapperConfig

from vitrine.errors import UserError


def choose_drop_path(config: PreTrainedConfig, share: float | None) -> dict[str, Any]:
    """The settings that give a network stochastic depth, as keywords for `from_pretrained` or for its configuration.

    transformers' EfficientNet drops single values of a block in place of the whole block; timm's drops the block.

    Args:
        config: of the network, before it is built.
        share: of the residual blocks left out at the end of the network, rising to it from 0 at the input; None leaves
            the network as it is.

    Raises:
        UserError: the network has no stochastic depth.
    """
    if share is None:
        return {}
    if isinstance(config, TimmWrapperConfig):
        arguments = {**(config.model_args or {}), "drop_path_rate": share}
        if _timm_takes(config.architecture, arguments):
            return {"model_args": arguments}
    for name in ("drop_path_rate", "drop_connect_rate"):
        if hasattr(config, name):
            return {name: share}
    if share == 0:
        return {}
    network = getattr(config, "architecture", None) or config.model_type
    raise UserError(
        f"model.drop_path: {network} has no stochastic depth (got {share:g}). ConvNext, ConvNextV2, Bit and "
        "EfficientNet have it, and timm's ResNet, ResNetV2, RegNet, EfficientNet, MobileNetV3 and ConvNext; "
        "set model.drop_path=null"
    )


def _timm_takes(architecture: str, arguments: dict[str, Any]) -> bool:
    """Whether timm builds the network with these arguments; on no device, so that it costs neither memory nor time."""
    try:
        with torch.device("meta"):
            timm.create_model(architecture, pretrained=False, **arguments)
    except TypeError:  # what a class raises for an argument that it does not have
        return False
    return True
