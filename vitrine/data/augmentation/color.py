"""Changes of colours and pixels in place: light, colours, blur, noise, covered rectangles.

Pixels are float, `[batch, 3, height, width]`, 0 to 255, any memory format. Each picture has its own strength, which
does not depend on the other pictures of the batch. Where only some pictures change, the others cost nothing.
"""

import math

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional as F  # noqa: N812 (torch's own name for it)

Numbers = npt.NDArray[np.floating]

# ITU-R BT.601: how bright each colour looks, and the two axes of the colour plane (YIQ).
LUMINANCE = np.array([0.299, 0.587, 0.114])
_TO_YIQ = np.array([LUMINANCE, [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
_FROM_YIQ = np.linalg.inv(_TO_YIQ)

SMALLEST_ERASED_AREA = 0.02
LONGEST_ERASED = 3.3  # largest ratio of its sides
KERNEL_DEVIATIONS = 3  # a Gaussian is cut off there


def change_light(pixels: torch.Tensor, contrast: Numbers, brightness: Numbers) -> None:
    """Scales differences from each picture's mean, then adds.

    Args:
        pixels: changed in place.
        contrast: factors, `[batch]`.
        brightness: levels of 255, `[batch]`.
    """
    factors, levels = _spread(contrast, pixels), _spread(brightness, pixels)
    mean = pixels.mean(dim=(1, 2, 3), keepdim=True)
    pixels.sub_(mean).mul_(factors).add_(mean).add_(levels).clamp_(0, 255)


def color_matrices(saturation: Numbers, hue: Numbers) -> Numbers:
    """Linear maps of colours that keep luminance, and so leave grey as it is: `[batch, 3, 3]`.

    Args:
        saturation: factors; 0 gives grey.
        hue: turns of the colour circle, in full turns.
    """
    angle = 2 * np.pi * hue
    plane = np.zeros((len(hue), 3, 3))
    plane[:, 0, 0] = 1
    plane[:, 1, 1] = plane[:, 2, 2] = saturation * np.cos(angle)
    plane[:, 2, 1] = saturation * np.sin(angle)
    plane[:, 1, 2] = -plane[:, 2, 1]
    matrices: Numbers = _FROM_YIQ @ plane @ _TO_YIQ
    return matrices


def change_colors(
    pixels: torch.Tensor, contrast: Numbers, brightness: Numbers, saturation: Numbers, hue: Numbers
) -> torch.Tensor:
    """Light and colours as one affine map of each picture's colours.

    Args:
        pixels: as above.
        contrast: factors, `[batch]`.
        brightness: levels of 255, `[batch]`.
        saturation: factors, `[batch]`.
        hue: in full turns, `[batch]`.

    Returns:
        A new tensor.
    """
    matrices = color_matrices(saturation, hue) * contrast[:, None, None]
    # The maps leave grey as it is, so the mean and the brightness pass them unchanged.
    mean = pixels.mean(dim=(1, 2, 3), keepdim=True)
    offsets = mean * _spread(1 - contrast, pixels) + _spread(brightness, pixels)
    return map_colors(pixels, matrices, offsets).clamp_(0, 255)


def map_colors(pixels: torch.Tensor, matrices: Numbers, offsets: torch.Tensor) -> torch.Tensor:
    """Applies `[batch, 3, 3]` to the colours and adds `offsets`, `[batch, 1, 1, 1]`; a new tensor.

    Args:
        pixels: float, `[batch, 3, height, width]`.
        matrices: `[batch, 3, 3]`.
        offsets: `[batch, 1, 1, 1]`.
    """
    return torch.baddbmm(offsets[:, 0], torch.from_numpy(matrices).to(pixels), pixels.flatten(2)).view(pixels.shape)


def blur(pixels: torch.Tensor, places: list[int], sigmas: Numbers, largest: float) -> None:
    """Blurs some pictures, first along rows, then along columns.

    Args:
        pixels: changed in place.
        places: of these pictures in the batch.
        sigmas: standard deviation for each place, in pixels, above 0.
        largest: that any picture may get; decides the width of the kernel, so that no picture depends on the others.
    """
    if not places:
        return
    height, width = pixels.shape[2:]
    radius = min(math.ceil(KERNEL_DEVIATIONS * largest), height - 1, width - 1)
    steps = np.arange(-radius, radius + 1)
    kernels = np.exp(-0.5 * (steps / sigmas[:, None]) ** 2)
    kernels /= kernels.sum(axis=1, keepdims=True)
    weights = torch.from_numpy(kernels).to(pixels)[:, :, None, None, None]
    chosen = pixels[places].contiguous()
    rows = F.pad(chosen, (radius, radius, 0, 0), mode="reflect")
    chosen = _weighted_sum([rows[..., place : place + width] for place in range(len(steps))], weights)
    columns = F.pad(chosen, (0, 0, radius, radius), mode="reflect")
    pixels[places] = _weighted_sum([columns[..., place : place + height, :] for place in range(len(steps))], weights)


def _weighted_sum(parts: list[torch.Tensor], weights: torch.Tensor) -> torch.Tensor:
    """On a CPU twice as fast as grouped convolutions, which have no good kernel for one channel."""
    total = parts[0] * weights[:, 0]
    for place, part in enumerate(parts[1:], start=1):
        total.addcmul_(part, weights[:, place])
    return total


def add_noise(pixels: torch.Tensor, places: list[int], deviations: Numbers, seeds: list[int]) -> None:
    """Adds Gaussian noise to some pictures, each from a generator of its own.

    One seed gives one noise on one kind of device; a GPU's differs from a CPU's.

    Args:
        pixels: changed in place.
        places: of these pictures in the batch.
        deviations: for each place, in levels of 255.
        seeds: for each place.
    """
    for place, deviation, seed in zip(places, deviations.tolist(), seeds, strict=True):
        generator = torch.Generator(pixels.device).manual_seed(seed)
        noise = torch.randn(pixels.shape[1:], generator=generator, device=pixels.device, dtype=pixels.dtype)
        pixels[place].add_(noise, alpha=deviation).clamp_(0, 255)


def erase(pixels: torch.Tensor, places: list[int], areas: Numbers, draws: Numbers) -> None:
    """Covers a rectangle with the picture's mean colour.

    Args:
        pixels: changed in place.
        places: of the pictures in the batch.
        areas: of the rectangles for each place, as a share of the picture.
        draws: uniform numbers for each place: proportions, left, top; `[places, 3]`.
    """
    height, width = pixels.shape[2:]
    for place, area, (shape, left, top) in zip(places, areas, draws, strict=True):
        ratio = LONGEST_ERASED ** (2 * shape - 1)
        high = max(1, min(height, round(height * math.sqrt(area * ratio))))
        wide = max(1, min(width, round(width * math.sqrt(area / ratio))))
        x, y = int(left * (width - wide + 1)), int(top * (height - high + 1))
        pixels[place, :, y : y + high, x : x + wide] = pixels[place].mean(dim=(1, 2))[:, None, None]


def _spread(values: Numbers, pixels: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(values).to(pixels)[:, None, None, None]
