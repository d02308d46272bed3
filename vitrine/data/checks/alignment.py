"""Whether one picture is a copy of another: lay the one over the other and see what remains, block by block."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from vitrine.data.checks.fingerprints import COLOR_SIDE, SIDE

Floats = npt.NDArray[np.float32]

COARSE_STEPS, FINE_STEPS = 3, 3
BLOCKS = 4  # in each direction; what differs in one place must not drown in what is equal everywhere else
# What a copy may differ by, in grey levels: coding leaves some, more in a lively picture; and where brightness changes
# quickly, a misplacement that no alignment of so small pictures avoids.
LEAST_NOISE = 3.2
NOISE_PER_CONTRAST = 0.065
MISPLACEMENT = 0.4  # pixels of the 32
# Times that limit: not worth the coarse steps, not worth the fine ones. Copies have at most 2 and 1.6.
FAR_AWAY, HOPELESS = 3.0, 2.0
LARGEST_ZOOM, LARGEST_SHIFT = 0.16, 0.16  # of the side (shift: of half the side): a crop of 5 % of each edge takes 0.11
LOWEST_GAIN, HIGHEST_GAIN = 0.75, 1.6
WHITE = 250.0
PULL = 0.2  # see _improve
LARGEST_BIAS = 20.0
# Of the six numbers zoom, shift (each down and across), gain and bias: how far each may move at once.
FARTHEST_STEP = np.array([0.08, 0.08, 0.08, 0.08, 0.3, 30.0])
STARTS = ((1.0, 1.0), (0.9, 1.0), (1.1, 1.0), (1.0, 1.3))  # zoom and gain
PAIRS_AT_ONCE = 256  # about 30 MB


@dataclass(frozen=True)
class Alignment:
    """How the darker picture of each pair becomes the lighter one; all `[pairs]`.

    Attributes:
        difference: largest remaining difference of a block, as a multiple of what copies may differ by; a copy has
            1 or less.
        zoom: largest change of a side, 0.1 for ten percent.
        shift: largest shift as a share of the side.
        gain: factor of the brightness.
        bias: added to the brightness, in grey levels.
    """

    difference: Floats
    zoom: Floats
    shift: Floats
    gain: Floats
    bias: Floats


def to_colors(thumbnails: npt.NDArray[np.uint8], mirror: npt.NDArray[np.bool_] | None = None) -> Floats:
    """Turns stored thumbnails `[n, 48, 32]` into red, green and blue `[n, 3, 32, 32]` in [0, 255].

    Args:
        thumbnails: as `fingerprint` makes them.
        mirror: which of them to mirror, `[n]`.
    """
    brightness = thumbnails[:, :SIDE].astype(np.float32)
    color = thumbnails[:, SIDE:].astype(np.float32) - 128
    blue, red = (
        np.repeat(np.repeat(half, 2, axis=1), 2, axis=2)
        for half in (color[:, :, :COLOR_SIDE], color[:, :, COLOR_SIDE:])
    )
    # JPEG's own conversion (ITU-R BT.601, full range).
    channels = (brightness + 1.402 * red, brightness - 0.344 * blue - 0.714 * red, brightness + 1.772 * blue)
    pictures = np.stack(channels, axis=1).clip(0, 255)
    if mirror is not None:
        pictures[mirror] = pictures[mirror, :, :, ::-1]
    return pictures


def align(first: Floats, second: Floats) -> Alignment:
    """Lays pictures over each other: small zooms and shifts, gain and bias of the brightness, with saturation.

    Args:
        first: `[pairs, 3, 32, 32]` in [0, 255].
        second: the same; mirrored already where that is to be tried.
    """
    # What was brightened into white cannot be undone, so the darker one has to explain the lighter one.
    swap = first.mean(axis=(1, 2, 3)) > second.mean(axis=(1, 2, 3))
    dark = np.where(swap[:, None, None, None], second, first)
    light = np.where(swap[:, None, None, None], first, second)
    coarse_dark, coarse_light = _halve(dark), _halve(light)
    parameters, difference = _start(coarse_dark, coarse_light)
    for limit, steps, one, other in (
        (FAR_AWAY, COARSE_STEPS, coarse_dark, coarse_light),
        (HOPELESS, FINE_STEPS, dark, light),
    ):
        promising = difference <= limit
        if promising.any():
            refined = _refine(one[promising], other[promising], parameters[promising], steps)
            parameters[promising], difference[promising] = refined
    zoom = np.abs(parameters[:, [0, 2]] - 1).max(axis=1)
    shift = np.abs(parameters[:, [1, 3]]).max(axis=1) / 2
    gain, bias = parameters[:, 4], parameters[:, 5]
    return Alignment(difference, *(one.astype(np.float32) for one in (zoom, shift, gain, bias)))


def _start(dark: Floats, light: Floats) -> tuple[npt.NDArray[np.float64], Floats]:
    """The likeliest of a few beginnings: steps alone may end in a wrong place, above all where much is saturated."""
    starts = np.array([[zoom, 0.0, zoom, 0.0, gain, 0.0] for zoom, gain in STARTS])
    differences = np.stack([_difference(dark, light, np.tile(start, (len(dark), 1))) for start in starts])
    best = differences.argmin(axis=0)
    return starts[best], differences.min(axis=0)


def _refine(
    dark: Floats, light: Floats, start: npt.NDArray[np.float64], steps: int
) -> tuple[npt.NDArray[np.float64], Floats]:
    """Some steps from a beginning; where they lead astray, the beginning stays. Returns also what remains."""
    parameters = start
    for _ in range(steps):
        parameters = _improve(dark, light, parameters)
    before, after = _difference(dark, light, start), _difference(dark, light, parameters)
    better = after < before
    return np.where(better[:, None], parameters, start), np.where(better, after, before)


def _halve(pictures: Floats) -> Floats:
    rows = pictures[..., ::2, :] + pictures[..., 1::2, :]  # a mean over two axes of six takes ten times as long
    halves: Floats = (rows[..., ::2] + rows[..., 1::2]) * np.float32(0.25)
    return halves


def interpolate(zoom_and_shift: npt.NDArray[np.float64], side: int) -> Floats:
    """Matrices `[n, side, side]` that zoom and shift a row of pixels; beyond its ends the last pixel goes on.

    Args:
        zoom_and_shift: `[n, 2]`: 0.9 and 0 show the inner nine tenths; shifts in halves of the side.
        side: pixels.
    """
    pixels = ((_places(zoom_and_shift, side) + 1) * side - 1) / 2
    nearest = pixels.clip(0, side - 1).astype(np.float32)[:, :, None] - np.arange(side, dtype=np.float32)
    weights: Floats = np.maximum(0, 1 - np.abs(nearest))
    return weights


def _places(zoom_and_shift: npt.NDArray[np.float64], side: int) -> npt.NDArray[np.float64]:
    """Where each pixel comes from, from -1 to 1."""
    places: npt.NDArray[np.float64] = zoom_and_shift[:, :1] * _middles(side) + zoom_and_shift[:, 1:]
    return places


def _middles(side: int) -> Floats:
    return ((2 * np.arange(side) + 1) / side - 1).astype(np.float32)


def _warp(pictures: Floats, parameters: npt.NDArray[np.float64]) -> tuple[Floats, Floats]:
    """Zooms and shifts; returns the pictures and which pixels `[pairs, side, side]` came from within them."""
    side = pictures.shape[-1]
    down, across = parameters[:, 0:2], parameters[:, 2:4]
    warped = interpolate(down, side)[:, None] @ pictures @ interpolate(across, side).transpose(0, 2, 1)[:, None]
    inside: list[Floats] = [(np.abs(_places(one, side)) <= 1).astype(np.float32) for one in (down, across)]
    return warped.astype(np.float32, copy=False), inside[0][:, :, None] * inside[1][:, None, :]


def _improve(dark: Floats, light: Floats, parameters: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """One Gauss-Newton step towards the smallest squared difference."""
    count, _, side, _ = dark.shape
    warped, inside = _warp(dark, parameters)
    gain, bias = (parameters[:, one, None, None, None].astype(np.float32) for one in (4, 5))
    brightened = gain * warped + bias
    # Saturated pixels say nothing about where to move.
    moves = ((brightened > 0) & (brightened < 255)) * inside[:, None]
    expected = brightened.clip(0, 255)
    possible = light.clip(_lowest_expected(warped, expected), expected)
    # A little of the plain difference as well, or beside white the brightness could run away.
    rest = (light - (1 - PULL) * possible - PULL * expected) * inside[:, None]
    down, across = np.gradient(warped, axis=(2, 3))
    slope = gain * (side / 2) * moves
    down, across = down * slope, across * slope
    places = _middles(side)
    columns = (down * places[:, None], down, across * places, across, warped * moves, moves)
    jacobian = np.stack(columns, axis=1).reshape(count, len(columns), -1)
    normal = (jacobian @ jacobian.transpose(0, 2, 1)).astype(np.float64)
    target = (jacobian @ rest.reshape(count, -1, 1)).astype(np.float64)
    diagonal = np.arange(len(columns))
    normal[:, diagonal, diagonal] *= 1.01
    normal[:, diagonal, diagonal] += 1e-3
    step = np.linalg.solve(normal, target)[:, :, 0].clip(-FARTHEST_STEP, FARTHEST_STEP)
    moved: npt.NDArray[np.float64] = (parameters + step).clip(_LOWEST, _HIGHEST)
    return moved


_LOWEST = np.array([1 - LARGEST_ZOOM, -LARGEST_SHIFT] * 2 + [LOWEST_GAIN, -LARGEST_BIAS])
_HIGHEST = np.array([1 + LARGEST_ZOOM, LARGEST_SHIFT] * 2 + [HIGHEST_GAIN, LARGEST_BIAS])


def _difference(dark: Floats, light: Floats, parameters: npt.NDArray[np.float64]) -> Floats:
    warped, inside = _warp(dark, parameters)
    gain, bias = (parameters[:, one, None, None, None].astype(np.float32) for one in (4, 5))
    expected = (gain * warped + bias).clip(0, 255)
    rest = (light - light.clip(_lowest_expected(warped, expected), expected)) * inside[:, None]
    # Seen a little out of focus: interpolation adds and takes fine grain, another picture differs in larger things.
    focus = _soften(dark.shape[-1])
    rest = focus @ rest @ focus.T
    down, across = np.gradient(focus @ expected @ focus.T, axis=(2, 3))
    contrast = np.minimum(expected.std(axis=(2, 3)).mean(axis=1), light.std(axis=(2, 3)).mean(axis=1))
    noise = LEAST_NOISE + NOISE_PER_CONTRAST * contrast
    pixels = dark.shape[-1] / SIDE  # a misplacement counts half as many pixels in a picture of half the side
    squares = (rest**2).mean(axis=1)
    slopes = (down**2 + across**2).mean(axis=1) * inside
    area = _over_blocks(inside)
    allowed = noise[:, None, None] ** 2 + (MISPLACEMENT * pixels) ** 2 * _over_blocks(slopes) / area.clip(1)
    ratio = np.where(area > 0, _over_blocks(squares) / area.clip(1) / allowed, 0)
    largest: Floats = np.sqrt(ratio.max(axis=(1, 2)))
    return largest


@cache
def _soften(side: int) -> Floats:
    """Each pixel with a quarter of either neighbour, as a matrix."""
    matrix = np.eye(side, dtype=np.float32) / 2 + (np.eye(side, k=1) + np.eye(side, k=-1)).astype(np.float32) / 4
    softened: Floats = matrix / matrix.sum(axis=1, keepdims=True)
    return softened


def _lowest_expected(warped: Floats, expected: Floats) -> Floats:
    """What a brightened pixel can be at least.

    A pixel of a thumbnail is a mean over many. Where some of those were white already, they did not become lighter,
    and how many they were is not known: then the mean lies between its old value and the brightened one.
    """
    white = expected >= WHITE
    near = white.copy()
    near[..., 1:, :] |= white[..., :-1, :]
    near[..., :-1, :] |= white[..., 1:, :]
    near[..., 1:] |= near[..., :-1].copy()
    near[..., :-1] |= near[..., 1:].copy()
    return np.where(near, np.minimum(warped, expected), expected)


def _over_blocks(values: Floats) -> Floats:
    count, side, _ = values.shape
    sums: Floats = values.reshape(count, BLOCKS, side // BLOCKS, BLOCKS, side // BLOCKS).sum(axis=(2, 4))
    return sums
