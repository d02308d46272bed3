"""From a recipe and a prepared data set to a trained network; the test split is not looked at here."""

import statistics
import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from accelerate import Accelerator
from transformers import PreTrainedModel

from vitrine.config.loading import dump_recipe
from vitrine.config.model import SMALL_CNN
from vitrine.config.recipe import Recipe
from vitrine.data.manifest.split import TRAIN, VALIDATION
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.models.backbones.build import build_backbone, build_small_cnn, place
from vitrine.models.backbones.input_checks import check_enough_pictures, check_image_size
from vitrine.models.backbones.normalization import CENTERED, Normalization
from vitrine.models.backbones.stages import set_trainable
from vitrine.models.heads import Head
from vitrine.records import folder as run_folder
from vitrine.records.atomic import write_text
from vitrine.training.build import (
    choose_batch,
    choose_methods,
    choose_options,
    identify,
    open_budget,
    plan_recipe_schedule,
)
from vitrine.training.head.features import HeadInputs
from vitrine.training.head.fit import choose_views, fit_cached_head
from vitrine.training.loop.checkpoints import Checkpoints
from vitrine.training.loop.progress import EpochRecord, Fit, Listeners
from vitrine.training.loop.trainer import Trainer
from vitrine.training.machine.devices import build_accelerator, describe_device, keep_freed_memory
from vitrine.training.machine.memory import memory_cap
from vitrine.training.machine.seeding import seed_everything
from vitrine.training.machine.trackers import flatten, name_run
from vitrine.training.optim.optimizer import build_optimizer


@dataclass(frozen=True)
class Fitted:
    """A trained network, before anything was measured on the test split.

    Attributes:
        model: with the weights of the best epoch.
        batch_size: pictures of a batch on each device.
        facts: the section `training` of `metrics.json`.
        head_inputs: the features that the head was trained on; None where every epoch looked at the pictures.
    """

    model: PreTrainedModel
    normalization: Normalization
    fit: Fit
    batch_size: int
    facts: dict[str, Any]
    head_inputs: HeadInputs | None = None


def fit_recipe(recipe: Recipe, prepared: PreparedDataset, folder: Path, listeners: Listeners, begun: float) -> Fitted:
    """Trains without a look at the test split; its pictures need not even be there.

    Args:
        recipe: the resolved recipe.
        prepared: its data set.
        folder: as for `run_training`; gets the recipe, and the checkpoints while the training lasts.
        listeners: what one of them raises ends the training.
        begun: as for `run_training`.
    """
    accelerator = build_accelerator(recipe.engine.precision, recipe.engine.tracker, folder)
    if accelerator.device.type == "cpu":
        keep_freed_memory()
    check_enough_pictures(len(prepared.label_names), len(prepared.splits[TRAIN]))
    model, normalization = build_model(recipe, prepared.label_names)
    views = choose_views(recipe, prepared, model)
    facts = _describe_training(recipe, prepared, model, accelerator) | {"feature_views": views}
    if accelerator.is_main_process:
        write_text(folder / run_folder.RECIPE, dump_recipe(recipe))
    listeners.on_start(facts)
    start = time.perf_counter()
    with memory_cap(recipe.engine.memory_gb, accelerator.device):
        fit, batch_size, inputs = _fit(
            recipe, prepared, accelerator, model, normalization, folder, listeners, begun, views
        )
    facts |= _summarize(fit, batch_size, time.perf_counter() - start)
    return Fitted(model, normalization, fit, batch_size, facts, inputs)


