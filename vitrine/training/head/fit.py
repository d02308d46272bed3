"""Head-only training of a recipe on features that are computed once: when it can be done, and doing it."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from accelerate import Accelerator
from transformers import PreTrainedModel

from vitrine.config.recipe import Recipe
from vitrine.data.augmentation.augment import augment, draw_numbers
from vitrine.data.augmentation.policies import Policy
from vitrine.data.images.preprocessing import Preparation
from vitrine.data.manifest.split import TRAIN, VALIDATION
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.errors import UserError
from vitrine.models.backbones.build import place
from vitrine.models.backbones.normalization import Normalization
from vitrine.models.backbones.outputs import measure_head_input
from vitrine.records import folder as run_folder
from vitrine.training.build import build_recipe_loss, plan_recipe_schedule
from vitrine.training.head.features import FEATURES, HeadInputs, ViewOptions, compute_head_inputs, fits_in_memory
from vitrine.training.head.trainer import HeadOptions, fit_head_on_features
from vitrine.training.loop.progress import EpochRecord, Fit
from vitrine.training.machine.devices import choose_workers
from vitrine.training.optim.optimizer import build_optimizer


def choose_views(recipe: Recipe, prepared: PreparedDataset, model: PreTrainedModel) -> int:
    """In how many views the head's features are computed once; 0 where every epoch computes them.

    Raises:
        UserError: the recipe asks for cached features, and they cannot be had.
    """
    if recipe.model.trainable_part != "head" or recipe.model.cache_features == "off":
        return 0
    views = min(recipe.model.feature_views, recipe.optim.epochs)
    reason = _what_hinders(recipe, prepared, model, views)
    if reason is None:
        return views
    if recipe.model.cache_features == "on" or views > 1:
        raise UserError(f"model.cache_features: {reason}. Set model.cache_features=off and model.feature_views=1")
    return 0


def _what_hinders(recipe: Recipe, prepared: PreparedDataset, model: PreTrainedModel, views: int) -> str | None:
    width = measure_head_input(model, recipe.data.image_size)
    if width is None:
        return "the head of this network does not start from one vector per picture"
    sizes = [len(prepared.splits[name]) for name in (TRAIN, VALIDATION)]
    if not fits_in_memory(width, views, *sizes):
        return f"{views} x {sizes[0]:,} pictures of {width:,} numbers each take more than 4 GiB of memory"
    augmentation = recipe.augmentation
    if augmentation.mixup > 0 or augmentation.cutmix > 0:
        return "mixup and CutMix need the pictures themselves in every epoch"
    if recipe.imbalance.method == "balanced_sampler" or recipe.optim.ema_decay > 0:
        return "a balanced sampler and an average of the weights are for the ordinary training"
    return None


def _describe_change(recipe: Recipe) -> dict[str, object]:
    """What augmented views depend on; the plain pictures are the same for every seed and policy."""
    return {"seed": recipe.engine.seed, **recipe.augmentation.model_dump(mode="json")}


def fit_cached_head(
    recipe: Recipe,
    prepared: PreparedDataset,
    accelerator: Accelerator,
    model: PreTrainedModel,
    normalization: Normalization,
    views: int,
    folder: Path,
    on_features: Callable[[int, int], None],
    on_epoch: Callable[[EpochRecord], None],
) -> tuple[Fit, HeadInputs]:
    """Computes what the head receives and trains it; the whole batch of a step is on every device."""
    optim, engine = recipe.optim, recipe.engine
    policy = Policy.from_section(recipe.augmentation) if views > 1 else Policy()

    def change(pixels: torch.Tensor, view: int, rows: Sequence[int]) -> torch.Tensor:
        return augment(pixels, draw_numbers(engine.seed, view, rows), policy, side=recipe.data.image_size)

    precision = accelerator.mixed_precision
    options = ViewOptions(
        count=views,
        change=change,
        recipe={"backbone": recipe.model.backbone} | (_describe_change(recipe) if views > 1 else {}),
        precision="fp32" if precision == "no" else precision,
        whitens=Preparation.from_section(recipe.preparation).whitens,
        workers=choose_workers(engine.workers, accelerator.device),
    )
    model = place(model, accelerator.device)
    train, validation = prepared.splits[TRAIN], prepared.splits[VALIDATION]
    store = folder / run_folder.CHECKPOINT / FEATURES
    inputs = compute_head_inputs(model, normalization, train, validation, options, store, on_features)
    batch_size = 32 if optim.batch_size == "auto" else optim.batch_size
    batch_size *= optim.accumulate * accelerator.num_processes
    optimizer = build_optimizer(model, optim.name, optim.learning_rate, optim.weight_decay, optim.momentum)
    steps = optim.epochs * math.ceil(len(train) / batch_size)
    fit = fit_head_on_features(
        model,
        inputs,
        optimizer,
        plan_recipe_schedule(recipe, optimizer, steps),
        HeadOptions(
            epochs=optim.epochs,
            seed=engine.seed,
            batch_size=batch_size,
            max_gradient_norm=optim.max_gradient_norm,
            patience=recipe.patience,
            min_delta=recipe.early_stopping.min_delta,
            monitor=recipe.early_stopping.monitor,
        ),
        build_recipe_loss(recipe, prepared, accelerator.device),
        on_epoch,
    )
    return fit, inputs
