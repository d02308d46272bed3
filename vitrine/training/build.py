"""From plans to the parts of a training."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from accelerate import Accelerator
from transformers import PreTrainedModel

from vitrine.data.augmentation.augment import augment, draw_numbers
from vitrine.data.augmentation.mixing import mix, mixing_numbers
from vitrine.data.loading.balanced_sampler import BalancedSampler
from vitrine.data.loading.shard_batches import ShardBatches, find_shards, group_rows
from vitrine.data.manifest.split_names import TEST, TRAIN, VALIDATION
from vitrine.data.prepared.columns import read_column
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.models.backbones.build import place
from vitrine.models.backbones.normalization import Normalization
from vitrine.models.backbones.stages import set_trainable, set_training_mode
from vitrine.models.calibration.ood import MOST_ROWS
from vitrine.models.folder import build_processor, save_model
from vitrine.records import folder as run_folder
from vitrine.records.atomic import new_folder, write_text
from vitrine.training.loop.budget import Budget
from vitrine.training.loop.methods import Methods
from vitrine.training.loop.thread_choice import ThreadChoice
from vitrine.training.machine.memory import choose_batch_size
from vitrine.training.machine.processes import as_main_says
from vitrine.training.optim.optimizer import Schedule
from vitrine.training.optim.weight_average import WeightAverage
from vitrine.training.plan import TrainingPlan
from vitrine.training.progressive_resizing import side_in_epoch


def choose_methods(
    plan: TrainingPlan,
    prepared: PreparedDataset,
    model: PreTrainedModel,
    normalization: Normalization,
    folder: Path,
    device: torch.device,
) -> Methods:
    """Loss, augmentation, what is trained when, and what is kept.

    Args:
        plan: of the training.
        prepared: its data set.
        model: the network, which `choose_trained` and `keep` work on.
        normalization: that of its weights.
        folder: of the run, for the best epochs.
        device: where the loss is computed.
    """
    seed, shape = plan.options.seed, plan.model
    policy, mixing = plan.augmentation.policy, plan.augmentation.mixing
    num_labels, decay = len(prepared.label_names), plan.ema_decay
    balanced = plan.loss.method == "balanced_sampler"

    def change(pixels: torch.Tensor, indices: torch.Tensor, epoch: int, epochs: int) -> torch.Tensor:
        side = side_in_epoch(epoch, epochs, shape.first_training_side, shape.training_side)
        return augment(pixels, draw_numbers(seed, epoch, indices.tolist()), policy, side=side)

    def mix_images(
        pixels: torch.Tensor, label_ids: torch.Tensor, indices: torch.Tensor, epoch: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        return mix(pixels, label_ids, num_labels, mixing, mixing_numbers(seed, epoch, int(indices[0])))

    return Methods(
        loss=plan.loss.build(device),
        schedule=lambda optimizer, steps: Schedule(optimizer, plan.schedule, steps),
        augment=change,
        mix=mix_images if mixing.is_on else None,
        batches=None if plan.engine.reading == "mixed" else _own_shards(prepared, seed),
        sampler=BalancedSampler(read_column(prepared.splits[TRAIN], "label").to_numpy(), seed) if balanced else None,
        average=partial(WeightAverage, decay=decay) if decay > 0 else None,
        choose_trained=_unfreeze(plan, model) if shape.frozen_epochs else None,
        set_mode=partial(set_training_mode, keeps_statistics=shape.keeps_statistics),
        keep_epoch=write_epochs(plan, model, normalization, folder),
        drop_epoch=lambda epoch: shutil.rmtree(_epoch_folder(folder, epoch), ignore_errors=True),
    )


def _unfreeze(plan: TrainingPlan, model: PreTrainedModel) -> Callable[[int, int], bool]:
    """What chooses the trained part: the head alone, and the recipe's where the learning rate starts anew."""
    shape, chosen = plan.model, ""

    def choose(step: int, total_steps: int) -> bool:
        nonlocal chosen
        before, chosen = chosen, "head" if step < plan.schedule.frozen_steps(total_steps) else shape.trainable_part
        if chosen != before:
            set_trainable(model, chosen, shape.last_stages)
        return chosen != before

    return choose


def write_epochs(
    plan: TrainingPlan, model: PreTrainedModel, normalization: Normalization, folder: Path
) -> Callable[[int], None]:
    """What writes the model, as it is when asked, as the model folder of an epoch, from 1.

    Args:
        plan: of the training.
        model: the network.
        normalization: that of its weights.
        folder: of the run.
    """

    def keep(epoch: int) -> None:
        with new_folder(_epoch_folder(folder, epoch), replace=True) as temporary:
            save_model(temporary, model, build_processor(plan.model.image_size, normalization, plan.preparation))

    return keep


def _epoch_folder(run: Path, epoch: int) -> Path:
    return run / run_folder.CHECKPOINTS / f"epoch_{epoch:03d}"


def _own_shards(prepared: PreparedDataset, seed: int) -> Callable[[int, int, int], ShardBatches]:
    train = prepared.splits[TRAIN]
    if prepared.away is None:
        shards = find_shards(prepared.folder, TRAIN, read_column(train, "file").to_pylist())
    else:
        shards = group_rows(read_column(train, "shard").to_numpy())

    def deal(step_size: int, processes: int, process: int) -> ShardBatches:
        return ShardBatches(shards, step_size, seed, processes, process)

    return deal


def find_batch_size(
    plan: TrainingPlan,
    pictures: int,
    accelerator: Accelerator,
    model: PreTrainedModel,
    store: Path,
    say: Callable[[str], None],
) -> int:
    """The largest batch that fits; it is chosen once in a run, whatever memory is free after a resume.

    Args:
        plan: of the training.
        pictures: for training.
        accelerator: all its processes get the same number.
        model: is put on the device.
        store: folder that remembers what was chosen.
        say: told of the choice.

    Returns:
        Pictures of a batch on each device.
    """
    chosen = store / "batch_size.txt"
    # The others may see an older state of a disk that they share, or another disk.
    size = as_main_says(accelerator, int(chosen.read_text()) if chosen.exists() else None)
    if size is None:
        size = choose_batch_size(
            place(model, accelerator.device),
            max(plan.model.training_side, plan.model.image_size),
            pictures // accelerator.num_processes,
            accelerator.device,
            plan.engine.memory_gb,
            accelerator.autocast,
        )
        size = as_main_says(accelerator, size)
        say(f"batch size: {size} pictures, the largest that fits and leaves some steps in an epoch")
        if accelerator.is_main_process:
            store.mkdir(exist_ok=True)
            write_text(chosen, str(size))
    return size


def open_budget(
    minutes: float | None, begun: float, prepared: PreparedDataset, threads: ThreadChoice | None = None
) -> Budget | None:
    """The time budget of a run; None where there is no limit.

    Args:
        minutes: of the whole run.
        begun: `time.monotonic()` at its start.
        prepared: its data set.
        threads: as for `Budget`.
    """
    if minutes is None:
        return None
    validation, test = len(prepared.splits[VALIDATION]), sum(prepared.facts.counts[TEST].values())
    # The final evaluation looks at validation pictures and a sample of the training pictures too.
    sample = min(len(prepared.training_sample), MOST_ROWS)
    return Budget(60 * minutes, begun, validation, test + validation, sample, threads)
