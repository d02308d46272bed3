"""What a training does, resolved once: recipe and data set go in, frozen plans that the parts take come out.

Where a section of the recipe holds nothing to resolve (`engine`, `report`), the plan hands it on: it is frozen and
validated, and its facts are not typed twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from vitrine.config.aliases import first_names
from vitrine.config.identity import DATASET_VERSION, FREE_FOR_CHECKPOINTS
from vitrine.config.loading import dump_recipe
from vitrine.config.recipe import Recipe
from vitrine.config.training import EarlyStoppingSection, EngineSection, Monitor, ReportSection
from vitrine.data.augmentation.description import NOTHING, describe_augmentation
from vitrine.data.augmentation.mixing import Mixing
from vitrine.data.augmentation.policies import Policy
from vitrine.data.images.preprocessing import Preparation
from vitrine.data.manifest.split_names import SPLITS, TEST, TRAIN, VALIDATION
from vitrine.data.prepared.columns import read_column
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.models.backbones.presence import check_is_pretrained, knows_no_labels
from vitrine.models.heads import Head
from vitrine.training.loop.methods import TrainingOptions
from vitrine.training.machine.trackers import flatten
from vitrine.training.optim.losses import LossPlan
from vitrine.training.optim.optimizer import OptimizerPlan, SchedulePlan
from vitrine.training.probe_features import ProbePlan

FEW_VALIDATION = 50  # pictures; of fewer, one that is right by chance makes more than two points


@dataclass(frozen=True)
class ModelPlan:
    """The network, and how much of it is trained; names as in the recipe.

    Attributes:
        small_cnn: shape of the small CNN, for `build_small_cnn`.
        warm_start: model folder that the weights are taken from; None: they are those of the backbone.
        warm_start_rename: how its classes are called now.
        image_size: side of the pictures that it is made for, in pixels.
        training_side: side of the pictures that it is trained with, in pixels, in the last epoch.
        first_training_side: in the first epoch.
        head_first: whether the fresh head is fitted to the network as it is before the rest is trained.
        keeps_statistics: whether batch norm goes on with the statistics of the pretraining.
    """

    backbone: str
    pretrained: bool
    architecture: str | None
    head: Head
    small_cnn: Mapping[str, Any]
    drop_path: float | None
    image_size: int
    training_side: int
    first_training_side: int
    trainable_part: Literal["head", "last", "all"]
    last_stages: int
    frozen_epochs: int
    warm_start: str | None = None
    warm_start_rename: Mapping[str, str] = field(default_factory=dict)
    head_first: bool = False
    keeps_statistics: bool = False


@dataclass(frozen=True)
class AugmentationPlan:
    """What is done to training pictures.

    Attributes:
        policy: changes to each picture.
        mixing: of pictures with each other.
        settings: the recipe's words for both, which stored features remember.
        is_on: whether pictures are changed at all, where every epoch looks at them or there are several views.
    """

    policy: Policy
    mixing: Mixing
    settings: Mapping[str, Any]
    is_on: bool


@dataclass(frozen=True)
class CachePlan:
    """Whether what the head of a frozen backbone receives is computed once.

    Attributes:
        mode: 'auto': where it can be; 'on': or the training does not start; 'off'.
        views: of each training picture.
    """

    mode: Literal["auto", "on", "off"]
    views: int


@dataclass(frozen=True)
class TrainingPlan:
    """All of a training but the pictures.

    Attributes:
        name: of the recipe.
        settings: the resolved recipe as JSON can hold it, for trackers and the model folder.
        recipe_text: the resolved recipe as YAML.
        identity: what the training is made of, in words; a checkpoint of anything else does not fit.
        options: what the loop is told; with a usual batch size where the largest that fits is wanted.
        finds_batch_size: whether it is.
        ema_decay: of the average of the weights; 0: none.
        preparation: what was done to every picture.
        study: how the training pictures are looked at in the end, for wrong labels and the learning curve; None: not.
    """

    name: str
    settings: Mapping[str, Any]
    recipe_text: str
    identity: Mapping[str, str]
    model: ModelPlan
    cache: CachePlan
    augmentation: AugmentationPlan
    loss: LossPlan
    optimizer: OptimizerPlan
    schedule: SchedulePlan
    options: TrainingOptions
    finds_batch_size: bool
    ema_decay: float
    preparation: Preparation
    study: ProbePlan | None
    engine: EngineSection
    report: ReportSection


def plan_training(recipe: Recipe, prepared: PreparedDataset) -> TrainingPlan:
    """Resolves a recipe for a data set that was prepared with its settings (`open_matching_data` makes sure of it)."""
    augmentation, imbalance, optim = recipe.augmentation, recipe.imbalance, recipe.optim
    counts = np.bincount(read_column(prepared.splits[TRAIN], "label").to_numpy(), minlength=len(prepared.label_names))
    preparation = Preparation.from_section(recipe.preparation)
    return TrainingPlan(
        name=recipe.name,
        settings=recipe.model_dump(mode="json"),
        recipe_text=dump_recipe(recipe),
        identity=_identify(recipe, prepared),
        model=plan_model(recipe),
        cache=CachePlan(
            mode=recipe.model.cache_features if recipe.model.trainable_part == "head" else "off",
            views=min(recipe.model.feature_views, optim.epochs),
        ),
        augmentation=AugmentationPlan(
            policy=Policy.from_section(augmentation),
            mixing=Mixing.from_section(augmentation),
            settings=augmentation.model_dump(mode="json"),
            is_on=describe_augmentation(augmentation) != NOTHING,
        ),
        loss=LossPlan(
            method=imbalance.method,
            class_counts=tuple(counts.tolist()),
            label_smoothing=optim.label_smoothing,
            focal_gamma=imbalance.focal_gamma,
            tau=imbalance.tau,
        ),
        optimizer=OptimizerPlan(
            name=optim.name,
            learning_rate=optim.learning_rate,
            weight_decay=optim.weight_decay,
            momentum=optim.momentum,
            layer_decay=optim.layer_decay,
            layer_weight_decay=optim.layer_weight_decay,
        ),
        schedule=_plan_schedule(recipe),
        options=_plan_options(recipe, preparation, len(prepared.splits[VALIDATION])),
        finds_batch_size=optim.batch_size == "auto",
        ema_decay=optim.ema_decay,
        preparation=preparation,
        study=_plan_study(recipe),
        engine=recipe.engine,
        report=recipe.report,
    )


def plan_model(recipe: Recipe) -> ModelPlan:
    """The recipe's network; no data set is needed to build it."""
    model = recipe.model
    return ModelPlan(
        backbone=model.backbone,
        pretrained=model.pretrained,
        architecture=model.architecture,
        head=Head(model.head, model.hidden_units, model.head_dropout),
        small_cnn=model.small_cnn.model_dump(),
        drop_path=model.drop_path,
        image_size=recipe.data.image_size,
        training_side=recipe.training_side,
        first_training_side=recipe.first_training_side,
        trainable_part=model.trainable_part,
        last_stages=model.last_stages,
        frozen_epochs=model.frozen_epochs,
        warm_start=model.warm_start,
        warm_start_rename=model.warm_start_rename,
        head_first=model.head_first and model.warm_start is None and not model.frozen_epochs,
        keeps_statistics=model.batch_norm == "frozen",
    )


