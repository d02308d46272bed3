"""A small residual CNN, trained from scratch; its folder loads elsewhere with `trust_remote_code=True`.

This file travels with every such model, so it imports nothing of Vitrine.
"""

import torch
from torch import nn
from transformers import PreTrainedConfig, PreTrainedModel
from transformers import initialization as init
from transformers.modeling_outputs import ImageClassifierOutputWithNoAttention


class SmallCnnConfig(PreTrainedConfig):
    """Shape of a small CNN.

    Attributes:
        filters: of each stage; every stage after the first halves height and width.
        blocks_per_stage: residual blocks in each stage.
        dropout: share of the features dropped in front of the head, in training.
        num_channels: of the input.
    """

    model_type = "vitrine_small_cnn"
    _auto_class = "AutoConfig"

    filters: tuple[int, ...] | list[int] = (32, 64, 128)
    blocks_per_stage: int = 1
    dropout: float = 0.1
    num_channels: int = 3


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut (He et al. 2016, arXiv:1512.03385), the basic block of ResNet-18."""

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels_out)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels_out)
        self.shortcut = nn.Sequential()
        if stride != 1 or channels_in != channels_out:
            # A strided 1x1 convolution would skip three of four pixels; pooling looks at all (arXiv:1812.01187).
            self.shortcut = nn.Sequential(
                nn.AvgPool2d(stride, ceil_mode=True, count_include_pad=False) if stride != 1 else nn.Identity(),
                nn.Conv2d(channels_in, channels_out, 1, bias=False),
                nn.BatchNorm2d(channels_out),
            )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """`[batch, channels_in, height, width]` -> `[batch, channels_out, height / stride, width / stride]`."""
        hidden = torch.relu(self.norm1(self.conv1(features)))
        return torch.relu(self.norm2(self.conv2(hidden)) + self.shortcut(features))


class SmallCnnForImageClassification(PreTrainedModel):
    """Stem, residual stages, global average pooling, dropout, linear head."""

    config_class = SmallCnnConfig
    base_model_prefix = "backbone"
    main_input_name = "pixel_values"
    _auto_class = "AutoModelForImageClassification"

    def __init__(self, config: SmallCnnConfig) -> None:
        super().__init__(config)
        stem = config.filters[0]
        layers: list[nn.Module] = [
            nn.Conv2d(config.num_channels, stem, 3, padding=1, bias=False),
            nn.BatchNorm2d(stem),
            nn.ReLU(),
        ]
        channels = stem
        for stage, filters in enumerate(config.filters):
            for block in range(config.blocks_per_stage):
                stride = 2 if stage > 0 and block == 0 else 1
                layers.append(ResidualBlock(channels, filters, stride))
                channels = filters
        self.backbone = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = nn.Linear(channels, len(config.id2label or ()))
        self.post_init()  # type: ignore[no-untyped-call]

    def _init_weights(self, module: nn.Module) -> None:
        """He initialisation (arXiv:1502.01852); without it transformers draws every weight from N(0, 0.02)."""
        if isinstance(module, nn.Conv2d):
            init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, nn.BatchNorm2d):
            init.ones_(module.weight)
            init.zeros_(module.bias)
            for statistics, value in ((module.running_mean, 0.0), (module.running_var, 1.0)):
                if statistics is not None:
                    init.constant_(statistics, value)
        elif isinstance(module, nn.Linear):
            init.kaiming_uniform_(module.weight, nonlinearity="linear")
            init.zeros_(module.bias)

    def forward(
        self, pixel_values: torch.Tensor, labels: torch.Tensor | None = None
    ) -> ImageClassifierOutputWithNoAttention:
        """Logits `[batch, num_labels]` of pixels `[batch, 3, height, width]`; the loss where labels are given."""
        logits = self.classifier(self.dropout(self.backbone(pixel_values)))
        loss = None if labels is None else nn.functional.cross_entropy(logits, labels)
        return ImageClassifierOutputWithNoAttention(loss=loss, logits=logits)
