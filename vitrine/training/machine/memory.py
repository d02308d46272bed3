"""Memory: a cap, the largest batch that fits, and how an out-of-memory error is told from others."""

import contextlib
import sys
from collections.abc import Callable, Iterator

import psutil
import torch
from transformers import PreTrainedModel

from vitrine.errors import UserError

GIGABYTE = 2**30
# Larger batches are hardly faster, and give few steps in an epoch.
LARGEST_BATCH = {"cuda": 256, "cpu": 64}
FEWEST_STEPS = 8
# Beside what the backward pass needs: the largest layers' temporary copies, gradients, the optimiser's numbers.
OVERHEAD = 2.0
USABLE_SHARE = 0.8
_MESSAGES = ("out of memory", "can't allocate memory", "not enough memory", "bad_alloc", "could not create a memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether torch or oneDNN could not get memory, on a GPU or a CPU."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(message in str(error).lower() for message in _MESSAGES)


@contextlib.contextmanager
def memory_cap(gigabytes: float | None, device: torch.device) -> Iterator[None]:
    """Keeps a training below so much memory while it is open.

    On a GPU torch refuses to allocate more. On a CPU (Linux) the system refuses the process more memory of its own
    (RLIMIT_DATA; files that are only mapped, as the pictures are, do not count). Both end in an out-of-memory error,
    which makes the training compute its batches in smaller pieces.

    Raises:
        UserError: the GPU has less, the process already takes more, or the system knows no such limit.
    """
    if gigabytes is None:
        yield
    elif device.type == "cuda":
        with _gpu_cap(gigabytes, device):
            yield
    elif sys.platform == "linux":
        with _process_cap(gigabytes):
            yield
    else:
        raise UserError("engine.memory_gb: works with GPUs, and on Linux; leave it out here")


@contextlib.contextmanager
def _gpu_cap(gigabytes: float, device: torch.device) -> Iterator[None]:
    total = torch.cuda.get_device_properties(device).total_memory
    if gigabytes * GIGABYTE > total:
        raise UserError(f"engine.memory_gb: the GPU has {total / GIGABYTE:.1f} GB, less than {gigabytes:g}")
    torch.cuda.set_per_process_memory_fraction(gigabytes * GIGABYTE / total, device)
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, device)


@contextlib.contextmanager
def _process_cap(gigabytes: float) -> Iterator[None]:
    import resource  # Unix only

    memory = psutil.Process().memory_info()
    limit = int(gigabytes * GIGABYTE)
    if limit <= memory.rss:
        raise UserError(
            f"engine.memory_gb: the program alone takes {memory.rss / GIGABYTE:.1f} GB before the first step; give "
            f"more than {gigabytes:g}"
        )
    before = resource.getrlimit(resource.RLIMIT_DATA)
    # Libraries reserve address space that they never use: only what comes on top of it counts.
    resource.setrlimit(resource.RLIMIT_DATA, (memory.data + limit - memory.rss, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def choose_batch_size(
    model: PreTrainedModel,
    side: int,
    pictures: int,
    device: torch.device,
    memory_gb: float | None,
    autocast: Callable[[], contextlib.AbstractContextManager[None]],
) -> int:
    """The largest of 256, 128, 64 ... (beside a CPU 64, 32 ...) that fits and leaves some steps in an epoch.

    On a GPU training steps are tried, the largest first. On a CPU, where too large a batch would drive the machine
    into swapping, the memory of a small step is measured and scaled up.

    Args:
        model: on its device.
        side: of the images that the network sees, in pixels.
        pictures: training pictures.
        device: where the model is.
        memory_gb: cap, or None for what is free.
        autocast: the precision that the training will use.
    """
    size = LARGEST_BATCH["cuda" if device.type == "cuda" else "cpu"]
    while size > 8 and pictures / size < FEWEST_STEPS:
        size //= 2
    if device.type == "cuda":
        while size > 1 and not _fits(model, size, side, device, autocast):
            size //= 2
        return size
    free = psutil.virtual_memory().available * USABLE_SHARE
    if memory_gb is not None:
        free = min(free, memory_gb * GIGABYTE - psutil.Process().memory_info().rss)
    weights = sum(parameter.numel() * parameter.element_size() for parameter in model.parameters())
    per_picture = OVERHEAD * _measure(model, side, device, autocast)
    while size > 1 and size * per_picture + 3 * weights > free:
        size //= 2
    return size


def _measure(
    model: PreTrainedModel,
    side: int,
    device: torch.device,
    autocast: Callable[[], contextlib.AbstractContextManager[None]],
) -> float:
    """Bytes per picture that a forward pass keeps for the backward pass."""
    kept: dict[int, int] = {}
    own = {parameter.data_ptr() for parameter in model.parameters()}

    def count(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.data_ptr() not in own:
            kept[tensor.data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor), autocast():
        _try_step(model, 2, side, device, backward=False)
    return sum(kept.values()) / 2


def _fits(
    model: PreTrainedModel,
    size: int,
    side: int,
    device: torch.device,
    autocast: Callable[[], contextlib.AbstractContextManager[None]],
) -> bool:
    try:
        with autocast():
            _try_step(model, size, side, device, backward=True)
        reserved = torch.cuda.max_memory_reserved(device)  # before it is forgotten below
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return False
    finally:
        model.zero_grad(set_to_none=True)
        free_memory(device)
    # The optimiser and fragmentation take their part later.
    fits: bool = reserved < USABLE_SHARE * torch.cuda.get_device_properties(device).total_memory
    return fits


def _try_step(model: PreTrainedModel, size: int, side: int, device: torch.device, backward: bool) -> None:
    """A step on grey pictures; batch norm's statistics are put back."""
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    model.train()
    try:
        loss = model(pixel_values=torch.zeros(size, 3, side, side, device=device)).logits.float().square().mean()
        if backward:
            loss.backward()
    finally:
        with torch.no_grad():
            for name, buffer in model.named_buffers():
                buffer.copy_(buffers[name])


def free_memory(device: torch.device) -> None:
    """Gives unused memory of a GPU back, before a smaller step is tried."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
