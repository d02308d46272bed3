"""Which processor or GPU works, and in which precision."""

import os
import platform
import warnings
from pathlib import Path
from typing import Literal

import torch
from accelerate import Accelerator, PartialState
from accelerate.state import AcceleratorState
from accelerate.utils import DistributedDataParallelKwargs, ProjectConfiguration

from vitrine.errors import UserError
from vitrine.training.machine.trackers import TrackerName

Precision = Literal["fp32", "bf16", "fp16"]


def open_processes() -> PartialState:
    """Joins the processes that torchrun or `accelerate launch` started; one alone otherwise."""
    started_as_one_of_several = "LOCAL_RANK" in os.environ
    return PartialState(cpu=started_as_one_of_several and not torch.cuda.is_available())


def build_accelerator(
    precision: Literal["auto", "fp32", "bf16", "fp16"], tracker: TrackerName, folder: Path
) -> Accelerator:
    """Accelerate's view of device, precision, processes and tracker.

    Args:
        precision: as in the recipe.
        tracker: as in the recipe.
        folder: of the run, where a tracker that writes files writes them.
    """
    AcceleratorState._reset_state()  # process-wide; a second run in one process may ask for another precision
    processes = open_processes()
    chosen = choose_precision(precision, processes.device)
    # Accelerate knows no other name for it yet; the warning would greet every user.
    warnings.filterwarnings("ignore", "`broadcast_buffers` is deprecated", FutureWarning)
    # Batch norm's statistics are shared before they are used: at the end of each epoch instead of at every step.
    several = DistributedDataParallelKwargs(broadcast_buffers=False, gradient_as_bucket_view=True)
    return Accelerator(
        cpu=processes.device.type == "cpu",
        mixed_precision="no" if chosen == "fp32" else chosen,
        log_with=None if tracker == "none" else tracker,
        project_config=ProjectConfiguration(project_dir=str(folder), logging_dir=str(folder)),
        step_scheduler_with_optimizer=False,
        kwargs_handlers=[several],
    )


def describe_device(device: torch.device) -> str:
    """The device in words, with its number of threads where it is a CPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    name = torch.cpu.get_capabilities().get("cpu_name") or platform.processor() or platform.machine()
    if device.type != "cpu":
        return f"{name} ({device.type})"
    threads = torch.get_num_threads()
    return f"{name}, {threads} thread{'' if threads == 1 else 's'}"


def choose_precision(requested: Literal["auto", "fp32", "bf16", "fp16"], device: torch.device) -> Precision:
    """Resolves 'auto': bf16 where the device has instructions for it, else fp16 on a GPU of CUDA and fp32 elsewhere.

    On a CPU with them a training step of ResNet-18 takes a third of the time; without them bf16 is emulated and slow.

    Raises:
        UserError: fp16 on a CPU, where torch has no loss scaling for it.
    """
    if requested == "fp16" and device.type == "cpu":
        raise UserError("engine.precision: fp16 needs a GPU; on a CPU use auto, bf16 or fp32")
    if requested != "auto":
        return requested
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    capabilities = torch.cpu.get_capabilities()
    fast = any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16", "arm_bf16"))
    return "bf16" if device.type == "cpu" and fast else "fp32"


def choose_sum_type(device: torch.device) -> torch.dtype:
    """In what numbers losses of an epoch are added up: the graphics of a Mac have none of 64 bits."""
    return torch.float32 if device.type == "mps" else torch.float64


def choose_workers(requested: int | None, device: torch.device) -> int:
    """Loader processes: none beside a CPU that trains, since they would take its cores."""
    if requested is not None:
        return requested
    return min(8, os.cpu_count() or 1) if device.type == "cuda" else 0