def build_model(recipe: Recipe, label_names: tuple[str, ...]) -> tuple[PreTrainedModel, Normalization]:
    """The recipe's network for these labels, its parameters chosen; and the colours that it expects."""
    seed_everything(recipe.engine.seed)
    if recipe.model.backbone == SMALL_CNN:
        shape = recipe.model.small_cnn.model_dump()
        model = build_small_cnn(label_names, image_size=recipe.data.image_size, **shape)
        normalization = CENTERED
    else:
        chosen = recipe.model
        model, normalization = build_backbone(
            chosen.backbone,
            label_names,
            pretrained=chosen.pretrained,
            architecture=chosen.architecture,
            head=Head(chosen.head, chosen.head_units, chosen.head_dropout),
            image_size=recipe.data.image_size,
            drop_path=chosen.drop_path,
        )
    check_image_size(model, recipe.model.backbone, recipe.training_side, "augmentation.image_size")
    set_trainable(model, recipe.model.trainable_part, recipe.model.last_stages)
    return place(model, "cpu"), normalization


def _fit(
    recipe: Recipe,
    prepared: PreparedDataset,
    accelerator: Accelerator,
    model: PreTrainedModel,
    normalization: Normalization,
    folder: Path,
    listeners: Listeners,
    begun: float,
    views: int,
) -> tuple[Fit, int, HeadInputs | None]:
    """Returns what the training gave, the pictures of a batch on each device, and features computed once."""
    optim, engine = recipe.optim, recipe.engine
    in_folder = engine.tracker == "tensorboard"
    accelerator.init_trackers(
        run_folder.TENSORBOARD if in_folder else recipe.name,
        flatten(recipe.model_dump(mode="json")),
        name_run(folder),
    )

    def log(record: EpochRecord) -> None:
        accelerator.log({key: value for key, value in asdict(record).items() if key != "epoch"}, step=record.epoch)
        listeners.on_epoch(record)

    if views:
        fit, inputs = fit_cached_head(
            *(recipe, prepared, accelerator, model, normalization, views, folder, listeners.on_features, log)
        )
        accelerator.end_training()
        return fit, 32 if optim.batch_size == "auto" else optim.batch_size, inputs
    batch_size = choose_batch(recipe, prepared, accelerator, model, folder, listeners.say)
    optimizer = build_optimizer(
        model, optim.name, optim.learning_rate, optim.weight_decay, optim.momentum, optim.layer_decay
    )
    options = choose_options(recipe, batch_size, accelerator)
    trainer = Trainer(
        *(accelerator, model, normalization, prepared.splits[TRAIN], prepared.splits[VALIDATION]),
        *(optimizer, partial(plan_recipe_schedule, recipe, optimizer), options),
        methods=choose_methods(recipe, prepared, model, normalization, folder, accelerator.device),
        budget=None if engine.budget_minutes is None else open_budget(engine.budget_minutes, begun, prepared),
        say=listeners.say,
    )
    identity = identify(recipe, prepared, accelerator)
    fit = trainer.run(Checkpoints(folder / run_folder.CHECKPOINT, identity), listeners.on_step, log)
    accelerator.end_training()
    accelerator.unwrap_model(model, keep_fp32_wrapper=False)  # or it would be measured and calibrated under autocast
    return fit, batch_size, None


def _describe_training(
    recipe: Recipe, prepared: PreparedDataset, model: PreTrainedModel, accelerator: Accelerator
) -> dict[str, Any]:
    precision = accelerator.mixed_precision
    return {
        "backbone": recipe.model.backbone,
        "trainable_part": recipe.model.trainable_part,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "trainable_parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "pictures": len(prepared.splits[TRAIN]),
        "precision": "fp32" if precision == "no" else precision,
        "device": describe_device(accelerator.device),
        "processes": accelerator.num_processes,
        "seed": recipe.engine.seed,
        "epochs_planned": recipe.optim.epochs,
        "augmentation": recipe.augmentation.policy != "none" or recipe.augmentation.horizontal_flip,
    }


def _summarize(fit: Fit, batch_size: int, seconds: float) -> dict[str, Any]:
    speeds = [record.images_per_second for record in fit.history]
    waits = [record.data_wait_share for record in fit.history]
    return {
        "batch_size": batch_size,
        "data_wait_share": statistics.median(waits),
        "out_of_time": fit.out_of_time,
        "seconds": seconds,
        "epochs": len(fit.history),
        "stopped_early": fit.stopped_early,
        "images_per_second": statistics.median(speeds),
    }
