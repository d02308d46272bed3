"""From a recipe to a run folder: prepared data set, network, training, model folder, final evaluation."""

import itertools
import json
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
from accelerate import Accelerator, PartialState
from accelerate.state import AcceleratorState
from accelerate.utils import ProjectConfiguration
from PIL import Image
from transformers import PreTrainedModel

import vitrine
from vitrine.config.loading import dump_recipe
from vitrine.config.schema import SMALL_CNN, Recipe
from vitrine.data.facts import Settings
from vitrine.data.loaders import build_evaluation_loader, build_training_loader
from vitrine.data.preparation import Preparation
from vitrine.data.prepared import PreparedDataset, display_picture, open_prepared
from vitrine.data.split import TEST, TRAIN, VALIDATION
from vitrine.errors import UserError
from vitrine.models.backbones import CENTRED, Normalisation, build_backbone, build_small_cnn, freeze_backbone, place
from vitrine.models.model_folder import ModelMetadata, build_processor, save_examples, save_metadata, save_model
from vitrine.records import run_folder
from vitrine.records.atomic import new_folder, write_text
from vitrine.records.environment import describe_environment, now
from vitrine.training.devices import choose_precision, choose_workers, describe_device, keep_freed_memory
from vitrine.training.final_evaluation import evaluate_on_test
from vitrine.training.loop import EpochRecord, Fit, StepReport, Trainer, TrainingOptions
from vitrine.training.optimisation import build_optimizer, build_schedule
from vitrine.training.seeding import seed_everything

EXAMPLES = 12
EXAMPLE_SIDE = 256


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


def run_training(
    recipe: Recipe,
    folder: Path,
    on_start: Callable[[dict[str, Any]], None] = lambda _: None,
    on_step: Callable[[StepReport], None] = lambda _: None,
    on_epoch: Callable[[EpochRecord], None] = lambda _: None,
) -> dict[str, Any]:
    """Trains, evaluates and fills an unfinished run folder (all but the report).

    Args:
        recipe: the resolved recipe.
        folder: the run folder; holds a checkpoint where an interrupted run goes on.
        on_start: told the key facts before the first step.
        on_step: told the state after each step.
        on_epoch: told the record of each epoch.

    Returns:
        The content of `metrics.json`.
    """
    started = now()
    prepared, recipe = open_matching_data(recipe)
    accelerator = _build_accelerator(recipe, folder)
    if accelerator.device.type == "cpu":
        keep_freed_memory()
    model, normalisation = _build_model(recipe, prepared.label_names)
    facts = _describe_training(recipe, prepared, model, accelerator)
    write_text(folder / run_folder.RECIPE, dump_recipe(recipe))
    on_start(facts)
    start = time.perf_counter()
    fit = _fit(recipe, prepared, accelerator, model, normalisation, folder, on_step, on_epoch)
    facts |= _summarise(fit, time.perf_counter() - start)
    history = pd.DataFrame([asdict(record) for record in fit.history])
    history.to_csv(folder / run_folder.HISTORY, index=False)
    metrics = _save_and_evaluate(recipe, prepared, accelerator.unwrap_model(model), normalisation, folder)
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


def _build_accelerator(recipe: Recipe, folder: Path) -> Accelerator:
    AcceleratorState._reset_state()  # process-wide; a second run in one process may ask for another precision
    precision = choose_precision(recipe.engine.precision, PartialState().device)
    return Accelerator(
        mixed_precision="no" if precision == "fp32" else precision,
        log_with=None if recipe.engine.tracker == "none" else recipe.engine.tracker,
        project_config=ProjectConfiguration(project_dir=str(folder), logging_dir=str(folder)),
        step_scheduler_with_optimizer=False,
    )


def _build_model(recipe: Recipe, label_names: tuple[str, ...]) -> tuple[PreTrainedModel, Normalisation]:
    seed_everything(recipe.engine.seed)
    if recipe.model.backbone == SMALL_CNN:
        shape = recipe.model.small_cnn.model_dump()
        model = build_small_cnn(label_names, image_size=recipe.data.image_size, **shape)
        normalisation = CENTRED
    else:
        model, normalisation = build_backbone(recipe.model.backbone, label_names)
    if recipe.model.trainable_part == "head":
        freeze_backbone(model)
    return place(model, "cpu"), normalisation


