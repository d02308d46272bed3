"""Head-only training on features that are computed once: when it can be done, and doing it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from accelerate import Accelerator
from torch import nn
from torch.optim import Optimizer
from transformers import PreTrainedModel

from vitrine.config.identity import DATASET_VERSION
from vitrine.data.augmentation.augment import augment, draw_numbers
from vitrine.data.augmentation.policies import Policy
from vitrine.errors import UserError
from vitrine.models.backbones.build import head_modules, place
from vitrine.models.backbones.outputs import measure_head_input
from vitrine.models.heads import name_head_input
from vitrine.training.head.features import HeadInputs, Numbers, ViewOptions, compute_head_inputs, fits_in_memory
from vitrine.training.head.out_of_fold import (
    UnseenAnswers,
    answer_out_of_fold,
    apply_head,
    enough_validation,
    join_labeled,
)
from vitrine.training.head.trainer import HeadOptions, fit_head_on_features, repeat_fit
from vitrine.training.loop.methods import TrainingData
from vitrine.training.loop.progress import EpochRecord, Fit, Listeners, copy_weights
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
    if plan.engine.reading == "streamed":
        return "with engine.reading=streamed the pictures are looked at in every epoch"
    mixing = plan.augmentation.mixing
    if mixing.mixup > 0 or mixing.cutmix > 0:
        return "mixup and CutMix need the pictures themselves in every epoch"
    if plan.loss.method == "balanced_sampler" or plan.ema_decay > 0:
        return "a balanced sampler and an average of the weights are for the ordinary training"
    return None


@dataclass(frozen=True)
class CachedHead:
    """A head that was trained on features computed once.

    Attributes:
        fit: what the epochs gave.
        inputs: the features.
        validation_logits: of the head that learned the training pictures alone, `[pictures, labels]`.
        unseen: what heads that were trained in the same way answer to pictures that they have not seen; None where the
            validation pictures are many, or too few are unrelated.
    """

    fit: Fit
    inputs: HeadInputs
    validation_logits: Numbers
    unseen: UnseenAnswers | None

    @property
    def refitted(self) -> bool:
        """Whether the model's head has learned the validation pictures, too."""
        return self.unseen is not None


def fit_cached_head(
    plan: TrainingPlan,
    data: TrainingData,
    groups: npt.NDArray[np.int64],
    accelerator: Accelerator,
    model: PreTrainedModel,
    views: int,
    store: Path,
    listeners: Listeners,
    keep_epoch: Callable[[int], None],
) -> CachedHead:
    """Computes what the head receives and trains it; the whole batch of a step is on every device.

    Args:
        plan: of the training, its loader processes chosen.
        data: its pictures.
        groups: see `answer_out_of_fold`.
        accelerator: device, processes and precision.
        model: whose head is trained.
        views: of each training picture, from `choose_views`.
        store: folder that keeps the features for a resumed run.
        listeners: told of features and epochs.
        keep_epoch: writes the model as it is now, as one of the best epochs.
    """
    model = place(model, accelerator.device)
    inputs = compute_head_inputs(
        model,
        data.normalization,
        data.train,
        data.validation,
        choose_view_options(plan, accelerator, views),
        store,
        listeners.on_features,
    )
    keep = keep_epoch if accelerator.is_main_process else _keep_nothing
    return fit_on_inputs(plan, inputs, groups, model, listeners.on_epoch, accelerator.num_processes, keep)


def _keep_nothing(_: int) -> None:
    """Where another process keeps the best epochs, or none are wanted."""


def fit_on_inputs(
    plan: TrainingPlan,
    inputs: HeadInputs,
    groups: npt.NDArray[np.int64],
    model: PreTrainedModel,
    on_epoch: Callable[[EpochRecord], None] = lambda _: None,
    processes: int = 1,
    keep_epoch: Callable[[int], None] = _keep_nothing,
) -> CachedHead:
    """Trains a head on what it receives, and asks heads of the same kind about pictures that they have not seen.

    Where their answers tell how far to trust such a head, the validation pictures are not needed for it: the head is
    fitted once more, on them and the training pictures, for as many epochs.

    Args:
        plan: of the training.
        inputs: the features.
        groups: see `answer_out_of_fold`.
        model: whose head is trained, on its device.
        on_epoch: told of each epoch of the head itself.
        processes: that train together.
        keep_epoch: see `fit_head_on_features`.
    """
    options = plan.options
    head_options = HeadOptions(
        epochs=options.epochs,
        seed=options.seed,
        batch_size=options.batch_size * options.accumulate * processes,
        max_gradient_norm=options.max_gradient_norm,
        patience=options.patience,
        min_delta=options.min_delta,
        monitor=options.monitor,
        top=options.top,
    )
    head, loss = nn.Sequential(*head_modules(model)), plan.loss.build(model.device)
    first = {name: tensor.detach().clone() for name, tensor in head.state_dict().items()}

    def begin(pictures: int) -> tuple[Optimizer, Schedule]:
        # The head is one stage: there is none behind it whose rate it could have a share of.
        optimizer = replace(plan.optimizer, layer_decay=1.0).build(model)
        steps = options.epochs * math.ceil(pictures / head_options.batch_size)
        return optimizer, Schedule(optimizer, plan.schedule, steps)

    fit = fit_head_on_features(model, inputs, *begin(inputs.train.shape[1]), head_options, loss, on_epoch, keep_epoch)

    def refit(views: Numbers, label_ids: npt.NDArray[np.int64]) -> None:
        head.load_state_dict(first)
        kept = fit.history[: fit.best_epoch]
        repeat_fit(model, views, label_ids, *begin(len(label_ids)), head_options, kept, loss)

    validation_logits = apply_head(model, inputs.validation)
    enough = enough_validation(plan.report.precision)
    unseen = answer_out_of_fold(model, inputs, groups, options.seed, refit, enough)
    if unseen is not None:
        refit(*join_labeled(inputs))
        fit.best_weights = copy_weights(model)
    return CachedHead(fit, inputs, validation_logits, unseen)


def choose_view_options(plan: TrainingPlan, accelerator: Accelerator, views: int) -> ViewOptions:
    """How the pictures are looked at for what the head receives.

    Args:
        plan: of the training, its loader processes chosen.
        accelerator: for the precision.
        views: of each training picture.
    """
    seed, side = plan.options.seed, plan.model.image_size
    policy = plan.augmentation.policy if views > 1 else Policy()

    def change(pixels: torch.Tensor, view: int, rows: Sequence[int]) -> torch.Tensor:
        return augment(pixels, draw_numbers(seed, view, rows), policy, side=side)

    precision = accelerator.mixed_precision
    # What augmented views depend on; the plain pictures are the same for every seed and policy.
    augmented = {"seed": seed, "side": side, **plan.augmentation.settings} if views > 1 else {}
    return ViewOptions(
        count=views,
        change=change,
        recipe={
            "backbone": plan.model.backbone,
            **name_head_input(plan.model.head.kind),
            **augmented,
            DATASET_VERSION: plan.identity[DATASET_VERSION],
        },
        precision="fp32" if precision == "no" else precision,
        whitens=plan.options.whitens,
        workers=plan.options.workers,
        side=side,
    )
