"""From a recipe's words to the parts of a training; beside run.py the only module here that sees recipes."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from torch.optim import Optimizer
from transformers import PreTrainedModel

from vitrine.config.aliases import first_names
from vitrine.config.recipe import Recipe
from vitrine.data.augmentation.augment import augment, draw_numbers
from vitrine.data.augmentation.mixing import Mixing, mix, mixing_numbers
from vitrine.data.augmentation.policies import Policy
from vitrine.data.images.preprocessing import Preparation
from vitrine.data.loading.balanced_sampler import BalancedSampler
from vitrine.data.loading.shard_batches import ShardBatches, find_shards
from vitrine.data.manifest.split import SPLITS, TEST, TRAIN, VALIDATION
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.models.backbones.build import place
from vitrine.models.backbones.normalization import Normalization
from vitrine.models.backbones.stages import set_trainable
from vitrine.models.calibration.ood import MOST_ROWS
from vitrine.models.folder import build_processor, save_model
from vitrine.records import folder as run_folder
from vitrine.records.atomic import new_folder, write_text
from vitrine.training.loop.budget import Budget
from vitrine.training.loop.methods import Methods, TrainingOptions
from vitrine.training.machine.devices import choose_workers
from vitrine.training.machine.memory import choose_batch_size
from vitrine.training.machine.processes import as_main_says
from vitrine.training.machine.trackers import flatten
from vitrine.training.optim.losses import Loss, build_loss
from vitrine.training.optim.optimizer import Schedule, SchedulePlan, build_schedule
from vitrine.training.optim.weight_average import WeightAverage

# What does not change the numbers of a training, or only where it ends: a checkpoint may be taken up with other ones.
FREE_SETTINGS = {
    *("name", "data.source", "data.prepared", "early_stopping.top", "engine.tracker", "engine.workers"),
    *("engine.checkpoint_minutes", "engine.budget_minutes", "engine.memory_gb"),
    *("report.top_k", "report.precision", "report.study", "report.language"),
}


def choose_options(recipe: Recipe, batch_size: int, accelerator: Accelerator) -> TrainingOptions:
    """What the loop is told."""
    optim, engine = recipe.optim, recipe.engine
    return TrainingOptions(
        epochs=optim.epochs,
        seed=engine.seed,
        batch_size=batch_size,
        accumulate=optim.accumulate,
        max_gradient_norm=optim.max_gradient_norm,
        monitor=recipe.early_stopping.monitor,
        patience=recipe.patience,
        min_delta=recipe.early_stopping.min_delta,
        top=recipe.early_stopping.top,
        whitens=Preparation.from_section(recipe.preparation).whitens,
        workers=choose_workers(engine.workers, accelerator.device),
        checkpoint_minutes=engine.checkpoint_minutes,
        compile=engine.compile,
        sync_batch_norm=engine.sync_batch_norm,
    )


def choose_methods(
    recipe: Recipe,
    prepared: PreparedDataset,
    model: PreTrainedModel,
    normalization: Normalization,
    folder: Path,
    device: torch.device,
) -> Methods:
    """Loss, augmentation, what is trained when, and what is kept, as the recipe says."""
    seed, side, shape = recipe.engine.seed, recipe.training_side, recipe.model
    policy, mixing = Policy.from_section(recipe.augmentation), Mixing.from_section(recipe.augmentation)
    num_labels, decay = len(prepared.label_names), recipe.optim.ema_decay
    balanced = recipe.imbalance.method == "balanced_sampler"
    preparation = Preparation.from_section(prepared.facts.settings.preparation)
    kept = folder / run_folder.CHECKPOINTS

    def change(pixels: torch.Tensor, indices: torch.Tensor, epoch: int) -> torch.Tensor:
        return augment(pixels, draw_numbers(seed, epoch, indices.tolist()), policy, side=side)

    def mix_pictures(
        pixels: torch.Tensor, label_ids: torch.Tensor, indices: torch.Tensor, epoch: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        return mix(pixels, label_ids, num_labels, mixing, mixing_numbers(seed, epoch, int(indices[0])))

    def choose_trained(epoch: int) -> None:
        part = "head" if epoch < shape.frozen_epochs else shape.trainable_part
        set_trainable(model, part, shape.last_stages)

    def keep(epoch: int) -> None:
        with new_folder(kept / f"epoch_{epoch:03d}", replace=True) as temporary:
            save_model(temporary, model, build_processor(prepared.facts.image_size, normalization, preparation))

    return Methods(
        loss=build_recipe_loss(recipe, prepared, device),
        augment=change,
        mix=mix_pictures if mixing.is_on else None,
        batches=_own_shards(recipe, prepared) if recipe.engine.reading == "shards" else None,
        sampler=BalancedSampler(prepared.splits[TRAIN]["label"], seed) if balanced else None,
        average=partial(WeightAverage, decay=decay) if decay > 0 else None,
        on_epoch_start=choose_trained if shape.frozen_epochs else None,
        keep_epoch=keep,
        drop_epoch=lambda epoch: shutil.rmtree(kept / f"epoch_{epoch:03d}", ignore_errors=True),
    )


def _own_shards(recipe: Recipe, prepared: PreparedDataset) -> Callable[[int, int, int], ShardBatches]:
    shards = find_shards(prepared.folder, TRAIN, prepared.splits[TRAIN]["file"])

    def deal(step_size: int, processes: int, process: int) -> ShardBatches:
        return ShardBatches(shards, step_size, recipe.engine.seed, processes, process)

    return deal


def build_recipe_loss(recipe: Recipe, prepared: PreparedDataset, device: torch.device) -> Loss:
    """The training loss, by what is done about classes of unequal size."""
    imbalance, num_labels = recipe.imbalance, len(prepared.label_names)
    counts = np.bincount(prepared.splits[TRAIN]["label"], minlength=num_labels).tolist()
    smoothing = recipe.optim.label_smoothing
    return build_loss(imbalance.method, counts, smoothing, imbalance.focal_gamma, imbalance.tau, device)


def plan_recipe_schedule(recipe: Recipe, optimizer: Optimizer, steps: int) -> Schedule:
    """The course of the learning rate over so many optimiser steps."""
    optim = recipe.optim
    plan = SchedulePlan(
        optim.schedule,
        optim.epochs,
        recipe.model.frozen_epochs,
        optim.warmup_fraction,
        optim.step_epochs,
        optim.step_factor,
        optim.plateau_patience,
        optim.plateau_factor,
    )
    return build_schedule(optimizer, steps, optim.warmup_fraction, plan)


def choose_batch(
    recipe: Recipe,
    prepared: PreparedDataset,
    accelerator: Accelerator,
    model: PreTrainedModel,
    folder: Path,
    say: Callable[[str], None],
) -> int:
    """The recipe's, or the largest that fits; that is chosen once in a run, whatever is free after a resume."""
    if recipe.optim.batch_size != "auto":
        return recipe.optim.batch_size
    chosen = folder / run_folder.CHECKPOINT / "batch_size.txt"
    size = int(chosen.read_text()) if chosen.exists() else None
    if size is None:
        size = choose_batch_size(
            place(model, accelerator.device),
            max(recipe.training_side, recipe.data.image_size),
            len(prepared.splits[TRAIN]) // accelerator.num_processes,
            accelerator.device,
            recipe.engine.memory_gb,
            accelerator.autocast,
        )
        size = as_main_says(accelerator, size)
        say(f"batch size: {size} pictures, the largest that fits and leaves some steps in an epoch")
        if accelerator.is_main_process:
            chosen.parent.mkdir(exist_ok=True)
            write_text(chosen, str(size))
    return size


def open_budget(minutes: float, begun: float, prepared: PreparedDataset) -> Budget:
    """The time budget of a run that began at `time.monotonic()` = `begun`."""
    validation, test = len(prepared.splits[VALIDATION]), sum(prepared.facts.counts[TEST].values())
    # The final evaluation looks at validation pictures and a sample of the training pictures too.
    looked_at = test + validation + min(len(prepared.splits[TRAIN]), MOST_ROWS)
    return Budget(60 * minutes, begun, validation, looked_at)


def identify(recipe: Recipe, prepared: PreparedDataset, accelerator: Accelerator) -> dict[str, str]:
    """What a training is made of; its checkpoints fit no other one."""
    settings = {name: str(value) for name, value in first_names(flatten(recipe.model_dump(mode="json"))).items()}
    pictures = {f"pictures for {split}": str(len(prepared.splits[split])) for split in SPLITS if split != TEST}
    return {
        **{name: value for name, value in settings.items() if name not in FREE_SETTINGS},
        **pictures,
        "classes": ", ".join(prepared.label_names),
        "processes": str(accelerator.num_processes),
    }