def _fit(
    recipe: Recipe,
    prepared: PreparedDataset,
    accelerator: Accelerator,
    model: PreTrainedModel,
    normalisation: Normalisation,
    folder: Path,
    on_step: Callable[[StepReport], None],
    on_epoch: Callable[[EpochRecord], None],
) -> Fit:
    optim, engine = recipe.optim, recipe.engine
    workers = choose_workers(engine.workers, accelerator.device)
    train_loader = build_training_loader(prepared.splits[TRAIN], optim.batch_size, engine.seed, workers)
    validation_loader = build_evaluation_loader(prepared.splits[VALIDATION], optim.batch_size, workers)
    optimizer = build_optimizer(model, optim.name, optim.learning_rate, optim.weight_decay, optim.momentum)
    steps = optim.epochs * math.ceil(len(train_loader) / accelerator.num_processes)
    options = TrainingOptions(
        epochs=optim.epochs,
        seed=engine.seed,
        head_only=recipe.model.trainable_part == "head",
        policy=recipe.augmentation.policy,
        horizontal_flip=recipe.augmentation.horizontal_flip,
        label_smoothing=optim.label_smoothing,
        max_gradient_norm=optim.max_gradient_norm,
        patience=recipe.early_stopping.patience,
        min_delta=recipe.early_stopping.min_delta,
        whitens=Preparation.from_section(recipe.preparation).whitens,
        image_size=recipe.data.image_size,
    )
    trainer = Trainer(
        accelerator,
        model,
        normalisation,
        train_loader,
        validation_loader,
        optimizer,
        build_schedule(optimizer, steps, optim.warmup_fraction),
        options,
    )
    accelerator.init_trackers(run_folder.TENSORBOARD)

    def log(record: EpochRecord) -> None:
        accelerator.log({key: value for key, value in asdict(record).items() if key != "epoch"}, step=record.epoch)
        on_epoch(record)

    fit = trainer.run(folder / run_folder.CHECKPOINT, on_step, log)
    accelerator.end_training()
    return fit


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
        "seed": recipe.engine.seed,
        "epochs_planned": recipe.optim.epochs,
    }


def _summarise(fit: Fit, seconds: float) -> dict[str, Any]:
    speeds = [record.images_per_second for record in fit.history]
    return {
        "seconds": seconds,
        "epochs": len(fit.history),
        "stopped_early": fit.stopped_early,
        "images_per_second": statistics.median(speeds),
    }


def _save_and_evaluate(
    recipe: Recipe, prepared: PreparedDataset, model: PreTrainedModel, normalisation: Normalisation, folder: Path
) -> dict[str, Any]:
    """Writes the model folder, measures it on the test split as others would load it, and writes what was measured."""
    model_folder = folder / run_folder.MODEL
    device = model.device
    preparation = Preparation.from_section(prepared.facts.settings.preparation)
    with new_folder(model_folder, replace=True) as temporary:
        save_model(temporary, model, build_processor(prepared.facts.image_size, normalisation, preparation))
        test, predictions = evaluate_on_test(temporary, prepared, recipe.report.top_k, recipe.optim.batch_size, device)
        pictures = _choose_examples(prepared, preparation.keeps_the_view)
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


def _choose_examples(prepared: PreparedDataset, in_own_proportions: bool) -> list[tuple[Image.Image, str]]:
    """The first test pictures of every class in turn; right or wrong answers play no part in the choice.

    They are the stored squares where their own proportions would not bring the original back.
    """
    split = prepared.splits[TEST]
    rows_of: dict[int, list[int]] = {}
    for row, label_id in enumerate(split["label"]):
        rows_of.setdefault(label_id, []).append(row)
    in_turn = [row for rows in itertools.zip_longest(*(rows_of[key] for key in sorted(rows_of))) for row in rows]
    chosen = [row for row in in_turn if row is not None][:EXAMPLES]
    rows = [split[row] for row in sorted(chosen, key=lambda row: (split[row]["label"], row))]
    return [
        (
            display_picture(row, EXAMPLE_SIDE) if in_own_proportions else row["image"],
            prepared.label_names[row["label"]],
        )
        for row in rows
    ]
