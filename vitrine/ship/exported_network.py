"""A network with all that is computed after it, as one module that exporters can follow."""

import torch
from torch import nn

from vitrine.models.backbones.feature_map import find_averaged_map
from vitrine.models.backbones.outputs import compute_outputs, measure_head_input
from vitrine.models.calibration.ood import LEAST_NORM
from vitrine.predict.runtimes.onnx import MAP_OUTPUTS, OUTPUTS
from vitrine.predict.runtimes.pytorch import TorchNetwork

LEAST_SIMILARITY = -1.0  # of two vectors; what a row gets that is counted already is below


class ExportedNetwork(nn.Module):
    """Gives the outputs named in `output_names` of `pixel_values` `[pictures, 3, side, side]`.

    Attributes:
        output_names: logits (calibrated), features where the head starts from one vector, the similarity to
            training pictures where the model measures it, and where the head is linear on the average of a feature
            map, that map and the weights `[labels, channels]`.
    """

    def __init__(self, network: TorchNetwork, side: int, with_map: bool = False) -> None:
        """Of a network; its mode is evaluation mode afterwards.

        Args:
            network: on the processor.
            side: of its pictures, in pixels.
            with_map: whether the map is among the outputs.
        """
        super().__init__()
        self.model = network.model
        self.temperature = network.temperature
        self.has_features = network.reference is not None or measure_head_input(network.model, side) is not None
        self.count = 0
        if network.reference is not None:
            self.register_buffer("reference", torch.from_numpy(network.reference.rows).clone())
            self.count = min(network.neighbors, len(network.reference.rows))
        self.eval()
        self.averaged = find_averaged_map(network.model, side) if with_map else None
        self.output_names = OUTPUTS[: 1 + self.has_features + bool(self.count)] + MAP_OUTPUTS[: 2 * bool(self.averaged)]

    def forward(self, pixel_values: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """See the class."""
        if self.averaged is None:
            return self._answer(pixel_values)
        seen: list[torch.Tensor] = []
        hook = self.averaged.module.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
        try:
            answers = self._answer(pixel_values)
        finally:
            hook.remove()
        return *answers, seen[0], self.averaged.weights

    def _answer(self, pixel_values: torch.Tensor) -> tuple[torch.Tensor, ...]:
        if not self.has_features:
            return (self.model(pixel_values=pixel_values).logits / self.temperature,)
        logits, features = compute_outputs(self.model, pixel_values)
        if not self.count:
            return logits / self.temperature, features
        return logits / self.temperature, features, self._measure_similarity(features)

    def _measure_similarity(self, features: torch.Tensor) -> torch.Tensor:
        """Mean of the largest similarities, found one by one: not every engine of phones can sort."""
        lengths = torch.linalg.vector_norm(features, dim=1, keepdim=True).clamp(min=LEAST_NORM)
        similarities = (features / lengths) @ self.reference.float().T
        rows = torch.arange(similarities.shape[1])
        largest = []
        for _ in range(self.count):
            largest.append(similarities.amax(dim=1))
            counted = rows == similarities.argmax(dim=1, keepdim=True)
            similarities = similarities.masked_fill(counted, LEAST_SIMILARITY - 1)
        return torch.stack(largest).mean(dim=0)
