"""What an engine is to an export, and how the libraries that only an extra brings are asked for."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import torch

from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.errors import UserError
from vitrine.predict.predictor import Predictor
from vitrine.predict.runtimes.network import Outputs
from vitrine.predict.runtimes.pytorch import TorchNetwork
from vitrine.ship.agreement import Ask
from vitrine.ship.exported_network import ExportedNetwork


@dataclass(frozen=True)
class Engine:
    """A program that computes networks.

    Attributes:
        name: for people.
        file: what it is called in the folder.
        library: that computes it on this machine, to name its version.
        write: writes the file of a model for pictures of a side; `(predictor, side, file)`.
        open: opens the file on this machine, given the names of its outputs.
        note: says what its users must know besides, for the card; `(predictor, prepared)`.
    """

    name: str
    file: str
    library: str
    write: Callable[[Predictor, int, Path], None]
    open: Callable[[Path, tuple[str, ...]], Ask]
    note: Callable[[Predictor, PreparedDataset], str] = lambda _predictor, _prepared: ""


def need(module: str, engine: str, extra: str) -> ModuleType:
    """Imports a library that only an extra brings.

    Args:
        module: to import.
        engine: that it belongs to, for the message.
        extra: of Vitrine, which brings it.

    Raises:
        UserError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UserError(
            f"{engine} needs its library: pip install -r requirements-{extra}.txt (or vitrine[{extra}]) ({error})"
        ) from None


def build_network(predictor: Predictor, side: int) -> tuple[ExportedNetwork, torch.Tensor]:
    """The network as exporters for phones want it, and one picture of its size.

    Args:
        predictor: of the model folder, on the processor.
        side: of its pictures, in pixels.
    """
    assert isinstance(predictor.network, TorchNetwork)  # noqa: S101 (for mypy)
    network = ExportedNetwork(predictor.network, side).to(memory_format=torch.contiguous_format)
    return network, torch.zeros(1, 3, side, side)


def as_outputs(names: tuple[str, ...], values: list[object]) -> Outputs:
    """What an engine gave, by the names of the network's outputs."""
    import numpy as np

    found = {name: np.asarray(value, np.float32) for name, value in zip(names, values, strict=True)}
    return Outputs(found["logits"], found.get("familiarity"))
