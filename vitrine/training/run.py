"""From a recipe to a run folder: prepared data set, network, training, model folder, final evaluation."""

import json
import statistics
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from accelerate import Accelerator
from transformers import PreTrainedModel

import vitrine
from vitrine.config.loading import dump_recipe
from vitrine.config.model import SMALL_CNN
from vitrine.config.schema import Recipe
from vitrine.data.facts import Settings
from vitrine.data.preparation import Preparation
from vitrine.data.prepared import PreparedDataset, open_prepared
from vitrine.data.split import TRAIN, VALIDATION
from vitrine.errors import UserError
from vitrine.models.backbones import build_backbone, build_small_cnn, place
from vitrine.models.heads import Head
from vitrine.models.input_checks import check_enough_pictures, check_image_size
from vitrine.models.model_folder import ModelMetadata, build_processor, save_examples, save_metadata, save_model
from vitrine.models.normalisation import CENTRED, Normalisation
from vitrine.models.stages import set_trainable
from vitrine.records import run_folder
from vitrine.records.atomic import new_folder, write_text
from vitrine.records.environment import describe_environment, now
from vitrine.training.cached_head import choose_views, fit_cached_head
from vitrine.training.checkpoints import Checkpoints
from vitrine.training.devices import (
    build_accelerator,
    describe_device,
    keep_freed_memory,
    open_processes,
)
from vitrine.training.examples import choose_examples
from vitrine.training.final_evaluation import evaluate_on_test
from vitrine.training.loop import Trainer
from vitrine.training.memory import memory_cap
from vitrine.training.optimisation import build_optimizer
from vitrine.training.processes import as_main_says
from vitrine.training.progress import EpochRecord, Fit, Listeners
from vitrine.training.seeding import seed_everything
from vitrine.training.setup import (
    choose_batch,
    choose_methods,
    choose_options,
    identify,
    open_budget,
    plan_recipe_schedule,
)
from vitrine.training.trackers import check_tracker, flatten


def open_matching_data(recipe: Recipe) -> tuple[PreparedDataset, Recipe]:
    """Opens the prepared data set and makes sure that it was made with the recipe's settings.

    Returns:
        The data set, and the recipe with the source that the data set was made from, which need not be repeated.

    Raises:
        UserError: there is none, or it was made with other settings; the message lists them.
    """
    folder = recipe.prepared_folder
    prepared = open_prepared(folder, recipe.data.fold)
    stored = prepared.facts.settings.content()
    recipe = recipe.model_copy(update={"data": recipe.data.model_copy(update={"source": stored["data.source"]})})
    wanted = Settings(
        data=recipe.data, labels=recipe.labels, checks=recipe.checks, preparation=recipe.preparation
    ).content()
    different = [f"{name} is {wanted[name]}, not {stored[name]}" for name in stored if wanted[name] != stored[name]]
    if different:
        raise UserError(
            f"{folder} was prepared with other settings ({'; '.join(different)}). "
            "Run data_prep.py with this recipe again"
        )
    return prepared, recipe


def is_main_process() -> bool:
    """Whether this process is the only one, or the one of several that writes and prints."""
    return bool(open_processes().is_main_process)


def open_run(runs: Path, name: str) -> Path:
    """Makes a new run folder, the same one for all processes of a training."""
    folder = run_folder.start_run(runs, name) if is_main_process() else runs
    return as_main_says(open_processes(), folder)


def run_training(
    recipe: Recipe, folder: Path, listeners: Listeners | None = None, begun: float | None = None
) -> dict[str, Any]:
    """Trains, evaluates and fills an unfinished run folder (all but the report).

    Args:
        recipe: the resolved recipe.
        folder: the run folder; holds checkpoints where an interrupted run goes on.
        listeners: told how it goes.
        begun: `time.monotonic()` from which a time budget counts; None: from now.

    Returns:
        The content of `metrics.json`; nothing in processes other than the main one, which evaluates alone.

    Raises:
        KeyboardInterrupt: Ctrl-C or SIGTERM came; the training goes on from there with the same folder.
    """
    started, begun = now(), time.monotonic() if begun is None else begun
    listeners = listeners or Listeners()
    check_tracker(recipe.engine.tracker)
    prepared, recipe = open_matching_data(recipe)
    accelerator = build_accelerator(recipe.engine.precision, recipe.engine.tracker, folder)
    if accelerator.device.type == "cpu":
        keep_freed_memory()
    check_enough_pictures(len(prepared.label_names), len(prepared.splits[TRAIN]))
    model, normalisation = build_model(recipe, prepared.label_names)
    views = choose_views(recipe, prepared, model)
    facts = _describe_training(recipe, prepared, model, accelerator) | {"feature_views": views}
    if accelerator.is_main_process:
        write_text(folder / run_folder.RECIPE, dump_recipe(recipe))
    listeners.on_start(facts)
    start = time.perf_counter()
    with memory_cap(recipe.engine.memory_gb, accelerator.device):
        fit, batch_size = _fit(recipe, prepared, accelerator, model, normalisation, folder, listeners, begun, views)
    if not accelerator.is_main_process:
        return {}
    facts |= _summarise(fit, batch_size, time.perf_counter() - start)
    history = pd.DataFrame([asdict(record) for record in fit.history])
    history.to_csv(folder / run_folder.HISTORY, index=False)
    metrics = _save_and_evaluate(recipe, prepared, model, normalisation, folder, batch_size)
    best = fit.best
    metrics |= {
        "validation": {
            "pictures": len(prepared.splits[VALIDATION]),
            "accuracy": best.validation_accuracy,
            "loss": best.validation_loss,
            "best_epoch": fit.best_epoch,
        },
        "training": facts,
    }
    write_text(folder / run_folder.METRICS, json.dumps(metrics, indent=2, ensure_ascii=False))
    environment = describe_environment(facts["device"]) | {"started": started, "finished": now()}
    write_text(folder / run_folder.ENVIRONMENT, json.dumps(environment, indent=2, ensure_ascii=False))
    return metrics


