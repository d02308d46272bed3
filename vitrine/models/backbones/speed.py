"""How long networks of the table take for one picture on this machine; their weights play no part in it."""

import statistics
import time
from collections.abc import Callable

import timm
import torch
from torch import nn

from vitrine.models.backbones.table import Backbone

WARM_UP = 3  # the first passes choose their methods and get their memory
RUNS = 10
MOST_SECONDS = 20.0  # of the timed passes of one network


def measure_milliseconds(row: Backbone, device: torch.device | str) -> float:
    """Median milliseconds for one picture of the network's own input size, in float32.

    Args:
        row: of the table; random weights, nothing is fetched.
        device: where it is measured. What else runs there meanwhile counts too.
    """
    network: nn.Module = timm.create_model(row.architecture, pretrained=False)
    network = network.eval().to(torch.device(device)).to(memory_format=torch.channels_last)
    picture = torch.rand(1, 3, row.input_size, row.input_size, device=device)
    picture = picture.contiguous(memory_format=torch.channels_last)

    def answer() -> None:
        network(picture)
        if picture.device.type != "cpu":
            torch.accelerator.synchronize()  # a GPU works ahead of Python

    with torch.inference_mode():
        return 1000 * _median_seconds(answer)


def find_gpu() -> torch.device | None:
    """The GPU of this machine, of any maker that PyTorch knows; None where there is none."""
    return torch.accelerator.current_accelerator(check_available=True)


def _median_seconds(work: Callable[[], None]) -> float:
    for _ in range(WARM_UP):
        work()
    seconds: list[float] = []
    while len(seconds) < RUNS and sum(seconds) < MOST_SECONDS:
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)
