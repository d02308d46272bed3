"""Output into a pipe whose reader has seen enough: `... | head`."""

import errno
import os
import sys


def flush_output() -> None:
    """Writes out what was printed; where nobody reads it any more, it goes nowhere, without a word.

    Python would do so when it ends, and would complain of the closed pipe then.
    """
    try:
        sys.stdout.flush()
    except OSError as error:
        if not isinstance(error, BrokenPipeError) and not (os.name == "nt" and error.errno == errno.EINVAL):
            raise  # Windows calls a closed pipe an invalid argument
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