def build_model(recipe: Recipe, label_names: tuple[str, ...]) -> tuple[PreTrainedModel, Normalisation]:
    """The recipe's network for these labels, its parameters chosen; and the colours that it expects."""
    seed_everything(recipe.engine.seed)
    if recipe.model.backbone == SMALL_CNN:
        shape = recipe.model.small_cnn.model_dump()
        model = build_small_cnn(label_names, image_size=recipe.data.image_size, **shape)
        normalisation = CENTRED
    else:
        chosen = recipe.model
        model, normalisation = build_backbone(
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
    return place(model, "cpu"), normalisation


def _fit(
    recipe: Recipe,
    prepared: PreparedDataset,
    accelerator: Accelerator,
    model: PreTrainedModel,
    normalisation: Normalisation,
    folder: Path,
    listeners: Listeners,
    begun: float,
    views: int,
) -> tuple[Fit, int]:
    """Returns what the training gave, and the pictures of a batch on each device."""
    optim, engine = recipe.optim, recipe.engine
    in_folder = engine.tracker == "tensorboard"
    accelerator.init_trackers(
        run_folder.TENSORBOARD if in_folder else recipe.name, flatten(recipe.model_dump(mode="json"))
    )

    def log(record: EpochRecord) -> None:
        accelerator.log({key: value for key, value in asdict(record).items() if key != "epoch"}, step=record.epoch)
        listeners.on_epoch(record)

    if views:
        fit = fit_cached_head(
            *(recipe, prepared, accelerator, model, normalisation, views, folder, listeners.on_features, log)
        )
        accelerator.end_training()
        return fit, 32 if optim.batch_size == "auto" else optim.batch_size
    batch_size = choose_batch(recipe, prepared, accelerator, model, folder, listeners.say)
    optimizer = build_optimizer(
        model, optim.name, optim.learning_rate, optim.weight_decay, optim.momentum, optim.layer_decay
    )
    options = choose_options(recipe, batch_size, accelerator)
    trainer = Trainer(
        *(accelerator, model, normalisation, prepared.splits[TRAIN], prepared.splits[VALIDATION]),
        *(optimizer, partial(plan_recipe_schedule, recipe, optimizer), options),
        methods=choose_methods(recipe, prepared, model, normalisation, folder, accelerator.device),
        budget=None if engine.budget_minutes is None else open_budget(engine.budget_minutes, begun, prepared),
        say=listeners.say,
    )
    identity = identify(recipe, prepared, accelerator)
    fit = trainer.run(Checkpoints(folder / run_folder.CHECKPOINT, identity), listeners.on_step, log)
    accelerator.end_training()
    return fit, batch_size


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


def _summarise(fit: Fit, batch_size: int, seconds: float) -> dict[str, Any]:
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


def _save_and_evaluate(
    recipe: Recipe,
    prepared: PreparedDataset,
    model: PreTrainedModel,
    normalisation: Normalisation,
    folder: Path,
    batch_size: int,
) -> dict[str, Any]:
    """Writes the model folder, measures it on the test split as others would load it, and writes what was measured."""
    model_folder = folder / run_folder.MODEL
    device = model.device
    preparation = Preparation.from_section(prepared.facts.settings.preparation)
    with new_folder(model_folder, replace=True) as temporary:
        save_model(temporary, model, build_processor(prepared.facts.image_size, normalisation, preparation))
        test, predictions = evaluate_on_test(temporary, prepared, recipe.report.top_k, batch_size, device)
        pictures = choose_examples(prepared, preparation.keeps_the_view)
        examples = save_examples(temporary, pictures, prepared=not preparation.keeps_the_view)
        metadata = ModelMetadata(
            vitrine_version=vitrine.__version__,
            name=recipe.name,
            created=now(),
            backbone=recipe.model.backbone,
            label_names=list(prepared.label_names),
            image_size=prepared.facts.image_size,
            training_pictures=len(prepared.splits[TRAIN]),
            test_pictures=test["pictures"],
            test_accuracy=test["accuracy"],
            test_accuracy_interval=test["accuracy_interval"],
            test_macro_f1=test["macro_f1"],
            examples=examples,
            recipe=recipe.model_dump(mode="json"),
        )
        save_metadata(temporary, metadata)
    predictions.to_csv(folder / run_folder.PREDICTIONS, index=False)
    return {"test": test}
