"""Pictures per second of every augmentation policy, beside torchvision's own transforms run picture by picture.

    python benchmarks/augmentation.py [--device cpu] [--threads 2] [--batch 32] [--side 224] [--repeats 15]

The batch is uint8 in channels_last, as the loader gives it; the result is float. All ways take turns, round by round,
so that a busy machine slows all of them; on one that others use too, go by the processor time with --threads 1.
"first version" does the work that `augment` did before it had more steps.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812
from torchvision.transforms import v2

sys.path.insert(0, str(Path(__file__).parent.parent))

from vitrine.data.augmentation.augment import augment, draw_numbers
from vitrine.data.augmentation.mixing import Mixing, mix, mixing_numbers
from vitrine.data.augmentation.policies import POLICIES

PLAIN = (v2.ToDtype(torch.float32),)
THEIRS: dict[str, v2.Transform] = {
    "torchvision: crop, flip": v2.Compose([v2.RandomResizedCrop(224, (0.36, 1)), v2.RandomHorizontalFlip(), *PLAIN]),
    "torchvision: crop, flip, rotation, jitter": v2.Compose(
        [
            v2.RandomResizedCrop(224, (0.36, 1)),
            v2.RandomHorizontalFlip(),
            v2.RandomRotation(15, v2.InterpolationMode.BILINEAR),
            v2.ColorJitter(0.15, 0.25),
            *PLAIN,
        ]
    ),
    "torchvision: the steps of strong": v2.Compose(
        [
            v2.RandomResizedCrop(224, (0.25, 1)),
            v2.RandomHorizontalFlip(),
            v2.RandomAffine(20, shear=6, interpolation=v2.InterpolationMode.BILINEAR),
            v2.ColorJitter(0.2, 0.4, 0.4, 0.05),
            v2.RandomGrayscale(0.1),
            v2.RandomApply([v2.GaussianBlur(11, (0.1, 1.5))], 0.2),
            v2.ToDtype(torch.float32, scale=True),
            v2.RandomApply([v2.GaussianNoise(0, 0.025)], 0.2),
            v2.RandomErasing(0.25, (0.02, 0.25)),
        ]
    ),
    "torchvision: TrivialAugmentWide, flip": v2.Compose(
        [v2.TrivialAugmentWide(interpolation=v2.InterpolationMode.BILINEAR), v2.RandomHorizontalFlip(), *PLAIN]
    ),
    "torchvision: RandAugment, flip": v2.Compose(
        [v2.RandAugment(interpolation=v2.InterpolationMode.BILINEAR), v2.RandomHorizontalFlip(), *PLAIN]
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    smooth = F.interpolate(torch.rand(options.batch, 3, 28, 28) * 255, options.side, mode="bilinear").to(torch.uint8)
    pixels = smooth.to(options.device).contiguous(memory_format=torch.channels_last)
    ways = list_ways(pixels)
    seconds = measure(ways, options.repeats, options.device)
    print(f"{options.batch} pictures of {options.side} px, {options.device}, {options.threads} threads")
    print("| way | ms per picture, median | fastest | processor ms, median | pictures/s, median |")
    print("| --- | --- | --- | --- | --- |")
    for name, rounds in seconds.items():
        waited, used = (1000 * np.array(part) / options.batch for part in zip(*rounds, strict=True))
        middle = statistics.median(waited)
        print(f"| {name} | {middle:.2f} | {waited.min():.2f} | {statistics.median(used):.2f} | {1000 / middle:,.0f} |")


def list_ways(pixels: torch.Tensor) -> dict[str, Callable[[int], object]]:
    """Functions of the epoch, which decides the random numbers."""
    indices = range(len(pixels))

    def ours(name: str) -> Callable[[int], object]:
        return lambda epoch: augment(pixels, draw_numbers(0, epoch, indices), name, horizontal_flip=True)

    def theirs(transform: v2.Transform) -> Callable[[int], object]:
        return lambda _: torch.stack([transform(picture) for picture in pixels])

    def mixing(kind: Mixing) -> Callable[[int], object]:
        labels, floats = torch.zeros(len(pixels), dtype=torch.long, device=pixels.device), pixels.float()
        return lambda epoch: mix(floats, labels, 10, kind, mixing_numbers(0, epoch, 0))

    return {
        "first version: light": lambda epoch: first_version(pixels, draw_numbers(0, epoch, indices), POLICIES["light"]),
        "first version: standard": lambda epoch: first_version(
            pixels, draw_numbers(0, epoch, indices), POLICIES["standard"]
        ),
        **{name: ours(name) for name in POLICIES},
        **{name: theirs(transform) for name, transform in THEIRS.items()},
        "mixup alone": mixing(Mixing(mixup=0.2)),
        "CutMix alone": mixing(Mixing(cutmix=1)),
    }


def first_version(pixels: torch.Tensor, numbers: np.ndarray, policy: object) -> torch.Tensor:
    """The same work as `augment` did: maps, one interpolation, and light as five new tensors."""
    turn = np.deg2rad(policy.rotation) * (2 * numbers[:, 2] - 1)
    view = policy.crop_min + (policy.crop_max - policy.crop_min) * numbers[:, 0]
    shift = (2 * numbers[:, 3:5] - 1).T * np.maximum(1 - view, 0)
    rows = [[view * np.cos(turn), -view * np.sin(turn), shift[0]], [view * np.sin(turn), view * np.cos(turn), shift[1]]]
    maps = torch.from_numpy(np.moveaxis(np.array(rows), -1, 0)).to(pixels.device, torch.float32)
    grid = F.affine_grid(maps, list(pixels.shape), align_corners=False)
    changed = F.grid_sample(pixels.float(), grid, padding_mode="reflection", align_corners=False)
    if not policy.contrast:
        return changed
    draws = torch.from_numpy(2 * numbers[:, 6:8] - 1).to(changed)[:, :, None, None, None]
    mean = changed.mean(dim=(1, 2, 3), keepdim=True)
    return (
        (changed - mean) * (1 + policy.contrast * draws[:, 0]) + mean + 255 * policy.brightness * draws[:, 1]
    ).clamp(0, 255)


def measure(
    ways: dict[str, Callable[[int], object]], repeats: int, device: str
) -> dict[str, list[tuple[float, float]]]:
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for epoch in range(-1, repeats):  # the first round warms up
        for name, way in ways.items():
            start, used = time.perf_counter(), time.process_time()
            way(epoch + 1)
            if device.startswith("cuda"):
                torch.cuda.synchronize()
            if epoch >= 0:
                seconds[name].append((time.perf_counter() - start, time.process_time() - used))
    return seconds


if __name__ == "__main__":
    main()
