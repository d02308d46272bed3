"""Memory of a process that computes for hours: what one layer, step or thread freed is there for the next."""

import ctypes
import sys

# Of the GNU C library's mallopt.
TRIM_THRESHOLD, MMAP_MAX, ARENA_MAX = -1, -4, -8
NEVER, NO_BLOCK = -1, 0
# Its threads get up to eight arenas for each core, and what is free in one is of no use to the others. Those after the
# first consist of pieces that are given back as soon as nothing is in them, whatever the thresholds say (findings). A
# server's threads ask for little and often, so that they would wait for a single one.
ARENAS_OF_JOB, ARENAS_OF_SERVER = 1, 2


def keep_freed_memory() -> None:
    """Has the C library keep what is freed, where it is GNU's; elsewhere nothing is done.

    It gives large blocks back to the system as torch frees the output of a layer, and gets them again, page by page and
    zeroed, for the next: close to half of the processor's time of a network that one thread computes, and a quarter of
    that of a training step (ResNet-18, 224 px: 20.5 ms per picture, 15.6 ms with this). Best called before pandas is
    imported, with which a second arena comes: those that are there stay in use.
    """
    _set(MMAP_MAX, NO_BLOCK)
    _set(TRIM_THRESHOLD, NEVER)
    _set(ARENA_MAX, ARENAS_OF_JOB)


def share_freed_memory() -> None:
    """Has the threads of a server use each other's freed memory, where the C library is GNU's.

    A server of many visitors grew for hours by what was free in the arenas of its threads (EXPERIMENTS.md, 24). To be
    called before the threads start.
    """
    _set(ARENA_MAX, ARENAS_OF_SERVER)


def _set(parameter: int, value: int) -> None:
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is not None:
        mallopt(parameter, value)
