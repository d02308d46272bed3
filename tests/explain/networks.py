"""Networks whose answers are known to rest on one part of a picture."""

from types import SimpleNamespace

import numpy as np
import torch
from torch import nn

SIDE = 28
SPOT = (slice(0, 8), slice(20, 28))  # rows and columns of the part that decides


class RedFinder(nn.Module):
    """Class 1 by how much red there is, class 0 by how much green; by an average, or by a flattened map."""

    def __init__(self, flatten: bool = False, side: int = SIDE) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 2, 3, stride=2, padding=1, bias=False)
        self.second = nn.Conv2d(2, 2, 1, bias=False)
        self.head = nn.Linear(2 * (side // 2) ** 2 if flatten else 2, 2)
        self.flatten = flatten
        with torch.no_grad():
            self.first.weight.zero_()
            self.first.weight[0, 1], self.first.weight[1, 0] = 1 / 9, 1 / 9  # green, red
            self.second.weight.copy_(torch.eye(2)[:, :, None, None])
            if not flatten:
                self.head.weight.copy_(torch.tensor([[20.0, -20.0], [-20.0, 20.0]]))
                self.head.bias.zero_()

    def forward(self, pixel_values):
        features = self.second(self.first(pixel_values).relu())
        pooled = features.flatten(1) if self.flatten else features.mean(dim=(2, 3))
        return SimpleNamespace(logits=self.head(pooled))


def red_spot(spot=SPOT):
    """Half red, half green by the amount, on black: the red in one corner decides; `[3, side, side]`."""
    picture = np.zeros((3, SIDE, SIDE), np.float32)
    picture[0][spot] = 1
    picture[1] = 0.03
    return picture


def ask(pixels):
    """Probability of red."""
    with torch.inference_mode():
        logits = RedFinder()(torch.as_tensor(pixels)).logits
    return torch.softmax(logits, dim=1)[:, 1].numpy()
