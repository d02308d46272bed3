"""Head-only training on features that are computed once: when it can be done, and doing it."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from accelerate import Accelerator
from transformers import PreTrainedModel

from vitrine.data.augmentation.augment import augment, draw_numbers
from vitrine.data.augmentation.policies import Policy
from vitrine.errors import UserError
from vitrine.models.backbones.build import place
from vitrine.models.backbones.outputs import measure_head_input
from vitrine.training.head.features import HeadInputs, ViewOptions, compute_head_inputs, fits_in_memory
from vitrine.training.head.trainer import HeadOptions, fit_head_on_features
from vitrine.training.loop.methods import TrainingData
from vitrine.training.loop.progress import Fit, Listeners
from vitrine.training.optim.optimizer import Schedule
from vitrine.training.plan import TrainingPlan


def choose_views(plan: TrainingPlan, data: TrainingData, model: PreTrainedModel) -> int:
    """In how many views the head's features are computed once; 0 where every epoch computes them.

    Args:
        plan: of the training.
        data: its pictures.
        model: the network.

    Raises:
        UserError: cached features are asked for, and they cannot be had.
    """
    if plan.cache.mode == "off":
        return 0
    reason = _what_hinders(plan, data, model)
    if reason is None:
        return plan.cache.views
    if plan.cache.mode == "on" or plan.cache.views > 1:
        raise UserError(f"model.cache_features: {reason}. Set model.cache_features=off and model.feature_views=1")
    return 0


def _what_hinders(plan: TrainingPlan, data: TrainingData, model: PreTrainedModel) -> str | None:
    width, views = measure_head_input(model, plan.model.image_size), plan.cache.views
    if width is None:
        return "the head of this network does not start from one vector per picture"
    pictures = len(data.train)
    if not fits_in_memory(width, views, pictures, len(data.validation)):
        return f"{views} x {pictures:,} pictures of {width:,} numbers each take more than 4 GiB of memory"
    mixing = plan.augmentation.mixing
    if mixing.mixup > 0 or mixing.cutmix > 0:
        return "mixup and CutMix need the pictures themselves in every epoch"
    if plan.loss.method == "balanced_sampler" or plan.ema_decay > 0:
        return "a balanced sampler and an average of the weights are for the ordinary training"
    return None


def fit_cached_head(
    plan: TrainingPlan,
    data: TrainingData,
    accelerator: Accelerator,
    model: PreTrainedModel,
    views: int,
    store: Path,
    listeners: Listeners,
) -> tuple[Fit, HeadInputs]:
    """Computes what the head receives and trains it; the whole batch of a step is on every device.

    Args:
        plan: of the training, its loader processes chosen.
        data: its pictures.
        accelerator: device, processes and precision.
        model: whose head is trained.
        views: of each training picture, from `choose_views`.
        store: folder that keeps the features for a resumed run.
        listeners: told of features and epochs.

    Returns:
        What the epochs gave, and the features.
    """
    model = place(model, accelerator.device)
    inputs = compute_head_inputs(
        model,
        data.normalization,
        data.train,
        data.validation,
        _choose_view_options(plan, accelerator, views),
        store,
        listeners.on_features,
    )
    options = plan.options
    batch_size = options.batch_size * options.accumulate * accelerator.num_processes
    # The head is one stage: there is none behind it whose rate it could have a share of.
    optimizer = replace(plan.optimizer, layer_decay=1.0).build(model)
    steps = options.epochs * math.ceil(len(data.train) / batch_size)
    fit = fit_head_on_features(
        model,
        inputs,
        optimizer,
        Schedule(optimizer, plan.schedule, steps),
        HeadOptions(
            epochs=options.epochs,
            seed=options.seed,
            batch_size=batch_size,
            max_gradient_norm=options.max_gradient_norm,
            patience=options.patience,
            min_delta=options.min_delta,
            monitor=options.monitor,
        ),
        plan.loss.build(accelerator.device),
        listeners.on_epoch,
    )
    return fit, inputs


def _choose_view_options(plan: TrainingPlan, accelerator: Accelerator, views: int) -> ViewOptions:
    seed, side = plan.options.seed, plan.model.image_size
    policy = plan.augmentation.policy if views > 1 else Policy()

    def change(pixels: torch.Tensor, view: int, rows: Sequence[int]) -> torch.Tensor:
        return augment(pixels, draw_numbers(seed, view, rows), policy, side=side)

    precision = accelerator.mixed_precision
    # What augmented views depend on; the plain pictures are the same for every seed and policy.
    augmented = {"seed": seed, **plan.augmentation.settings} if views > 1 else {}
    return ViewOptions(
        count=views,
        change=change,
        recipe={"backbone": plan.model.backbone, **augmented},
        precision="fp32" if precision == "no" else precision,
        whitens=plan.options.whitens,
        workers=plan.options.workers,
    )
