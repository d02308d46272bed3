"""Memory of a process that answers for hours: what one layer freed is there for the next."""

import ctypes
import sys

# Of the GNU C library's mallopt.
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
SO_MUCH = 1 << 30  # bytes


def keep_freed_memory() -> None:
    """Has the C library keep large blocks that are freed, where it is GNU's; elsewhere nothing is done.

    It gives them back to the system as torch frees the output of a layer, and gets them again, page by page and zeroed,
    for the next: close to half of the processor's time of a network that one thread computes.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is not None:
        mallopt(MMAP_THRESHOLD, SO_MUCH)
        mallopt(TRIM_THRESHOLD, SO_MUCH)
