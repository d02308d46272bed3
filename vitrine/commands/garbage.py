"""How often Python looks for garbage."""

import gc

ALLOCATIONS = 10_000  # Python's own 700 is for small programs


def collect_less_often() -> None:
    """Saves a second of the six that importing torch and its companions takes.

    They make more than a million objects, all of which last, and Python would look them over again and again.
    """
    gc.set_threshold(ALLOCATIONS)
