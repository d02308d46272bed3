"""Large arrays in files without a name: the system writes them out where memory is short; they go with the process."""

import math
import os
from tempfile import TemporaryFile
from typing import IO, Any

import numpy as np
import numpy.typing as npt

MOST_IN_MEMORY = 32 << 20  # bytes of an array


def scratch_array(shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Room for an array, which is not filled: in memory, or in a temporary file where it is large.

    Args:
        shape: of it.
        dtype: of it.
    """
    size_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    if size_bytes <= MOST_IN_MEMORY:
        return np.empty(shape, dtype)
    try:
        with TemporaryFile() as file:
            reserve_disk(file, size_bytes)
            return np.asarray(np.memmap(file, dtype, "w+", shape=shape))
    except OSError:  # the disk has no room, where memory may have
        return np.empty(shape, dtype)


def reserve_disk(file: IO[bytes], size_bytes: int) -> None:
    """Takes the room for a file that is mapped into memory: on a full disk, writing there would end the program.

    Args:
        file: opened for writing.
        size_bytes: that it will have.

    Raises:
        OSError: the disk has no room.
    """
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size_bytes)
