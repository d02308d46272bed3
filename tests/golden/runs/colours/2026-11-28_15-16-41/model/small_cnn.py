"""A small CNN, trained from scratch; its folder loads elsewhere with `trust_remote_code=True`.

One class for plain networks of convolutions and pooling, for residual and for depthwise ones. This file travels with
every such model, so it imports nothing of Vitrine.
"""

from collections.abc import Sequence

import torch
from torch import nn
from transformers import PreTrainedConfig, PreTrainedModel
from transformers import initialization as init
from transformers.modeling_outputs import ImageClassifierOutputWithNoAttention

LEAK = 0.1  # slope of a leaky ReLU below zero
EXPANSION = 4  # a depthwise block works on so many times its channels


class SmallCnnConfig(PreTrainedConfig):
    """Shape of a small CNN.

    Attributes:
        block: 'plain' (convolutions one after another), 'residual' (He et al. 2016) or 'depthwise' (MobileNetV2's).
        filters: of each stage.
        blocks_per_stage: blocks in each stage; of plain networks, convolutions.
        kernel_sizes: side of the convolutions' windows, one for all or one for each stage; odd.
        padding: 'same' keeps height and width, 'valid' (plain networks only) loses the border.
        pooling: how a stage is made smaller: by the 'stride' of the next stage, by the 'max' or 'average' of a window.
        pool_sizes: factor by which height and width shrink after each stage, one for all or one for each; 1 leaves
            them. Empty: 2 after every stage but the last.
        stem_stride: of the first convolution of residual and depthwise networks.
        batch_norm: after each convolution.
        head_batch_norm: of the features, and after each dense layer's activation.
        activation: 'relu' or 'leaky_relu'.
        head_pool: 'average' over height and width, or 'flatten', which needs `image_size`.
        dense_units: of each dense layer between features and answer.
        dropout: share of the features dropped in front of the head, in training.
        dense_dropouts: shares dropped after the dense layers, one for all or one for each. Empty: none.
        image_size: side of the pictures, in pixels; needed to flatten.
        num_channels: of the input.
    """

    model_type = "vitrine_small_cnn"
    _auto_class = "AutoConfig"

    block: str = "residual"
    filters: tuple[int, ...] | list[int] = (32, 64, 128)
    blocks_per_stage: int = 1
    kernel_sizes: tuple[int, ...] | list[int] = (3,)
    padding: str = "same"
    pooling: str = "stride"
    pool_sizes: tuple[int, ...] | list[int] = ()
    stem_stride: int = 1
    batch_norm: bool = True
    head_batch_norm: bool = False
    activation: str = "relu"
    head_pool: str = "average"
    dense_units: tuple[int, ...] | list[int] = ()
    dropout: float = 0.1
    dense_dropouts: tuple[float, ...] | list[float] = ()
    image_size: int | None = None
    num_channels: int = 3


def _one_for_each(values: Sequence[float], count: int, name: str) -> list[float]:
    if len(values) not in (1, count):
        raise ValueError(f"{name}: one value, or one for each of {count} (got {len(values)})")
    return list(values) * (count if len(values) == 1 else 1)


def pool_sizes_of(config: SmallCnnConfig) -> list[int]:
    """The factor by which height and width shrink after each stage."""
    stages = len(config.filters)
    if not config.pool_sizes:
        return [2] * (stages - 1) + [1]
    return [int(size) for size in _one_for_each(config.pool_sizes, stages, "pool_sizes")]


class Unit(nn.Sequential):
    """Convolution, batch norm or bias, activation or none."""

    def __init__(
        self,
        config: SmallCnnConfig,
        channels: tuple[int, int],
        kernel_size: int,
        stride: int = 1,
        groups: int = 1,
        activate: bool = True,
    ) -> None:
        padding = kernel_size // 2 if config.padding == "same" else 0
        bias = not config.batch_norm
        super().__init__(nn.Conv2d(*channels, kernel_size, stride, padding, groups=groups, bias=bias))
        if config.batch_norm:
            self.append(nn.BatchNorm2d(channels[1]))
        if activate:
            self.append(_activation(config))


def _activation(config: SmallCnnConfig) -> nn.Module:
    return nn.LeakyReLU(LEAK, inplace=True) if config.activation == "leaky_relu" else nn.ReLU(inplace=True)


class ResidualBlock(nn.Module):
    """Two convolutions beside a shortcut (He et al. 2016, arXiv:1512.03385), the basic block of ResNet-18."""

    def __init__(self, config: SmallCnnConfig, channels: tuple[int, int], kernel_size: int, stride: int) -> None:
        super().__init__()
        self.first = Unit(config, channels, kernel_size, stride)
        self.second = Unit(config, (channels[1], channels[1]), kernel_size, activate=False)
        self.shortcut = nn.Sequential()
        if stride != 1:
            # A strided 1x1 convolution would skip three of four pixels; pooling looks at all (arXiv:1812.01187).
            self.shortcut.append(nn.AvgPool2d(stride, ceil_mode=True, count_include_pad=False))
        if stride != 1 or channels[0] != channels[1]:
            self.shortcut.append(Unit(config, channels, 1, activate=False))
        self.activation = _activation(config)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """`[batch, channels[0], height, width]` -> `[batch, channels[1], height / stride, width / stride]`."""
        hidden: torch.Tensor = self.activation(self.second(self.first(features)) + self.shortcut(features))
        return hidden


