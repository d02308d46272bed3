"""Memory of a process that answers for hours: what one layer or thread freed is there for the next."""

import ctypes
import sys

# Of the GNU C library's mallopt.
TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8
SO_MUCH = 1 << 30  # bytes
ARENAS = 2


def keep_freed_memory() -> None:
    """Has the C library keep large blocks that are freed, where it is GNU's; elsewhere nothing is done.

    It gives them back to the system as torch frees the output of a layer, and gets them again, page by page and zeroed,
    for the next: close to half of the processor's time of a network that one thread computes.
    """
    _set(MMAP_THRESHOLD, SO_MUCH)
    _set(TRIM_THRESHOLD, SO_MUCH)


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
