"""Every parameter of a recipe once: its type, range, default, unit and meaning.

`--help` prints this file's descriptions, the loader checks against its types, and each run keeps the resolved values.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from vitrine.config.augmentation import AugmentationSection
from vitrine.config.section import Section, Switch, name_switch, read_nothing

BUILTIN_DIGITS = "builtin:digits"
SMALL_CNN = "small_cnn"

Share = Annotated[float, Field(ge=0, lt=1)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
# YAML has lists only; pydantic's strict mode would ask for a tuple written in Python.
Filters = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(strict=False, min_length=1)]
Counts = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(strict=False)]
Kernels = Annotated[tuple[Annotated[int, Field(ge=1, le=15)], ...], Field(strict=False, min_length=1)]
Shares = Annotated[tuple[Share, ...], Field(strict=False)]
Names = Annotated[tuple[str, ...], Field(strict=False)]
Step = Literal[
    "contrast",
    "autocontrast",
    "equalize",
    "crop_centre",
    "crop_content",
    "mirror_horizontal",
    "mirror_vertical",
    "whiten",
]
Steps = Annotated[tuple[Step, ...], Field(strict=False)]


class ColumnsSection(Section):
    """Column names of a table or of a Hugging Face data set; null takes the usual ones (image, label, split, group)."""

    image: str | None = Field(None, description="path of the picture in a table, or the picture itself in a data set")
    label: str | None = Field(None, description="class")
    split: str | None = Field(None, description="fixed split: train, validation or test; empty where Vitrine chooses")
    group: str | None = Field(None, description="what stays on one side of the split: a person, a place, a series")


class HubSection(Section):
    """Which part of a data set of the Hugging Face Hub is used (source 'hub:owner/name')."""

    config: str | None = Field(None, description="configuration (subset); null takes the only or default one")
    split: str | None = Field(
        None,
        description="one split alone, which Vitrine divides, or some joined by '+'; null takes all, each as the split "
        "of its name",
    )
    revision: str | None = Field(None, description="branch, tag or commit; null takes the newest")


class DataSection(Section):
    """Where the pictures come from and how they are split."""

    source: str = Field(
        "data/pictures",
        description="folder with one sub-folder per class; zip or tar archive of such a folder; table (.csv, .tsv, "
        ".parquet, .jsonl) that names picture and label; 'hub:owner/name', a data set of the Hugging Face Hub, or a "
        f"local copy of one; '{BUILTIN_DIGITS}'",
    )
    prepared: str | None = Field(
        None, description="folder of the prepared data set; none means prepared/<name of the recipe>"
    )
    layout: Literal["auto", "classes", "splits"] = Field(
        "auto",
        description="'classes': source/<class>/...; 'splits': source/<train|validation|test>/<class>/...; "
        "'auto' tells them apart and asks where both are possible",
    )
    columns: ColumnsSection = Field(ColumnsSection(), description="columns of a table")
    separator: str | None = Field(None, description="between the columns of a CSV; null finds it out")
    image_folder: str | None = Field(
        None, description="folder that the paths in a table start from; null means the table's own folder"
    )
    hub: HubSection = Field(HubSection(), description="part of a Hub data set")
    image_size: int = Field(224, ge=8, le=1024, description="side of the square that the network sees, in pixels")
    training_size: int | None = Field(
        None,
        ge=8,
        le=1024,
        description="side of the squares that are stored for training, in pixels; larger than image_size, the crops of "
        "the augmentation stay sharp; null means image_size",
    )
    validation_fraction: float = Field(
        0.15, gt=0, lt=1, description="share of the pictures that steers the training (early stopping)"
    )
    test_fraction: float = Field(
        0.15, gt=0, lt=1, description="share of the pictures kept aside for the final evaluation"
    )
    validation_count: int | None = Field(
        None, ge=1, description="number of validation pictures of each class, in place of the share"
    )
    test_count: int | None = Field(
        None, ge=1, description="number of test pictures of each class, instead of the share"
    )
    split_seed: int = Field(0, ge=0, description="seed of the split; one seed, one split")
    folds: int | None = Field(
        None,
        ge=2,
        le=20,
        description="k-fold: all but the test pictures are divided into so many folds, one of which (data.fold) "
        "is for validation",
    )
    fold: int = Field(0, ge=0, le=19, description="which fold is for validation, from 0; chosen anew by each train.py")
    keep_split: str | None = Field(
        None,
        description="manifest (.parquet or .csv) whose files keep their split; null means that of the prepared data "
        "set that is there already",
    )
    max_megapixels: int = Field(
        150, ge=1, le=178, description="pictures with more pixels are put aside, in millions of pixels"
    )

    @model_validator(mode="after")
    def _something_is_left_to_train_on(self) -> Self:
        if self.validation_fraction + self.test_fraction >= 0.9:
            raise ValueError(
                "validation_fraction + test_fraction must stay below 0.9, so that pictures are left to train on "
                f"(got {self.validation_fraction:g} + {self.test_fraction:g})"
            )
        if self.training_size is not None and self.training_size < self.image_size:
            raise ValueError(
                f"training_size must not be smaller than image_size (got {self.training_size} and {self.image_size})"
            )
        if self.training_size not in (None, self.image_size) and self.folds is not None:
            raise ValueError(
                "training_size and folds exclude each other: in folds, training pictures are for validation in turn"
            )
        if self.folds is not None and self.fold >= self.folds:
            raise ValueError(f"fold counts from 0 and must be below folds (got {self.fold} of {self.folds})")
        return self


class LabelsSection(Section):
    """From what a source calls its classes to the labels of the model."""

    pattern: str | None = Field(
        None,
        description="regular expression whose first group is the label, for labels that are part of a longer text: "
        r"""'^\["(.+?) >>' takes the first level of '["Toys >> Cars"]'""",
    )
    rename: dict[str, str] = Field(
        {}, description="new names, {old: new}; several old names with one new name become one class"
    )
    leave_out: Names = Field((), description="classes that are not used")
    target: str | None = Field(None, description="one class against all the others, which become one (labels.rest)")
    rest: str = Field("other", min_length=1, description="name of all the others where there is a target")


class ChecksSection(Section):
    """What is looked for in the pictures, and what is done about it."""

    near_duplicates: Switch = Field(
        True,
        description="look for copies that were re-encoded, resized, brightened, mirrored or cropped a little; "
        "exact copies are found in any case",
    )
    copies: Literal["together", "first"] = Field(
        "together", description="'together': copies of a picture stay in one split; 'first': only the first is used"
    )
    contradictions: Literal["leave_out", "keep"] = Field(
        "leave_out", description="exact copies under different labels: none of them is used, or all are"
    )
    leaks: Literal["report", "leave_out"] = Field(
        "report",
        description="copies of test or validation pictures in a fixed training split: only named, or not trained on",
    )
    min_side: int = Field(32, ge=1, description="a picture with a shorter side than this is named as tiny, in pixels")


class PreparationSection(Section):
    """What is done to every picture before the network sees it; it travels with the model."""

    steps: Steps = Field(
        (),
        description="in this order: 'contrast' (by contrast_factor), 'autocontrast' (darkest to black, lightest to "
        "white), 'equalize' (histogram), 'crop_centre' (to centre_share), 'crop_content' (an even border goes), "
        "'mirror_horizontal', 'mirror_vertical', and as the last 'whiten' (each picture to mean 0 and deviation 1)",
    )
    contrast_factor: float = Field(1.5, gt=0, le=10, description="of the step 'contrast'; 1 changes nothing")
    centre_share: float = Field(0.8, gt=0, le=1, description="share of each side that the step 'crop_centre' keeps")
    resize: Literal["squash", "crop", "letterbox"] = Field(
        "squash",
        description="to a square: 'squash' changes the proportions, 'crop' cuts off what lies beyond the shorter "
        "side, 'letterbox' adds bars of the ground colour",
    )
    ground: Literal["white", "grey", "black"] = Field(
        "white", description="colour behind transparent parts and of letterbox bars"
    )

    @model_validator(mode="after")
    def _whitening_comes_last(self) -> Self:
        if "whiten" in self.steps[:-1]:
            raise ValueError("the step 'whiten' must be the last one, since no picture is left after it")
        return self


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
        "stage but the last",
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
    architecture: str | None = Field(
        None, min_length=1, description="network of a weights file: a listed name, or an architecture of timm"
    )
    head: Literal["linear", "dense", "flatten"] = Field(
        "linear",
        description="'linear': one layer on the pooled features; 'dense': a hidden layer before it; 'flatten': one "
        "layer on the whole last feature map. For backbones; the small CNN has its own head",
    )
    head_units: int = Field(256, ge=1, le=65_536, description="units of the hidden layer of the head 'dense'")
    head_dropout: Share = Field(
        0.0, description="share of the numbers dropped before the last layer of the heads 'dense' and 'flatten'"
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
            raise ValueError("head_dropout is for the heads 'dense' and 'flatten'; 'linear' has none")
        return self


class ImbalanceSection(Section):
    """What is done about classes of unequal size, in training only."""

    method: Annotated[
        Literal["none", "class_weights", "balanced_sampler", "focal", "logit_adjustment"],
        BeforeValidator(read_nothing),
    ] = Field(
        "none",
        description="'class_weights': losses weighted by inverse frequency; 'balanced_sampler': each class equally "
        "often in an epoch; 'focal': loss that lets easy pictures count less; 'logit_adjustment': loss with each "
        "class's share of the training pictures",
    )
    focal_gamma: float = Field(2.0, ge=0, le=10, description="of the focal loss; 0 is cross-entropy")
    tau: float = Field(1.0, ge=0, le=5, description="strength of the logit adjustment; 0 is cross-entropy")


class OptimSection(Section):
    """The optimiser, its schedule, and what keeps it from learning by heart."""

    name: Literal["adamw", "sgd", "rmsprop"] = Field("adamw", description="optimiser")
    learning_rate: float = Field(1e-3, gt=0, le=10, description="highest learning rate of the schedule")
    weight_decay: float = Field(0.05, ge=0, le=1, description="decay of weight matrices; biases and norms have none")
    momentum: Share = Field(0.9, description="momentum of sgd and rmsprop")
    epochs: int = Field(10, ge=1, le=10_000, description="most passes over the training pictures")
    batch_size: Annotated[int, Field(ge=1, le=4096)] | Literal["auto"] = Field(
        32,
        description="pictures per step on each device; 'auto': the largest of 256, 128, 64 ... (beside a CPU: 64 ...) "
        "that fits into the memory",
    )
    accumulate: int = Field(
        1,
        ge=1,
        le=1024,
        description="batches whose gradients are added up for one step, as if they were one batch of all their "
        "pictures; batch_size x accumulate x devices are the pictures of a step",
    )
    schedule: Literal["cosine", "one_cycle", "step", "plateau", "constant"] = Field(
        "cosine",
        description="course of the learning rate after its warm-up: 'cosine' to zero; 'one_cycle' from 1/25 up, then "
        "almost to zero (take warmup_fraction 0.3); 'step' falls every step_epochs; 'plateau' falls when the "
        "validation loss does not; 'constant'",
    )
    warmup_fraction: Share = Field(0.1, description="share of the steps in which the learning rate rises")
    step_epochs: int = Field(3, ge=1, le=10_000, description="epochs between two falls of the schedule 'step'")
    step_factor: float = Field(0.1, gt=0, lt=1, description="what each fall of 'step' multiplies the rate by")
    plateau_patience: int = Field(
        2,
        ge=1,
        description="epochs without a lower validation loss before 'plateau' lowers the rate; less than "
        "early_stopping.patience, or the training stops first",
    )
    plateau_factor: float = Field(0.1, gt=0, lt=1, description="what each fall of 'plateau' multiplies the rate by")
    layer_decay: float = Field(
        1.0,
        gt=0,
        le=1,
        description="learning rate of each stage as a share of that of the stage behind it, from the head to the "
        "input; 1 gives all the same",
    )
    ema_decay: Share = Field(
        0.0,
        description="moving average of the weights, which is what is evaluated and kept: share of the old average "
        "after each step; 0 switches it off, 0.999 averages about 1,000 steps",
    )
    label_smoothing: Share = Field(0.0, description="share of each label spread over all classes")
    max_gradient_norm: float = Field(
        1.0, gt=0, description="gradients are scaled down to this norm at most (protects from exploding)"
    )


class EarlyStoppingSection(Section):
    """When to stop; the weights of the best epoch are kept in any case."""

    monitor: Literal["validation_loss", "validation_accuracy"] = Field(
        "validation_loss", description="what decides which epoch is the best, and when to stop"
    )
    patience: int = Field(5, ge=1, description="epochs without a better one before the training stops")
    min_delta: float = Field(0.0, ge=0, description="smallest gain that counts")
    top: int = Field(
        0,
        ge=0,
        le=100,
        description="how many of the best epochs are kept as model folders: checkpoints/epoch_007 in the run",
    )


class EngineSection(Section):
    """How the machine is used."""

    seed: int = Field(0, ge=0, description="seed of weights, order and augmentation")
    precision: Literal["auto", "fp32", "bf16", "fp16"] = Field(
        "auto", description="'auto': bf16 where the processor or GPU has instructions for it, else fp32"
    )
    workers: int | None = Field(
        None,
        ge=0,
        le=64,
        description="loader processes; none means 0 on a CPU and the cores up to 8 beside a GPU",
    )
    tracker: Annotated[Literal["tensorboard", "trackio", "mlflow", "none"], BeforeValidator(read_nothing)] = Field(
        "tensorboard", description="where curves are logged during training"
    )
    checkpoint_minutes: float = Field(
        5,
        ge=0,
        description="longest time between two checkpoints, from which --resume goes on; there is one after each epoch "
        "in any case, and with 0 after each step",
    )
    budget_minutes: float | None = Field(
        None,
        gt=0,
        description="time for the whole run, evaluation and report included; the training is shortened to fit into it; "
        "null: no limit",
    )
    memory_gb: float | None = Field(
        None,
        gt=0,
        description="most memory that the training may take, in gigabytes of 2**30 bytes: of each GPU, or of the "
        "process on a CPU (Linux); null: no limit",
    )
    compile: Annotated[Literal["auto", "on", "off"], BeforeValidator(name_switch)] = Field(
        "off",
        description="torch.compile: 'auto' times some steps with and without it, where the training is long enough, "
        "and keeps what is faster for the whole run",
    )
    sync_batch_norm: Switch = Field(
        True,
        description="with several devices: batch norm sees the pictures of all of them, as one device would; "
        "off: each sees its own",
    )


class ReportSection(Section):
    """What is measured and shown at the end."""

    top_k: int = Field(3, ge=1, le=100, description="a top-k answer is right when the label is among the k likeliest")


class Recipe(Section):
    """A complete experiment: from pictures to an evaluated model."""

    name: Name = Field("pictures", description="names prepared/<name> and runs/<name>")
    data: DataSection = Field(DataSection(), description="pictures and their split")
    labels: LabelsSection = Field(LabelsSection(), description="classes")
    checks: ChecksSection = Field(ChecksSection(), description="what is looked for in the pictures")
    preparation: PreparationSection = Field(PreparationSection(), description="what is done to every picture")
    model: ModelSection = Field(ModelSection(), description="network")
    augmentation: AugmentationSection = Field(AugmentationSection(), description="random changes")
    imbalance: ImbalanceSection = Field(ImbalanceSection(), description="classes of unequal size")
    optim: OptimSection = Field(OptimSection(), description="optimiser and schedule")
    early_stopping: EarlyStoppingSection = Field(EarlyStoppingSection(), description="when to stop")
    engine: EngineSection = Field(EngineSection(), description="machine")
    report: ReportSection = Field(ReportSection(), description="final measurements")

    @model_validator(mode="after")
    def _phases_and_patience_fit(self) -> Self:
        if self.model.frozen_epochs >= self.optim.epochs:
            raise ValueError(
                "model.frozen_epochs must be less than optim.epochs, so that epochs are left to train the rest "
                f"(got {self.model.frozen_epochs} of {self.optim.epochs})"
            )
        patience = self.early_stopping.patience
        if self.optim.schedule == "plateau" and self.optim.plateau_patience >= patience:
            raise ValueError(
                "optim.plateau_patience must be less than early_stopping.patience, or the training stops before the "
                f"rate falls (got {self.optim.plateau_patience} and {patience})"
            )
        return self

    @property
    def prepared_folder(self) -> Path:
        """Where the prepared data set lies."""
        return Path(self.data.prepared or f"prepared/{self.name}").expanduser()
