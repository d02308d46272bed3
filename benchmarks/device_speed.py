"""What a training loses to its pictures: beside the same step on synthetic pictures on the device, and beside timm.

Three sides, each in a process of its own, with random weights, AdamW and the same batch:

* vitrine: `train.py`'s own loop, reading, augmenting and all; the first epoch, which warms up, is left out;
* synthetic: forward, backward and update of the same network on one batch that lies on the device;
* timm: timm's loader, with a worker process per core, and timm's network of that name.

    python data_prep.py configs/s2_dogs5.yaml data.source=PICTURES
    python benchmarks/device_speed.py [--networks resnet50 efficientnet_b0] [--batch-size 64] [--epochs 4]
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.sides import load_matching_recipe, print_result, run_alone  # noqa: E402 (after the path)

SIDES = ("vitrine", "synthetic", "timm")
WARM_UP = 3  # steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", default=["resnet50", "efficientnet_b0"], help="names of timm")
    parser.add_argument("--prepared", type=Path, default=Path("prepared/s2_dogs5"))
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=4, help="two at least: the first one warms up")
    parser.add_argument("--steps", type=int, default=30, help="of the synthetic side")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        run = {"vitrine": run_vitrine, "synthetic": run_synthetic, "timm": run_timm}[options.side]
        print_result(run(options.networks[0], options))
        return
    print(f"{'pictures/s':<18}" + "".join(f"{side:>12}" for side in SIDES) + f"{'of synthetic':>14}", flush=True)
    for network in options.networks:
        speeds = {side: run_side(side, network, options) for side in SIDES}
        share = speeds["vitrine"] / speeds["synthetic"]
        print(f"{network:<18}" + "".join(f"{speeds[side]:>12.1f}" for side in SIDES) + f"{share:>14.1%}", flush=True)


def run_side(side: str, network: str, options: argparse.Namespace) -> float:
    """Pictures per second of one side."""
    arguments = ["--side", side, "--networks", network, "--prepared", str(options.prepared)]
    arguments += ["--batch-size", str(options.batch_size), "--epochs", str(options.epochs)]
    return float(run_alone(__file__, [*arguments, "--steps", str(options.steps)]))


def run_vitrine(network: str, options: argparse.Namespace) -> float:
    import pandas as pd

    from vitrine.records.folder import HISTORY
    from vitrine.training.run import run_training

    overrides = [f"model.backbone={network}", "model.pretrained=false", "augmentation.image_size=null"]
    overrides.append("augmentation.first_image_size=null")  # the synthetic step has one size, too
    overrides += [f"optim.batch_size={options.batch_size}", f"optim.epochs={options.epochs}", "report.study=false"]
    with tempfile.TemporaryDirectory() as folder:
        run_training(load_matching_recipe("s2_dogs5.yaml", options.prepared, overrides), Path(folder))
        speeds = pd.read_csv(Path(folder) / HISTORY)["images_per_second"]
    return float(speeds.iloc[1:].median())


def run_synthetic(network: str, options: argparse.Namespace) -> float:
    import torch

    from vitrine.data.prepared.dataset import open_prepared
    from vitrine.models.backbones.build import build_backbone, choose_memory_format, place

    prepared = open_prepared(options.prepared)
    names, side = prepared.label_names, prepared.facts.image_size
    model, _ = build_backbone(network, names, pretrained=False, image_size=side)
    model = place(model, find_device()).train()
    pixels = torch.randn(options.batch_size, 3, side, side, device=find_device())
    pixels = pixels.contiguous(memory_format=choose_memory_format(model))
    label_ids = torch.randint(len(names), (options.batch_size,), device=find_device())
    return train(model, ((pixels, label_ids) for _ in range(options.steps + WARM_UP)))


def run_timm(network: str, options: argparse.Namespace) -> float:
    import timm
    from timm.data import create_loader, resolve_model_data_config

    from vitrine.data.prepared.dataset import open_prepared

    prepared = open_prepared(options.prepared)
    split, side = prepared.splits["train"], prepared.facts.image_size

    class Pictures:
        """What timm calls a data set: it sets `transform`."""

        transform: Any = None

        def __len__(self) -> int:
            return len(split)

        def __getitem__(self, place: int) -> tuple[Any, int]:
            row = split[place]
            return self.transform(row["image"]), row["label"]

    device = find_device()
    model = timm.create_model(network, num_classes=len(prepared.label_names)).to(device).train()
    colors = resolve_model_data_config(model)
    loader = create_loader(
        Pictures(),
        input_size=(3, side, side),
        batch_size=options.batch_size,
        is_training=True,
        use_prefetcher=device.type == "cuda",
        mean=colors["mean"],
        std=colors["std"],
        num_workers=os.cpu_count() or 1,
        device=device,
    )
    import torch

    model = model.to(memory_format=torch.channels_last)
    return train(model, (batch for _ in range(options.epochs) for batch in loader))


def train(model: Any, batches: Iterable[tuple["torch.Tensor", "torch.Tensor"]]) -> float:
    """Pictures per second of plain steps, in the precision that Vitrine takes on this device."""
    import torch

    from vitrine.models.backbones.features import AUTOCAST
    from vitrine.training.machine.devices import choose_precision

    device = find_device()
    precision = choose_precision("auto", device)
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    begun, pictures = time.perf_counter(), 0
    for step, (pixels, label_ids) in enumerate(batches):
        if step == WARM_UP:
            synchronize(device)
            begun, pictures = time.perf_counter(), 0
        pixels, label_ids = pixels.to(device, non_blocking=True), label_ids.to(device, non_blocking=True)
        with torch.autocast(device.type, AUTOCAST.get(precision), enabled=precision in AUTOCAST):
            outputs = model(pixels.contiguous(memory_format=torch.channels_last))
            loss = torch.nn.functional.cross_entropy(getattr(outputs, "logits", outputs), label_ids)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        pictures += len(pixels)
    synchronize(device)
    return pictures / (time.perf_counter() - begun)


def synchronize(device: "torch.device") -> None:
    import torch

    if device.type == "cuda":
        torch.cuda.synchronize()


def find_device() -> "torch.device":
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


if __name__ == "__main__":
    main()