def plan_probe(recipe: Recipe, backbone: str | None, ways_out: str) -> ProbePlan:
    """How the pictures of a recipe are looked at with a pretrained network: the given one, or the recipe's.

    Args:
        recipe: that the data set was prepared with; names the default.
        backbone: short name, folder or Hub id; None takes the recipe's.
        ways_out: the end of the error's sentence.

    Raises:
        UserError: it would start from random weights.
    """
    check_is_pretrained(backbone or recipe.model.backbone, backbone is not None or recipe.model.pretrained, ways_out)
    return _plan_look(recipe, backbone or recipe.model.backbone)


def _plan_study(recipe: Recipe) -> ProbePlan | None:
    if not recipe.report.study or recipe.engine.budget_minutes is not None:
        return None
    if not knows_no_labels(recipe.model.backbone, recipe.model.pretrained):
        return None
    return _plan_look(recipe, recipe.model.backbone)


def _plan_look(recipe: Recipe, backbone: str) -> ProbePlan:
    own = recipe.model
    return ProbePlan(
        backbone=backbone,
        architecture=own.architecture if backbone == own.backbone else None,
        image_size=recipe.data.image_size,
        whitens=Preparation.from_section(recipe.preparation).whitens,
        engine=recipe.engine,
    )


def choose_monitor(recipe: Recipe, validation_pictures: int) -> Monitor:
    """What decides which epoch is the best.

    A head learns for long and forgets nothing, while a handful of validation pictures may well call its first epoch the
    best one.

    Args:
        recipe: another choice than the usual one holds, however few pictures there are.
        validation_pictures: their number.
    """
    monitor, is_head = recipe.early_stopping.monitor, recipe.model.trainable_part == "head"
    is_usual = monitor == EarlyStoppingSection.model_fields["monitor"].default
    return "last_epoch" if is_head and is_usual and validation_pictures < FEW_VALIDATION else monitor


def _plan_options(recipe: Recipe, preparation: Preparation, validation_pictures: int) -> TrainingOptions:
    optim, engine, stopping = recipe.optim, recipe.engine, recipe.early_stopping
    return TrainingOptions(
        epochs=optim.epochs,
        seed=engine.seed,
        batch_size=optim.known_batch_size,
        accumulate=optim.accumulate,
        max_gradient_norm=optim.max_gradient_norm,
        monitor=choose_monitor(recipe, validation_pictures),
        patience=recipe.patience,
        min_delta=stopping.min_delta,
        top=stopping.top,
        whitens=preparation.whitens,
        checkpoint_minutes=engine.checkpoint_minutes,
        compile=engine.compile,
        sync_batch_norm=engine.sync_batch_norm,
    )


def _plan_schedule(recipe: Recipe) -> SchedulePlan:
    optim = recipe.optim
    return SchedulePlan(
        name=optim.schedule,
        epochs=optim.epochs,
        frozen_epochs=recipe.model.frozen_epochs,
        warmup_fraction=optim.warmup_fraction,
        step_epochs=optim.step_epochs,
        step_factor=optim.step_factor,
        plateau_patience=optim.plateau_patience,
        plateau_factor=optim.plateau_factor,
    )


def _identify(recipe: Recipe, prepared: PreparedDataset) -> dict[str, str]:
    """What a training is made of; its checkpoints fit no other one."""
    settings = {name: str(value) for name, value in first_names(flatten(recipe.model_dump(mode="json"))).items()}
    pictures = {f"pictures for {split}": str(len(prepared.splits[split])) for split in SPLITS if split != TEST}
    return {
        **{name: value for name, value in settings.items() if name not in FREE_FOR_CHECKPOINTS},
        **pictures,
        "classes": ", ".join(prepared.label_names),
        DATASET_VERSION: prepared.version,
    }
