"""Output into a pipe whose reader has seen enough: `... | head`."""

import os
import sys


def flush_output() -> None:
    """Writes out what was printed; where nobody reads it any more, it goes nowhere, without a word.

    Python would do so when it ends, and would complain of the closed pipe then.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
