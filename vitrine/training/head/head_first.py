"""The head of a pretrained network is fitted before the rest is trained: linear probing, then fine-tuning.

A fresh head sends large, aimless gradients through the network, which spoil the features that it was chosen for
(Kumar et al., 2022, arXiv:2202.10054). What the head needs is computed in one pass over the pictures.
"""

import math
from pathlib import Path

import datasets
import numpy as np
from accelerate import Accelerator
from transformers import PreTrainedModel

from vitrine.config.suited import EPOCHS, PATIENCE, RATE, SUITED
from vitrine.models.backbones.build import place
from vitrine.models.backbones.outputs import measure_head_input
from vitrine.models.backbones.stages import set_trainable
from vitrine.training.head.features import HeadInputs, compute_head_inputs, fits_in_memory
from vitrine.training.head.fit import choose_view_options
from vitrine.training.head.trainer import HeadOptions, fit_head_on_features
from vitrine.training.loop.methods import TrainingData
from vitrine.training.loop.progress import Fit, Listeners
from vitrine.training.optim.optimizer import OptimizerPlan, Schedule, SchedulePlan
from vitrine.training.plan import TrainingPlan

# More would hardly make a better beginning; so the pass is short beside an epoch of a large set.
MOST_PICTURES = 20_000
PICTURES_PER_MINUTE = 200  # of a time budget: about a tenth of it goes by on two cores


def fit_head_first(
    plan: TrainingPlan,
    data: TrainingData,
    accelerator: Accelerator,
    model: PreTrainedModel,
    store: Path,
    listeners: Listeners,
) -> float | None:
    """Fits the head to the network as it is, and leaves the parameters trainable that the recipe trains.

    Every process does the same and gets the same head; they share the pass over the pictures. A run that is resumed
    does so once more, in seconds, since what the head receives was kept.

    Args:
        plan: of the training, its loader processes and batch size chosen.
        data: its pictures, of which at most 20,000 are learned, and fewer within a time budget.
        accelerator: device, processes and precision.
        model: the network with a fresh head, changed in place.
        store: folder that keeps what the head receives, for a run that is resumed.
        listeners: told of the pictures and of the result.

    Returns:
        Validation accuracy of the head alone; None where the head of this network does not start from one vector per
        picture: then nothing is changed.
    """
    width = measure_head_input(model, plan.model.image_size)
    train, validation = (_choose_pictures(split, plan) for split in (data.training_sample, data.validation))
    if width is None or not fits_in_memory(width, 1, len(train), len(validation)):
        listeners.say(
            "the head is not fitted first: it does not start from one vector per picture, or from too long ones"
        )
        return None
    set_trainable(model, "head")
    look = choose_view_options(plan, accelerator, views=1)
    inputs = compute_head_inputs(
        place(model, accelerator.device), data.normalization, train, validation, look, store, listeners.on_features
    )
    best = _fit(plan, inputs, model, accelerator.num_processes).best
    set_trainable(model, plan.model.trainable_part, plan.model.last_stages)
    part = "all of the network" if plan.model.trainable_part == "all" else "its last stages"
    listeners.say(f"head first: validation accuracy {best.validation_accuracy:.3f}; now {part} is trained, too")
    return best.validation_accuracy


def _choose_pictures(split: datasets.Dataset, plan: TrainingPlan) -> datasets.Dataset:
    minutes = plan.engine.budget_minutes
    most = MOST_PICTURES if minutes is None else min(MOST_PICTURES, math.ceil(PICTURES_PER_MINUTE * minutes))
    if len(split) <= most:
        return split
    chosen = np.random.default_rng(plan.options.seed).choice(len(split), most, replace=False)
    return split.select(np.sort(chosen))  # in the order in which they are stored


def _fit(plan: TrainingPlan, inputs: HeadInputs, model: PreTrainedModel, processes: int) -> Fit:
    """With what suits a head, whatever the recipe says for the whole network."""
    suited, options = SUITED["head"], plan.options
    head_options = HeadOptions(
        epochs=int(suited[EPOCHS]),
        seed=options.seed,
        batch_size=options.batch_size * options.accumulate * processes,
        max_gradient_norm=options.max_gradient_norm,
        patience=int(suited[PATIENCE]),
        min_delta=0.0,
    )
    optimizer = OptimizerPlan("adamw", suited[RATE], plan.optimizer.weight_decay, 0.9, layer_decay=1.0).build(model)
    steps = head_options.epochs * math.ceil(inputs.train.shape[1] / head_options.batch_size)
    schedule = Schedule(optimizer, SchedulePlan(epochs=head_options.epochs), steps)
    return fit_head_on_features(model, inputs, optimizer, schedule, head_options, plan.loss.build(model.device))
