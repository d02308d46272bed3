"""From a plan and a prepared data set to a trained network; the test split is not looked at here."""

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from accelerate import Accelerator
from transformers import PreTrainedModel

from vitrine.config.model import SMALL_CNN
from vitrine.data.manifest.split_names import TRAIN, VALIDATION
from vitrine.data.prepared.columns import read_column
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.data.prepared.groups import number_groups
from vitrine.models.backbones.build import build_backbone, build_small_cnn, place
from vitrine.models.backbones.input_checks import check_enough_images, check_image_size
from vitrine.models.backbones.normalization import CENTERED, Normalization
from vitrine.models.backbones.stages import set_trainable
from vitrine.models.backbones.warm_start import start_from
from vitrine.models.graph import trace_layers
from vitrine.predict.freed_memory import keep_freed_memory
from vitrine.records import folder as run_folder
from vitrine.records.atomic import write_text
from vitrine.training.build import choose_methods, find_batch_size, open_budget, write_epochs
from vitrine.training.head.features import FEATURES, seconds_taken
from vitrine.training.head.fit import CachedHead, choose_views, fit_cached_head
from vitrine.training.head.head_first import fit_head_first
from vitrine.training.loop.checkpoints import Checkpoints
from vitrine.training.loop.methods import TrainingData, TrainingOptions
from vitrine.training.loop.progress import EpochRecord, Fit, Listeners
from vitrine.training.loop.thread_choice import open_thread_choice
from vitrine.training.loop.trainer import Trainer
from vitrine.training.machine.devices import build_accelerator, choose_workers, describe_device
from vitrine.training.machine.memory import memory_cap
from vitrine.training.machine.seeding import seed_everything
from vitrine.training.machine.trackers import flatten, log_network, name_run
from vitrine.training.optim.optimizer import choose_weight_decays
from vitrine.training.plan import ModelPlan, TrainingPlan


@dataclass(frozen=True)
class Fitted:
    """A trained network, before anything was measured on the test split.

    Attributes:
        model: with the weights of the best epoch.
        data: what it was trained on, and its normalisation.
        options: what the loop was told, with the pictures of a batch on each device.
        facts: the section `training` of `metrics.json`.
        head: the head that was trained on features computed once; None where every epoch looked at the pictures.
    """

    model: PreTrainedModel
    data: TrainingData
    options: TrainingOptions
    fit: Fit
    facts: dict[str, Any]
    head: CachedHead | None = None


def fit_network(
    plan: TrainingPlan, prepared: PreparedDataset, folder: Path, listeners: Listeners, begun: float
) -> Fitted:
    """Trains without a look at the test split; its pictures need not even be there.

    Args:
        plan: of the training.
        prepared: its data set.
        folder: as for `run_training`; gets the recipe, and the checkpoints while the training lasts.
        listeners: what one of them raises ends the training.
        begun: as for `run_training`.
    """
    accelerator = build_accelerator(plan.engine.precision, plan.engine.tracker, folder)
    if accelerator.device.type == "cpu":
        keep_freed_memory()
    train, validation = prepared.splits[TRAIN], prepared.splits[VALIDATION]
    check_enough_images(len(prepared.label_names), len(train))
    model, normalization = build_model(plan.model, prepared.label_names, plan.options.seed)
    choose_weight_decays(model, plan.optimizer.weight_decay, plan.optimizer.layer_weight_decay)  # before long work
    data = TrainingData(train, validation, normalization, prepared.away, prepared.sample)
    views = choose_views(plan, data, model)
    facts = _describe_training(plan, len(train), model, accelerator) | {"feature_views": views}
    if accelerator.is_main_process:
        write_text(folder / run_folder.RECIPE, plan.recipe_text)
    listeners.on_start(facts)
    facts["augmentation"] &= views != 1  # else the pictures are learned as they are
    start = time.perf_counter()
    plan = _resolve_workers(plan, accelerator)
    with memory_cap(plan.engine.memory_gb, accelerator.device):
        listeners = replace(listeners, on_epoch=_start_tracking(plan, accelerator, model, folder, listeners.on_epoch))
        head = None
        store = folder / run_folder.CHECKPOINT / FEATURES
        if views:
            _say_what_is_passed_over(plan, listeners.say)
            groups = number_groups(prepared.folder, [*read_column(train, "file").to_pylist(), *validation["file"]])
            keep = write_epochs(plan, model, normalization, folder)
            earlier = seconds_taken(store)
            head = fit_cached_head(plan, data, groups, accelerator, model, views, store, listeners, keep)
            fit = head.fit
        else:
            plan = _resolve_batch_size(plan, data, accelerator, model, folder, listeners)
            if plan.model.head_first:
                facts["head_first_accuracy"] = fit_head_first(plan, data, accelerator, model, store, listeners)
            fit, earlier = _fit_whole(plan, prepared, data, accelerator, model, folder, listeners, begun)
        accelerator.end_training()
    facts |= _summarize(fit, plan.options.batch_size, earlier + time.perf_counter() - start)
    facts["device"] = describe_device(accelerator.device)  # with the threads that a time budget has chosen
    facts["refitted"] = head is not None and head.refitted
    if head is not None and head.inputs.seconds is not None:
        facts["feature_seconds"] = head.inputs.seconds.train
        facts["validation_feature_seconds"] = head.inputs.seconds.validation
    return Fitted(model, data, plan.options, fit, facts, head)


