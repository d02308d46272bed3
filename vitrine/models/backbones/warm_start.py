"""Weights of a trained model as the start of the next training, class by class."""

from collections.abc import Mapping, Sequence

import torch
from transformers import AutoModelForImageClassification, PreTrainedModel

from vitrine.errors import UserError
from vitrine.models.backbones.build import last_layer, read_label_names, register_own_classes
from vitrine.models.backbones.presence import find_backbone_folder


@torch.no_grad()
def start_from(model: PreTrainedModel, folder: str, renamed: Mapping[str, str]) -> None:
    """Gives a network the weights of a trained one of the same kind, in place.

    Classes are matched by their names: what the trained model did not know keeps its fresh weights, and a class that
    was made of several starts from their mean.

    Args:
        model: as built for the new classes.
        folder: of the trained model.
        renamed: how its classes are called now, where that has changed.

    Raises:
        UserError: it is another network, or no folder of a model.
    """
    register_own_classes()
    place = find_backbone_folder(folder, folder)
    trained = AutoModelForImageClassification.from_pretrained(place, trust_remote_code=False)
    before, now = last_layer(trained), last_layer(model)
    stored, wanted = trained.state_dict(), model.state_dict()
    in_last = {id(tensor) for tensor in (now.parameters() if now is not None else ())}
    rows = {name for name, parameter in model.named_parameters() if id(parameter) in in_last}
    misfits = [
        name
        for name, tensor in wanted.items()
        if name not in rows and (name not in stored or stored[name].shape != tensor.shape)
    ]
    if misfits or before is None or now is None:
        what = f" ({len(misfits)} parts differ, such as {misfits[0]})" if misfits else ""
        raise UserError(f"model.warm_start: {folder} is not the network that this recipe builds{what}")
    for name, tensor in wanted.items():
        if name not in rows:
            tensor.copy_(stored[name])
    sources = match_classes(read_label_names(trained.config), read_label_names(model.config), renamed)
    for row, places in enumerate(sources):
        if places:
            now.weight[row] = before.weight[places].mean(dim=0)
            if now.bias is not None and before.bias is not None:
                now.bias[row] = before.bias[places].mean()


def match_classes(before: Sequence[str], now: Sequence[str], renamed: Mapping[str, str]) -> list[list[int]]:
    """For each class of now, the label ids that it had before: none of a new class, several of a merged one.

    Args:
        before: class names of the earlier model, in the order of its label ids.
        now: class names of today.
        renamed: how earlier classes are called now, where that has changed.
    """
    called = [renamed.get(name, name) for name in before]
    return [[place for place, name in enumerate(called) if name == wanted] for wanted in now]
