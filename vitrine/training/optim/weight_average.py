"""An exponential moving average of a network's weights, for evaluation and for keeping."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn


class WeightAverage:
    """Averages of all weights and batch-norm statistics, moved a little towards the network after every update.

    The share of the old average rises with the updates t as (1 + t) / (10 + t), up to `decay`: an average that starts
    at random weights would need 1 / (1 - decay) updates to forget them. Batch-norm statistics are averaged too, with
    the same decay: the newest belong to weights that the average does not have yet, and with one decay for both they
    lag alike. Counters are not touched: nothing is computed from them.

    Args:
        model: the network without the wrapper of Accelerate, on the device where it is trained.
        decay: in (0, 1); 0.999 averages over about the last 1,000 updates.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        state = {name: tensor.detach() for name, tensor in model.state_dict().items()}
        self._names = [name for name, tensor in state.items() if tensor.is_floating_point()]
        # The network's own tensors: they stay where they are, all later changes are in place.
        self._live = [state[name] for name in self._names]
        self._averages = [tensor.clone() for tensor in self._live]

    @torch.no_grad()
    def update(self) -> None:
        """Takes the weights after an update of the optimiser in."""
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        torch._foreach_lerp_(self._averages, self._live, 1 - decay)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The network has the averaged weights inside this context, and its own again after it."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        own = [tensor.clone() for tensor in self._live]
        torch._foreach_copy_(self._live, self._averages)
        torch._foreach_copy_(self._averages, own)

    def state_dict(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"updates": self.updates, "averages": dict(zip(self._names, self._averages, strict=True))}

    @torch.no_grad()
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """From a checkpoint; into the present tensors, on their device."""
        self.updates = state_dict["updates"]
        for name, average in zip(self._names, self._averages, strict=True):
            average.copy_(state_dict["averages"][name])