def build_model(plan: ModelPlan, label_names: tuple[str, ...], seed: int) -> tuple[PreTrainedModel, Normalization]:
    """The network for these labels, its parameters chosen; and the colours that it expects.

    Args:
        plan: of the network.
        label_names: in the order of the label ids.
        seed: of fresh weights; everything that draws random numbers in this process starts from it.

    Raises:
        UserError: there is no such network, or the pictures are too small for it.
    """
    seed_everything(seed)
    if plan.backbone == SMALL_CNN:
        model = build_small_cnn(label_names, image_size=plan.image_size, **plan.small_cnn)
        normalization = CENTERED
    else:
        model, normalization = build_backbone(
            plan.backbone,
            label_names,
            pretrained=plan.pretrained,
            architecture=plan.architecture,
            head=plan.head,
            image_size=plan.image_size,
            drop_path=plan.drop_path,
        )
    if plan.warm_start is not None:
        start_from(model, plan.warm_start, plan.warm_start_rename)
    smallest = "first_image_size" if plan.first_training_side < plan.training_side else "image_size"
    check_image_size(model, plan.backbone, plan.first_training_side, f"augmentation.{smallest}")
    set_trainable(model, plan.trainable_part, plan.last_stages)
    return place(model, model.device), normalization


def _start_tracking(
    plan: TrainingPlan,
    accelerator: Accelerator,
    model: PreTrainedModel,
    folder: Path,
    on_epoch: Callable[[EpochRecord], None],
) -> Callable[[EpochRecord], None]:
    """Opens the tracker; returns what tells it, and then `on_epoch`, of each epoch."""
    in_folder = plan.engine.tracker == "tensorboard"
    accelerator.init_trackers(
        run_folder.TENSORBOARD if in_folder else plan.name, flatten(plan.settings), name_run(folder)
    )
    if in_folder and accelerator.is_main_process:
        log_network(accelerator, trace_layers(model, plan.model.image_size))

    def log(record: EpochRecord) -> None:
        accelerator.log({key: value for key, value in asdict(record).items() if key != "epoch"}, step=record.epoch)
        on_epoch(record)

    return log


def _say_what_is_passed_over(plan: TrainingPlan, say: Callable[[str], None]) -> None:
    """Says which parameters mean nothing to a head on features that are computed once."""
    if plan.engine.budget_minutes is not None:
        say("time budget: not kept; a head on features that are computed once takes what it takes")
    side = plan.model.image_size
    if (plan.model.training_side, plan.model.first_training_side) != (side, side):
        say(
            "augmentation.image_size and augmentation.first_image_size: not used; features that are computed once are "
            f"those of pictures of data.image_size ({side})"
        )


def _resolve_workers(plan: TrainingPlan, accelerator: Accelerator) -> TrainingPlan:
    workers = choose_workers(plan.engine.workers, accelerator.device)
    return replace(plan, options=replace(plan.options, workers=workers))


def _resolve_batch_size(
    plan: TrainingPlan,
    data: TrainingData,
    accelerator: Accelerator,
    model: PreTrainedModel,
    folder: Path,
    listeners: Listeners,
) -> TrainingPlan:
    if not plan.finds_batch_size:
        return plan
    store = folder / run_folder.CHECKPOINT
    size = find_batch_size(plan, len(data.train), accelerator, model, store, listeners.say)
    return replace(plan, options=replace(plan.options, batch_size=size))


def _fit_whole(
    plan: TrainingPlan,
    prepared: PreparedDataset,
    data: TrainingData,
    accelerator: Accelerator,
    model: PreTrainedModel,
    folder: Path,
    listeners: Listeners,
    begun: float,
) -> tuple[Fit, float]:
    """Every epoch looks at the pictures; returns, too, the seconds of the run before it was interrupted."""
    if prepared.away is not None:
        listeners.say(prepared.away.describe())
    methods = choose_methods(plan, prepared, model, data.normalization, folder, accelerator.device)
    threads = open_thread_choice(accelerator, plan.options.compile, listeners.say)
    methods = replace(methods, budget=open_budget(plan.engine.budget_minutes, begun, prepared, threads))
    trainer = Trainer(
        accelerator=accelerator,
        model=model,
        data=data,
        optimizer=plan.optimizer.build(model),
        options=plan.options,
        methods=methods,
        say=listeners.say,
    )
    identity = {**plan.identity, "processes": str(accelerator.num_processes)}
    fit = trainer.run(Checkpoints(folder / run_folder.CHECKPOINT, identity), listeners.on_step, listeners.on_epoch)
    accelerator.unwrap_model(model, keep_fp32_wrapper=False)  # or it would be measured and calibrated under autocast
    return fit, trainer.position.used_seconds


def _describe_training(
    plan: TrainingPlan, pictures: int, model: PreTrainedModel, accelerator: Accelerator
) -> dict[str, Any]:
    precision = accelerator.mixed_precision
    return {
        "backbone": plan.model.backbone,
        "trainable_part": plan.model.trainable_part,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "trainable_parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "pictures": pictures,
        "precision": "fp32" if precision == "no" else precision,
        "device": describe_device(accelerator.device),
        "processes": accelerator.num_processes,
        "seed": plan.options.seed,
        "epochs_planned": plan.options.epochs,
        "learning_rate": plan.optimizer.learning_rate,
        "augmentation": plan.augmentation.is_on,
    }


def _summarize(fit: Fit, batch_size: int, seconds: float) -> dict[str, Any]:
    waits = [record.data_wait_share for record in fit.history]
    return {
        "batch_size": batch_size,
        "data_wait_share": statistics.median(waits),
        "out_of_time": fit.out_of_time,
        "seconds": seconds,
        "epochs": len(fit.history),
        "stopped_early": fit.stopped_early,
        "images_per_second": statistics.harmonic_mean(record.images_per_second for record in fit.history),
    }