class DepthwiseBlock(nn.Module):
    """Widen, filter each channel alone, narrow (MobileNetV2, arXiv:1801.04381): few parameters, few operations."""

    def __init__(self, config: SmallCnnConfig, channels: tuple[int, int], kernel_size: int, stride: int) -> None:
        super().__init__()
        wide = EXPANSION * channels[0]
        self.units = nn.Sequential(
            Unit(config, (channels[0], wide), 1),
            Unit(config, (wide, wide), kernel_size, stride, groups=wide),
            Unit(config, (wide, channels[1]), 1, activate=False),
        )
        self.has_shortcut = stride == 1 and channels[0] == channels[1]

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """`[batch, channels[0], height, width]` -> `[batch, channels[1], height / stride, width / stride]`."""
        hidden: torch.Tensor = self.units(features)
        return hidden + features if self.has_shortcut else hidden


BLOCKS = {"plain": Unit, "residual": ResidualBlock, "depthwise": DepthwiseBlock}


def build_convolutions(config: SmallCnnConfig) -> nn.Sequential:
    """Stem (but for plain networks), stages and pooling."""
    kernel_sizes = [int(size) for size in _one_for_each(config.kernel_sizes, len(config.filters), "kernel_sizes")]
    pool_sizes = pool_sizes_of(config)
    layers = nn.Sequential()
    channels = config.num_channels
    if config.block != "plain":
        stride = config.stem_stride
        layers.append(Unit(config, (channels, config.filters[0]), 2 * stride + 1, stride))
        channels = config.filters[0]
    stride = 1
    for filters, kernel_size, pool_size in zip(config.filters, kernel_sizes, pool_sizes, strict=True):
        for _ in range(config.blocks_per_stage):
            layers.append(BLOCKS[config.block](config, (channels, filters), kernel_size, stride))
            channels, stride = filters, 1
        if config.pooling == "stride":
            stride = pool_size
        elif pool_size > 1:
            layers.append(nn.MaxPool2d(pool_size) if config.pooling == "max" else nn.AvgPool2d(pool_size))
    return layers


def feature_side(config: SmallCnnConfig, image_size: int) -> int:
    """Height and width, in pixels, of what the convolutions make of a picture of `image_size`; below 1: nothing."""
    kernel_sizes = _one_for_each(config.kernel_sizes, len(config.filters), "kernel_sizes")
    side = image_size if config.block == "plain" else (image_size - 1) // config.stem_stride + 1
    stride = 1
    for kernel_size, pool_size in zip(kernel_sizes, pool_sizes_of(config), strict=True):
        for _ in range(config.blocks_per_stage):
            lost = int(kernel_size) - 1 if config.padding == "valid" else 0
            side, stride = (side - lost - 1) // stride + 1, 1
        if config.pooling == "stride":
            stride = pool_size
        else:
            side //= pool_size
    return side


def build_hidden_layers(config: SmallCnnConfig, width: int) -> tuple[nn.Sequential, int]:
    """Dropout and dense layers between the features and the last layer; returns them and their width."""
    shares = _one_for_each(config.dense_dropouts or (0.0,), len(config.dense_units), "dense_dropouts")
    layers = nn.Sequential(nn.Dropout(config.dropout))
    for units, share in zip(config.dense_units, shares, strict=False):
        layers.append(nn.Linear(width, units)).append(_activation(config))
        if config.head_batch_norm:
            layers.append(nn.BatchNorm1d(units))
        if share:
            layers.append(nn.Dropout(share))
        width = units
    return layers, width


class SmallCnnForImageClassification(PreTrainedModel):
    """Convolutions, pooling or flattening, dense layers."""

    config_class = SmallCnnConfig
    base_model_prefix = "backbone"
    main_input_name = "pixel_values"
    _auto_class = "AutoModelForImageClassification"

    def __init__(self, config: SmallCnnConfig) -> None:
        super().__init__(config)
        width = config.filters[-1]
        self.backbone = build_convolutions(config)
        if config.head_pool == "flatten":
            if config.image_size is None or (side := feature_side(config, config.image_size)) < 1:
                raise ValueError(f"image_size: cannot flatten what is left of pictures of side {config.image_size}")
            width *= side * side
        else:
            self.backbone.append(nn.AdaptiveAvgPool2d(1))
        self.backbone.append(nn.Flatten())
        if config.head_batch_norm:
            self.backbone.append(nn.BatchNorm1d(width))
        self.hidden, width = build_hidden_layers(config, width)
        self.classifier = nn.Linear(width, len(config.id2label or ()))
        self.post_init()  # type: ignore[no-untyped-call]

    def _init_weights(self, module: nn.Module) -> None:
        """He initialisation (arXiv:1502.01852); without it transformers draws every weight from N(0, 0.02)."""
        leak = LEAK if self.config.activation == "leaky_relu" else 0.0  # without a leak, it is the gain of a ReLU
        if isinstance(module, nn.Conv2d):
            # Of a depthwise filter, torch counts outgoing connections to all channels; it has those to its own.
            mode = "fan_out" if module.groups == 1 else "fan_in"
            init.kaiming_normal_(module.weight, a=leak, mode=mode)
            if module.bias is not None:
                init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d):
            init.ones_(module.weight)
            init.zeros_(module.bias)
            for statistics, value in ((module.running_mean, 0.0), (module.running_var, 1.0)):
                if statistics is not None:
                    init.constant_(statistics, value)
        elif isinstance(module, nn.Linear):
            init.kaiming_uniform_(module.weight, a=1.0 if module is self.classifier else leak)  # 1: nothing follows
            init.zeros_(module.bias)

    def forward(
        self, pixel_values: torch.Tensor, labels: torch.Tensor | None = None
    ) -> ImageClassifierOutputWithNoAttention:
        """Logits `[batch, num_labels]` of pixels `[batch, 3, height, width]`; the loss where labels are given."""
        logits = self.classifier(self.hidden(self.backbone(pixel_values)))
        loss = None if labels is None else nn.functional.cross_entropy(logits, labels)
        return ImageClassifierOutputWithNoAttention(loss=loss, logits=logits)
