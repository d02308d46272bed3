"""Networks with a head for the data's labels: pretrained ones from a folder or the Hub, and the small CNN."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoModelForImageClassification,
    PreTrainedConfig,
    PreTrainedModel,
    TimmWrapperForImageClassification,
)

from vitrine.data.images.processor import VitrineImageProcessor
from vitrine.errors import UserError, first_line
from vitrine.models.backbones.input_checks import check_image_size
from vitrine.models.backbones.normalization import CENTERED, Normalization, read_normalization
from vitrine.models.backbones.packaged import load_packaged
from vitrine.models.backbones.presence import find_backbone_folder, is_weights_file
from vitrine.models.backbones.random_init import (
    build_fresh_like,
    build_fresh_timm,
    label_maps,
    load_timm_release,
    load_weights_file,
    timm_architecture,
)
from vitrine.models.backbones.stochastic_depth import choose_drop_path
from vitrine.models.backbones.table import BACKBONES
from vitrine.models.damage import check_weights
from vitrine.models.headed_network import VitrineConfig, VitrineForImageClassification
from vitrine.models.heads import LINEAR, Head, put_head
from vitrine.models.small_cnn import SmallCnnConfig, SmallCnnForImageClassification, feature_side


def build_small_cnn(
    label_names: Sequence[str],
    filters: Sequence[int],
    blocks_per_stage: int,
    dropout: float,
    image_size: int | None = None,
    **shape: Any,
) -> PreTrainedModel:
    """A small CNN with fresh weights from torch's random numbers.

    Args:
        label_names: class names in the order of the label ids.
        filters: of each stage.
        blocks_per_stage: blocks in each stage.
        dropout: share of the features dropped in front of the head.
        image_size: side of the pictures, in pixels; a network that flattens its features is made for it.
        shape: the other attributes of `SmallCnnConfig`.

    Raises:
        UserError: the pictures are too small for so many convolutions and poolings.
    """
    id2label, label2id = label_maps(label_names)
    attributes: dict[str, Any] = {
        name: list(value) if isinstance(value, tuple) else value for name, value in shape.items()
    }
    config = SmallCnnConfig(
        filters=list(filters),
        blocks_per_stage=blocks_per_stage,
        dropout=dropout,
        image_size=image_size,
        id2label=id2label,
        label2id=label2id,
        **attributes,
    )
    if image_size is not None and feature_side(config, image_size) < 1:
        raise UserError(
            f"model.small_cnn: nothing is left of pictures of {image_size} pixels (data.image_size) after these "
            "convolutions and poolings; take larger pictures, fewer stages or smaller pool_sizes"
        )
    return SmallCnnForImageClassification(config)


def build_backbone(
    model_id: str,
    label_names: Sequence[str],
    *,
    pretrained: bool = True,
    architecture: str | None = None,
    head: Head = LINEAR,
    image_size: int | None = None,
    drop_path: float | None = None,
) -> tuple[PreTrainedModel, Normalization]:
    """A network with a head for these labels.

    The head is new, unless the checkpoint was trained on the very same labels: then training goes on where it ended.

    Args:
        model_id: short name of `table.py`; folder; id on the Hugging Face Hub of any image classifier of
            transformers or timm (`timm/...`); weights file.
        label_names: class names in the order of the label ids.
        pretrained: false starts the same network from random weights, as its authors do.
        architecture: of a weights file: short name, or architecture of timm.
        head: what stands on the features.
        image_size: side of the pictures in pixels; where given, the network is tried with it.
        drop_path: share of the residual blocks left out in training at the end of the network; see `stochastic_depth`.

    Raises:
        UserError: nothing there, no image classifier, its weights are incomplete, or the pictures are too small.
    """
    register_own_classes()
    row = BACKBONES.get(model_id)
    place_of_it = row.weights if row else model_id.removeprefix("hf-hub:")
    file = Path(place_of_it).expanduser()
    is_file = is_weights_file(place_of_it)
    if architecture and not is_file:
        raise UserError(f"model.architecture: only for a weights file; {model_id} says itself what it is")
    if is_file and not pretrained:
        raise UserError("model.pretrained: false uses no weights file; give model.backbone a name instead")
    normalization = CENTERED
    packaged = row.package if row and pretrained else None
    released = None
    if row and packaged:
        released = load_packaged(row, packaged, label_names, drop_path)
    elif row and pretrained:
        released = load_timm_release(row.weights.removeprefix("timm/"), label_names)
    if (is_file or (released and not packaged)) and drop_path is not None:
        raise UserError(f"model.drop_path: not for weights files such as {model_id}; set model.drop_path=null")
    if is_file or released:
        model, (mean, std) = released or load_weights_file(file, architecture, label_names)
        normalization = Normalization((mean[0], mean[1], mean[2]), (std[0], std[1], std[2]))
    elif not pretrained:
        model = _build_fresh(model_id, place_of_it, label_names, drop_path)
    else:
        model, normalization = _load_pretrained(model_id, place_of_it, label_names, drop_path)
    check_weights(model, f"model.backbone: {model_id}")
    _mend_batch_norm(model)
    if image_size is not None:
        check_image_size(model, model_id, image_size)
    return put_head(model, head, image_size), normalization


def _build_fresh(
    model_id: str, place_of_it: str, label_names: Sequence[str], drop_path: float | None
) -> PreTrainedModel:
    architecture = None if Path(place_of_it).expanduser().is_dir() else timm_architecture(place_of_it)
    if architecture:
        return build_fresh_timm(architecture, label_names, drop_path)
    folder = find_backbone_folder(model_id, place_of_it, weights=False)
    id2label, label2id = label_maps(label_names)
    try:
        config = AutoConfig.from_pretrained(
            folder, trust_remote_code=False, num_labels=len(label_names), id2label=id2label, label2id=label2id
        )
        return build_fresh_like(config, label_names, drop_path)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise _not_loadable(model_id, error) from error


def _load_pretrained(
    model_id: str, place_of_it: str, label_names: Sequence[str], drop_path: float | None
) -> tuple[PreTrainedModel, Normalization]:
    folder = find_backbone_folder(model_id, place_of_it)
    normalization = read_normalization(folder)
    id2label, label2id = label_maps(label_names)
    try:
        stored = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        depth = choose_drop_path(stored, drop_path)
        arguments = depth.get("model_args") or getattr(stored, "model_args", None)
        if arguments:  # of weights without a head, timm notes that they have no classes
            depth["model_args"] = {name: value for name, value in arguments.items() if name != "num_classes"}
        model, loading = AutoModelForImageClassification.from_pretrained(
            folder,
            trust_remote_code=False,  # a checkpoint's own code is not run; ours is registered above
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # the head's size; anything else is refused below
            num_labels=len(label_names),  # timm's configurations do not count id2label
            id2label=id2label,
            label2id=label2id,
            **depth,
        )
    except UserError:
        raise
    except Exception as error:  # the loaders raise what their formats raise: OSError, ValueError, SafetensorError ...
        raise _not_loadable(model_id, error) from error
    head = head_modules(model)
    _check_loading(model_id, model, head, loading)
    if read_label_names(stored) != tuple(label_names):
        for module in head:
            _start_afresh(module)
    return model, normalization


def _not_loadable(model_id: str, error: Exception) -> UserError:
    reason = first_line(error)
    return UserError(f"model.backbone: {model_id} cannot be loaded as an image classifier ({reason})")


def register_own_classes() -> None:
    """Lets the Auto classes load our networks and our image processor from this package, without remote code."""
    AutoConfig.register(VitrineConfig.model_type, VitrineConfig, exist_ok=True)
    AutoModelForImageClassification.register(VitrineConfig, VitrineForImageClassification, exist_ok=True)
    AutoConfig.register(SmallCnnConfig.model_type, SmallCnnConfig, exist_ok=True)
    AutoModelForImageClassification.register(SmallCnnConfig, SmallCnnForImageClassification, exist_ok=True)
    # Found by its name from then on, whatever network it stands beside.
    AutoImageProcessor.register(
        SmallCnnConfig, image_processor_classes={"torchvision": VitrineImageProcessor}, exist_ok=True
    )


def head_modules(model: PreTrainedModel) -> list[nn.Module]:
    """The modules that turn pooled features into logits."""
    if isinstance(model, TimmWrapperForImageClassification):
        return [model.timm_model.get_classifier()]
    return [module for name, module in model.named_children() if name != model.base_model_prefix]


def last_layer(model: PreTrainedModel) -> nn.Linear | nn.Conv2d | None:
    """The layer that gives the logits, one row of weights for each class; None where it is of another kind."""
    layers = [part for module in head_modules(model) for part in module.modules() if not any(part.children())]
    weighted = [layer for layer in layers if any(True for _ in layer.parameters(recurse=False))]
    last = weighted[-1] if weighted else None
    return last if isinstance(last, nn.Linear | nn.Conv2d) else None


def read_label_names(config: PreTrainedConfig) -> tuple[str, ...]:
    """Class names of a network in the order of its label ids."""
    id2label = {int(label_id): str(label_name) for label_id, label_name in (config.id2label or {}).items()}
    return tuple(id2label[label_id] for label_id in sorted(id2label))


def place(model: PreTrainedModel, device: torch.device | str) -> PreTrainedModel:
    """Moves a model to a device, with its weights in channels-last layout.

    That is how the convolutions of today's processors and GPUs want it: ResNet-18 takes three quarters of the time per
    training step on a CPU, with equal results.
    """
    nn.Module.to(model, memory_format=choose_memory_format(model))  # in place, both of them
    nn.Module.to(model, device)
    return model


def choose_memory_format(model: PreTrainedModel) -> torch.memory_format:
    """Channels last, but for networks that oneDNN cannot train in it.

    Its backward pass of a strided 1x1 convolution writes beyond its memory when there are fewer than 16 input
    channels (github.com/uxlfoundation/oneDNN/issues/6035; seen as wrong gradients and crashes with torch 2.15).
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d) and module.in_channels // module.groups < 16:
            strided = module.kernel_size == (1, 1) and max(module.stride) > 1
            if strided:
                return torch.contiguous_format
    return torch.channels_last


