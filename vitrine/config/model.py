"""Sections of a recipe about the network: which one, its shape, and how much of it is trained."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from vitrine.config.section import Section, Share, Switch, name_switch

SMALL_CNN = "small_cnn"

# YAML has lists only; pydantic's strict mode would ask for a tuple written in Python.
Filters = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(strict=False, min_length=1)]
Counts = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(strict=False)]
Kernels = Annotated[tuple[Annotated[int, Field(ge=1, le=15)], ...], Field(strict=False, min_length=1)]
Shares = Annotated[tuple[Share, ...], Field(strict=False)]
MOST_UNITS = 65_536


def _read_units(value: object) -> object:
    """A number of units, or a list of them; one message for whatever is wrong with either."""
    given = value if isinstance(value, list | tuple) else [value]
    if not all(type(units) is int and 1 <= units <= MOST_UNITS for units in given):
        raise ValueError(f"must be a whole number from 1 to {MOST_UNITS}, or a list of them: [128, 64] (got {value!r})")
    return tuple(given) if isinstance(value, list) else value


Units = Annotated[int | tuple[int, ...], BeforeValidator(_read_units)]


class SmallCnnSection(Section):
    """The small CNN, used when model.backbone is 'small_cnn'; a list of one value holds for every stage or layer."""

    block: Literal["plain", "residual", "depthwise"] = Field(
        "residual",
        description="'plain': convolutions one after another; 'residual': pairs of them beside a shortcut, as in "
        "ResNet; 'depthwise': fewer parameters, as in MobileNetV2",
    )
    filters: Filters = Field((32, 64, 128), description="filters of each stage")
    blocks_per_stage: int = Field(1, ge=1, le=8, description="blocks in each stage; of plain networks, convolutions")
    kernel_sizes: Kernels = Field((3,), description="side of the windows of the stages' convolutions; odd")
    padding: Literal["same", "valid"] = Field(
        "same", description="'same' keeps height and width, 'valid' loses the border (block 'plain' only)"
    )
    pooling: Literal["stride", "max", "average"] = Field(
        "stride", description="how a stage is made smaller: by the stride of the next one, or by a pooling layer"
    )
    pool_sizes: Counts = Field(
        (),
        description="factor by which height and width shrink after each stage, 1 leaves them; [] is 2 after every "
        "stage but the last. With pooling 'stride' the last factor has no next stage, and does nothing",
    )
    stem_stride: int = Field(
        1, ge=1, le=4, description="of the first convolution of residual and depthwise networks; 2 quarters the work"
    )
    batch_norm: Switch = Field(True, description="batch norm after each convolution")
    head_batch_norm: Switch = Field(
        False, description="batch norm of the features and after each dense layer's activation"
    )
    activation: Literal["relu", "leaky_relu"] = Field("relu", description="after convolutions and dense layers")
    head_pool: Literal["average", "flatten"] = Field(
        "average", description="features from the last stage: mean over height and width, or all of it"
    )
    dense_units: Counts = Field((), description="units of each dense layer between the features and the answer")
    dropout: Share = Field(0.1, description="share of the features dropped in front of the head")
    dense_dropouts: Shares = Field((), description="shares dropped after the dense layers; [] is none")

    @model_validator(mode="after")
    def _lists_fit_the_stages_and_layers(self) -> Self:
        for name, of, count in (
            ("kernel_sizes", "filters", len(self.filters)),
            ("pool_sizes", "filters", len(self.filters)),
            ("dense_dropouts", "dense_units", len(self.dense_units)),
        ):
            given = len(getattr(self, name))
            if given > 1 and given != count:
                raise ValueError(f"{name} needs one value, or as many as {of} has (got {given} for {count})")
        even = [size for size in self.kernel_sizes if size % 2 == 0]
        if even:
            raise ValueError(f"kernel_sizes must be odd, so that a window has a middle (got {even[0]})")
        if self.padding == "valid" and self.block != "plain":
            raise ValueError(f"padding 'valid' needs block 'plain': a shortcut keeps the border (got '{self.block}')")
        return self


class ModelSection(Section):
    """Which network, and how much of it is trained."""

    backbone: str = Field(
        SMALL_CNN,
        min_length=1,
        description=f"'{SMALL_CNN}' (from scratch); a name that `python -m vitrine backbones` lists; an id of timm or "
        "transformers on the Hugging Face Hub; a model folder; a weights file (.safetensors, .pth) together with "
        "'architecture'",
    )
    pretrained: Switch = Field(
        True, description="false starts the backbone from random weights, without a download; the small CNN always does"
    )
    warm_start: str | None = Field(
        None,
        min_length=1,
        description="model folder whose weights the training starts from, in place of the backbone's; classes that it "
        "does not know start afresh. `python -m vitrine retrain` sets it",
    )
    warm_start_rename: dict[str, str] = Field(
        {}, description="how classes of the warm start are called now, {then: now}; several with one name were merged"
    )
    architecture: str | None = Field(
        None, min_length=1, description="network of a weights file: a listed name, or an architecture of timm"
    )
    head: Literal["linear", "dense", "stages", "flatten"] = Field(
        "linear",
        description="'linear': one layer on the pooled features; 'dense': hidden layers before it; 'stages': one layer "
        "on the pooled features of every stage, mostly the best for a frozen backbone, or hidden ones too; 'flatten': "
        "one on the whole last feature map, or hidden ones too. For backbones; the small CNN has its own head",
    )
    head_units: Units = Field(
        256,
        description="units of the hidden layer of the head 'dense'; a list has one number for each of several: "
        "[128, 64]. 'stages' and 'flatten' take a list only, and have no hidden layer without one",
    )
    head_dropout: Share = Field(
        0.0, description="share of the numbers dropped before the last layer of all heads but 'linear'"
    )
    trainable_part: Literal["head", "last", "all"] = Field(
        "all",
        description="'head': the pretrained backbone stays as it is; 'last': the head and the last stages in front of "
        "it (last_stages); 'all': everything is trained",
    )
    last_stages: int = Field(
        1,
        ge=1,
        le=50,
        description="stages that trainable_part 'last' trains beside the head; most networks have five, each ends "
        "where the picture becomes smaller",
    )
    frozen_epochs: int = Field(
        0,
        ge=0,
        description="gradual unfreezing, as fastai's fine_tune: the first so many of optim.epochs train the head "
        "alone, the others trainable_part, with half the learning rate and a new warm-up; lower it further in the "
        "front with optim.layer_decay",
    )
    head_first: Switch = Field(
        False,
        description="linear probing, then fine-tuning: the fresh head is fitted to the pretrained network in one pass "
        "over the pictures (20,000 at most, and 200 for each minute of a time budget), before trainable_part is "
        "trained. The default where a pretrained network is trained; a warm start and frozen_epochs do without it",
    )
    batch_norm: Literal["frozen", "trained"] = Field(
        "trained",
        description="statistics of batch norm in training: 'frozen': those of the pretraining, in training as in use; "
        "'trained': those of each batch, as a network from random weights needs it. Scales and offsets are trained "
        "either way. 'frozen' is the default where a pretrained network is trained",
    )
    drop_path: Share | None = Field(
        None,
        description="stochastic depth: share of the residual blocks that are left out in training, rising from 0 at "
        "the input to this; null leaves it as the network has it",
    )
    cache_features: Annotated[Literal["auto", "on", "off"], BeforeValidator(name_switch)] = Field(
        "auto",
        description="what a head of a frozen backbone receives is computed once, not in every epoch, which is many "
        "times faster; 'auto': wherever trainable_part is 'head' and the head allows it",
    )
    feature_views: int = Field(
        1,
        ge=1,
        le=1000,
        description="how often each training picture is looked at for cache_features: 1 takes it as it is, without "
        "augmentation; with more, so many augmented views take turns, one in each epoch",
    )
    small_cnn: SmallCnnSection = Field(SmallCnnSection(), description="shape of the small CNN")

    @model_validator(mode="after")
    def _features_are_kept_of_a_frozen_backbone(self) -> Self:
        if self.cache_features == "on" and self.trainable_part != "head":
            raise ValueError(
                "cache_features 'on' needs a backbone that stays as it is: set model.trainable_part=head, "
                "or model.cache_features=auto"
            )
        if self.feature_views > 1 and (self.trainable_part != "head" or self.cache_features == "off"):
            raise ValueError(
                f"feature_views is for cached features (got {self.feature_views}): set model.trainable_part=head and "
                "model.cache_features=auto, or model.feature_views=1"
            )
        return self

    @model_validator(mode="after")
    def _a_new_network_is_trained_whole(self) -> Self:
        if self.backbone == SMALL_CNN and self.trainable_part != "all":
            raise ValueError(
                f"trainable_part '{self.trainable_part}' needs a pretrained backbone; 'small_cnn' starts from random "
                "weights, so set model.trainable_part=all"
            )
        if self.backbone == SMALL_CNN and self.frozen_epochs:
            raise ValueError(
                "frozen_epochs needs a pretrained backbone; 'small_cnn' starts from random weights, so set "
                f"model.frozen_epochs=0 (got {self.frozen_epochs})"
            )
        if self.trainable_part == "head" and self.frozen_epochs:
            raise ValueError(
                "frozen_epochs means nothing where the head alone is trained; set model.frozen_epochs=0, or "
                f"model.trainable_part=all (got {self.frozen_epochs})"
            )
        if self.trainable_part == "head" and self.head_first:
            raise ValueError(
                "head_first means nothing where the head alone is trained; set model.head_first=false, or "
                "model.trainable_part=all"
            )
        is_random = self.backbone == SMALL_CNN or not self.pretrained
        if is_random and (self.head_first or self.batch_norm == "frozen"):
            raise ValueError(
                "head_first and batch_norm 'frozen' need a pretrained backbone, and this one starts from random "
                "weights: set model.head_first=false and model.batch_norm=trained"
            )
        if not self.pretrained and self.trainable_part == "head":
            raise ValueError(
                "trainable_part 'head' needs pretrained weights; set model.trainable_part=all or model.pretrained=true"
            )
        return self

    @model_validator(mode="after")
    def _the_head_fits_the_network(self) -> Self:
        if self.backbone == SMALL_CNN and self.head != "linear":
            raise ValueError(f"head '{self.head}' is for backbones; '{SMALL_CNN}' has a head of its own")
        if self.head == "linear" and self.head_dropout > 0:
            raise ValueError("head_dropout is for the heads 'dense', 'stages' and 'flatten'; 'linear' has none")
        return self

    @model_validator(mode="after")
    def _hidden_layers_are_of_a_head_that_has_them(self) -> Self:
        units, default = self.head_units, type(self).model_fields["head_units"].default
        if self.head == "linear" and isinstance(units, tuple):
            raise ValueError(f"head_units: 'linear' has no hidden layers (got {list(units)}); set model.head=dense")
        if self.head == "dense" and units == ():
            raise ValueError("head_units: 'dense' needs a hidden layer (got []); without one it is model.head=linear")
        if self.head in ("stages", "flatten") and isinstance(units, int) and units != default:
            raise ValueError(f"head_units: the hidden layers of '{self.head}' are a list: [{units}] (got {units})")
        return self

    @property
    def hidden_units(self) -> tuple[int, ...]:
        """Units of each hidden layer of the head of a backbone."""
        if isinstance(self.head_units, tuple):
            return self.head_units
        return (self.head_units,) if self.head == "dense" else ()
