"""Answers in whole float32 on a GPU.

Of the 23 bits behind the point, torch reads the first 10 in convolutions (TF32), which is faster; matrices are spared
unless something else in the process asks for the same. A training may do so; answers must be those of a processor.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_SETTING = threading.Lock()  # the switches are those of the process: who came second would keep what the first one set


@contextmanager
def full_float32() -> Iterator[None]:
    """Has the GPU compute in whole float32 inside the `with` block; nothing where no GPU is in use."""
    if not torch.cuda.is_initialized():
        yield
        return
    switches = (torch.backends.cudnn.conv, torch.backends.cuda.matmul)  # type: ignore[attr-defined]
    with _SETTING:
        before = [switch.fp32_precision for switch in switches]
        try:
            for switch in switches:
                switch.fp32_precision = "ieee"
            yield
        finally:
            for switch, precision in zip(switches, before, strict=True):
                switch.fp32_precision = precision