def _check_loading(
    model_id: str, model: PreTrainedModel, head: list[nn.Module], loading: dict[str, set[str] | set[tuple[str, ...]]]
) -> None:
    """Refuses weights that are incomplete outside the head: transformers would fill them with random numbers."""
    in_head = {id(parameter) for module in head for parameter in module.parameters()}
    if not in_head:
        raise UserError(f"model.backbone: {model_id} has no classification head that could be trained")
    names = {name for name, parameter in model.named_parameters() if id(parameter) in in_head}
    absent = {
        key if isinstance(key, str) else key[0] for kind in ("missing_keys", "mismatched_keys") for key in loading[kind]
    }
    if absent - names:
        examples = ", ".join(sorted(absent - names)[:3])
        raise UserError(
            f"model.backbone: the weights of {model_id} lack or misfit {len(absent - names)} parts ({examples})"
        )


def _start_afresh(module: nn.Module) -> None:
    for part in module.modules():
        if isinstance(part, nn.Linear | nn.Conv2d | nn.BatchNorm1d):
            part.reset_parameters()


def _mend_batch_norm(model: PreTrainedModel) -> None:
    """Turns momenta given in TensorFlow's convention into torch's.

    transformers' MobileNetV2 and EfficientNet carry 0.997 and 0.99, TensorFlow's share of the *old* statistics. Torch
    reads it as the share of the *new* batch, so that after training the statistics would be those of the last batch.
    """
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d) and module.momentum is not None and module.momentum > 0.5:
            module.momentum = 1 - module.momentum
