"""A network as a graph: its layers, and which of them takes what from which others.

Read off one picture that passes through, so that it holds for every network that can be trained: nothing is compiled or
exported, and on torch's meta device it costs neither time nor memory.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from transformers import PreTrainedModel

# They arrange the same numbers in another way, or hand on a part of them: not worth a box in a drawing.
ARRANGING = frozenset(
    {
        *("view", "reshape", "flatten", "permute", "transpose", "movedim", "unsqueeze", "squeeze", "expand"),
        *("expand_as", "chunk", "split", "unbind", "__getitem__", "contiguous", "clone", "detach"),
        *("to", "float", "type_as"),
    }
)

NOTHING = (nn.Identity, nn.Sequential)  # hand on what they get, the latter where it has no parts


@dataclass(frozen=True)
class Layer:
    """A node of the graph: a module without parts, or an operation between modules.

    Attributes:
        name: of the module in the network; of an operation, the module that it is done in, and its own name.
        kind: class of the module (`Conv2d`), or the operation (`add`).
        shape: of what it gives for one picture.
        parameters: of its own.
        has_weights: whether it multiplies by weights: convolutions and dense layers, not norms.
        inputs: numbers of the layers that it takes from; none where it takes the picture.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    has_weights: bool
    inputs: tuple[int, ...]


def trace_layers(model: PreTrainedModel, image_size: int) -> list[Layer]:
    """The layers of a network in the order in which a picture passes them; the network stays as it was.

    Args:
        model: on any device.
        image_size: side of the square picture, in pixels.
    """
    picture = torch.zeros(1, 3, image_size, image_size, device=model.device, dtype=model.dtype)
    recorder = _Recorder(model, picture)
    was_training = model.training
    model.eval()  # or one picture would enter the statistics
    try:
        with torch.no_grad(), recorder:
            model(pixel_values=picture)
    finally:
        recorder.remove_hooks()
        model.train(was_training)
    return recorder.layers


def measure_depth(layers: list[Layer]) -> int:
    """Layers with weights on the longest way from the picture to the answer: 18 of ResNet-18.

    Args:
        layers: of `trace_layers`.
    """
    depths: list[int] = []
    for layer in layers:
        depths.append(max((depths[number] for number in layer.inputs), default=0) + layer.has_weights)
    return max(depths, default=0)


class _Recorder(TorchFunctionMode):
    """Notes which layer made each tensor, while it is the mode in force."""

    def __init__(self, model: nn.Module, picture: torch.Tensor) -> None:
        super().__init__()
        self.layers: list[Layer] = []
        self._makers: dict[int, int | None] = {id(picture): None}  # by the `id` of a tensor; None: the picture itself
        self._alive: list[torch.Tensor] = [picture]  # or another tensor might get its `id`
        self._around: list[str] = []  # names of the modules that are being passed
        self._inside = 0  # layers that are being passed, whose own operations do not count
        self._names: dict[str, int] = {}
        self._hooks: list[Any] = []
        for name, module in model.named_modules():
            self._watch(name, module)

    def remove_hooks(self) -> None:
        """Takes the hooks out of the network."""
        for hook in self._hooks:
            hook.remove()

    def _watch(self, name: str, module: nn.Module) -> None:
        is_layer = _is_layer(module)

        def enter(*_: Any) -> None:
            self._around.append(name)
            self._inside += is_layer

        def leave(module: nn.Module, args: Any, kwargs: Any, result: Any) -> None:
            self._around.pop()
            self._inside -= is_layer
            given = {id(tensor) for tensor in _tensors((args, kwargs))}
            passed_on = all(id(tensor) in given for tensor in _tensors(result)) and not _has(module.parameters())
            if is_layer and not self._inside and not (passed_on and isinstance(module, NOTHING)):
                self._add(name, type(module).__name__, module, (args, kwargs), result)

        self._hooks += [
            module.register_forward_pre_hook(enter),
            module.register_forward_hook(leave, with_kwargs=True),
        ]

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        given = (args, kwargs or {})
        if self._inside or not any(True for _ in _tensors(result)):
            return result
        known = [id(tensor) for tensor in _tensors(given) if id(tensor) in self._makers]
        kind = getattr(func, "__name__", "operation")
        if known and kind in ARRANGING:
            self._note(result, self._makers[known[0]])
        elif known and kind != "__get__":
            around = self._around[-1] if self._around else ""
            kind = kind.removeprefix("__i").strip("_")  # x += y is an addition as well
            self._add(f"{around}.{kind}".lstrip("."), kind, None, given, result)
        return result

    def _add(self, name: str, kind: str, module: nn.Module | None, given: Any, result: Any) -> None:
        """Notes a layer that has made `result` of `given`."""
        makers = [self._makers[id(tensor)] for tensor in _tensors(given) if id(tensor) in self._makers]
        own = list(module.parameters()) if module is not None else []
        count = self._names[name] = self._names.get(name, 0) + 1
        shape = next((tuple(tensor.shape[1:]) for tensor in _tensors(result)), ())
        self.layers.append(
            Layer(
                name=name if count == 1 else f"{name}_{count}",
                kind=kind,
                shape=shape,
                parameters=sum(parameter.numel() for parameter in own),
                has_weights=any(parameter.ndim > 1 for parameter in own),
                inputs=tuple(dict.fromkeys(maker for maker in makers if maker is not None)),
            )
        )
        self._note(result, len(self.layers) - 1)

    def _note(self, result: Any, maker: int | None) -> None:
        for tensor in _tensors(result):
            self._makers[id(tensor)] = maker
            self._alive.append(tensor)


def _is_layer(module: nn.Module) -> bool:
    """Whether it is passed as a whole: it has no parts, or numbers of its own and parts without any (norm + ReLU)."""
    parts = list(module.children())
    return not parts or (_has(module.parameters(recurse=False)) and not any(_has(part.parameters()) for part in parts))


def _has(values: Iterator[Any]) -> bool:
    return any(True for _ in values)


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    """All tensors in nested lists, tuples and mappings."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _tensors(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _tensors(part)
