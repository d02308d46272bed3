"""Memory of a process that computes for hours: what one layer, step or thread freed is there for the next."""

import ctypes
import sys

# Of the GNU C library's mallopt.
TRIM_THRESHOLD, MMAP_MAX, ARENA_MAX = -1, -4, -8
NEVER, NO_BLOCK = -1, 0
ARENAS = 2


def keep_freed_memory() -> None:
    """Has the C library keep large blocks that are freed, where it is GNU's; elsewhere nothing is done.

    It gives them back to the system as torch frees the output of a layer, and gets them again, page by page and zeroed,
    for the next: close to half of the processor's time of a network that one thread computes, and a quarter of that of
    a training step (ResNet-18, 224 px: 20.5 ms per picture, 15.6 ms with this).
    """
    _set(MMAP_MAX, NO_BLOCK)
    _set(TRIM_THRESHOLD, NEVER)


def share_freed_memory() -> None:
    """Has the threads of a server use each other's freed memory, where the C library is GNU's.

    It gives them up to eight arenas for each core, and what is free in one is of no use to the others: a server of many
    visitors so grew for hours (EXPERIMENTS.md, 24). To be called before the threads start.
    """
    _set(ARENA_MAX, ARENAS)


def _set(parameter: int, value: int) -> None:
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is not None:
        mallopt(parameter, value)
