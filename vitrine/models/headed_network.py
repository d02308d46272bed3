"""A standard backbone with a head that its own class cannot say; its folder loads with `trust_remote_code=True`.

This file travels with every such model, so it imports nothing of Vitrine.
"""

import math
from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 (torch's own name for it)
from transformers import CONFIG_MAPPING, AutoModel, PreTrainedConfig, PreTrainedModel
from transformers import initialization as init
from transformers.modeling_outputs import ImageClassifierOutputWithNoAttention


class VitrineConfig(PreTrainedConfig):
    """A backbone and the head on top of it.

    Attributes:
        network: configuration of the backbone, as its own class writes it.
        head: 'dense' starts from the pooled features, 'stages' from those of every stage, 'flatten' from the last
            feature map.
        head_units: of each hidden layer. A number, as earlier builds wrote it, is the one hidden layer of 'dense';
            other heads have none then.
        head_dropout: share of the numbers dropped in front of the last layer, in training.
        features: numbers per picture that the head starts from.
        removed: parts of the backbone that only its own head would use.
    """

    model_type = "vitrine_headed"
    _auto_class = "AutoConfig"

    network: dict[str, Any] | None = None
    head: str = "dense"
    head_units: int | list[int] | tuple[int, ...] = 256
    head_dropout: float = 0.0
    features: int = 0
    removed: tuple[str, ...] | list[str] = ()

    @property
    def hidden_units(self) -> tuple[int, ...]:
        """Units of each hidden layer of the head."""
        if isinstance(self.head_units, int):
            return (self.head_units,) if self.head == "dense" else ()
        return tuple(self.head_units)


class VitrineForImageClassification(PreTrainedModel):
    """Backbone -> pooled features, of the last stage or of all, or the whole feature map -> head."""

    config_class = VitrineConfig
    base_model_prefix = "backbone"
    main_input_name = "pixel_values"
    _auto_class = "AutoModelForImageClassification"

    def __init__(self, config: VitrineConfig) -> None:
        super().__init__(config)
        network = dict(config.network or {})
        self.backbone = AutoModel.from_config(CONFIG_MAPPING[network["model_type"]].from_dict(network))
        remove_parts(self.backbone, config.removed)
        self.head = nn.Sequential()
        width = config.features
        for units in config.hidden_units:
            self.head.extend([nn.Linear(width, units), nn.ReLU()])
            width = units
        self.head.extend([nn.Dropout(config.head_dropout), nn.Linear(width, len(config.id2label or ()))])
        self.post_init()  # type: ignore[no-untyped-call]

    def _init_weights(self, module: nn.Module) -> None:
        """The head starts as torch starts linear layers; the backbone has its own rule."""
        if isinstance(module, nn.Linear):
            init.kaiming_uniform_(module.weight, a=math.sqrt(5))
            init.zeros_(module.bias)

    def forward(
        self, pixel_values: torch.Tensor, labels: torch.Tensor | None = None
    ) -> ImageClassifierOutputWithNoAttention:
        """Logits `[batch, num_labels]` of pixels `[batch, 3, height, width]`; the loss where labels are given."""
        outputs = self.backbone(pixel_values=pixel_values, output_hidden_states=self.config.head == "stages")
        logits = self.head(read_head_input(outputs, self.config.head))
        loss = None if labels is None else F.cross_entropy(logits, labels)
        return ImageClassifierOutputWithNoAttention(loss=loss, logits=logits)


def read_head_input(outputs: Any, head: str) -> torch.Tensor:
    """What a head of this kind starts from, `[batch, numbers]`.

    Args:
        outputs: of a backbone; with its hidden states for 'stages'.
        head: see `VitrineConfig`.
    """
    if head == "stages":
        return describe_stages(outputs)
    features: torch.Tensor = outputs.last_hidden_state if head == "flatten" else outputs.pooler_output
    return features.flatten(1)


def describe_stages(outputs: Any) -> torch.Tensor:
    """The pooled features, then mean and maximum of the last map of each size: `[batch, numbers]`.

    What pretraining made the last stage forget, such as strokes and colours, the first stages still tell. Each of these
    vectors is brought to mean 0 and deviation 1, since their sizes differ tenfold.

    Args:
        outputs: of a backbone, with its hidden states.
    """
    maps = [state for state in outputs.hidden_states if state.ndim == 4]
    ends = [this for this, following in pairwise([*maps, None]) if following is None or _is_smaller(following, this)]
    pooled = [vector for end in ends for vector in (end.mean(dim=(2, 3)), end.amax(dim=(2, 3)))]
    vectors = [outputs.pooler_output.flatten(1), *pooled]
    return torch.cat([F.layer_norm(vector, vector.shape[1:]) for vector in vectors], dim=1)


def _is_smaller(one: torch.Tensor, than: torch.Tensor) -> bool:
    return one.shape[-1] < than.shape[-1]


def remove_parts(backbone: nn.Module, names: tuple[str, ...] | list[str]) -> None:
    """Takes parts away that no picture passes through: weights for nothing, and an error in training on many GPUs."""
    network = getattr(backbone, "timm_model", backbone)
    for name in names:
        setattr(network, name, nn.Identity())
