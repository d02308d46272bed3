"""What training and answering lose to their pictures: beside synthetic pictures on the device, and beside timm.

Three sides train, each in a process of its own, with random weights, AdamW and the same batch:

* vitrine: `train.py`'s own loop, reading, augmenting and all; the first epoch, which warms up, is left out;
* synthetic: forward, backward and update of the same network on one batch that lies on the device;
* timm: timm's loader, with a worker process per core, and timm's network of that name.

Two sides answer, in float32 on the device, both with the same stored pictures:

* predict: `predict_batches`, as the command `predict` asks;
* timm's inference: its loader with a worker process per core, and its network.

The target is 80 % of the synthetic side in training, and of timm's inference in answering.

    python benchmarks/device_speed.py [--networks resnet50 efficientnet_lite0] [--batch-size 64] [--epochs 4]

Without `--prepared`, a folder of `data_prep.py`, pictures of 400 px are drawn and prepared for it.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.sides import load_matching_recipe, print_result, run_alone  # noqa: E402 (after the path)

DRAWN, DRAWN_CLASSES = 2_000, 5
WARM_UP = 3  # steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--networks",
        nargs="+",
        default=["resnet50", "efficientnet_b0", "efficientnet_lite0"],
        help="names of `python -m vitrine backbones` (default: %(default)s)",
    )
    parser.add_argument("--prepared", type=Path, help="prepared pictures (default: drawn ones)")
    parser.add_argument("--pictures", type=int, default=DRAWN, help="that are drawn (default %(default)s)")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=4, help="two at least: the first one warms up")
    parser.add_argument("--steps", type=int, default=30, help="of the synthetic side")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        print_result(SIDES[options.side](options.networks[0], options))
        return
    with tempfile.TemporaryDirectory(prefix="vitrine-") as folder:
        if options.prepared is None:
            options.prepared = prepare_drawn(Path(folder), options.pictures)
        shares = f"{'of synthetic':>14}{'of inference':>14}"
        print(f"{'pictures/s':<20}" + "".join(f"{side:>12}" for side in SIDES) + shares, flush=True)
        for network in options.networks:
            speeds = {side: run_side(side, network, options) for side in SIDES}
            trained, answered = speeds["vitrine"] / speeds["synthetic"], speeds["predict"] / speeds["inference"]
            figures = "".join(f"{speed:>12.1f}" for speed in speeds.values())
            print(f"{network:<20}{figures}{trained:>14.1%}{answered:>14.1%}", flush=True)


def prepare_drawn(folder: Path, count: int) -> Path:
    """Draws pictures, and prepares them as `data_prep.py configs/s2_dogs5.yaml` does."""
    from benchmarks.pictures import draw_pictures
    from vitrine.commands.prepare import main as prepare

    (folder / "source").mkdir()
    draw_pictures(folder / "drawn", count)
    for number, path in enumerate(sorted((folder / "drawn").iterdir())):
        place = folder / "source" / f"class{number % DRAWN_CLASSES}"
        place.mkdir(exist_ok=True)
        path.rename(place / path.name)
    recipe, prepared = ROOT / "configs" / "s2_dogs5.yaml", folder / "prepared"
    overrides = [f"data.source={folder / 'source'}", f"data.prepared={prepared}", "checks.near_duplicates=off"]
    assert prepare([str(recipe), *overrides]) == 0
    return prepared


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


def build_timm(network: str, options: argparse.Namespace, is_training: bool) -> tuple[Any, Any]:
    """A network of timm, and its loader of the training pictures."""
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
    model = timm.create_model(find_architecture(network), num_classes=len(prepared.label_names)).to(device)
    colors = resolve_model_data_config(model)
    loader = create_loader(
        Pictures(),
        input_size=(3, side, side),
        batch_size=options.batch_size,
        is_training=is_training,
        use_prefetcher=device.type == "cuda",
        mean=colors["mean"],
        std=colors["std"],
        num_workers=os.cpu_count() or 1,
        device=device,
    )
    import torch

    return model.to(memory_format=torch.channels_last), loader


def run_timm(network: str, options: argparse.Namespace) -> float:
    model, loader = build_timm(network, options, is_training=True)
    return train(model.train(), (batch for _ in range(options.epochs) for batch in loader))


def run_inference(network: str, options: argparse.Namespace) -> float:
    import torch

    from vitrine.predict.runtimes.full_float32 import full_float32

    model, loader = build_timm(network, options, is_training=False)
    model.eval()

    def answer() -> Iterator[int]:
        for pixels, _ in loader:
            pixels = pixels.to(find_device(), non_blocking=True, memory_format=torch.channels_last)
            yield len(model(pixels).cpu())

    with full_float32(), torch.inference_mode():
        return time_second_time(answer)


def run_predict(network: str, options: argparse.Namespace) -> float:
    from vitrine.data.loading.labeled import list_images
    from vitrine.data.prepared.dataset import open_prepared
    from vitrine.models.backbones.build import build_backbone
    from vitrine.models.folder import build_processor, save_model
    from vitrine.predict.batches import predict_batches
    from vitrine.predict.predictor import Predictor

    prepared = open_prepared(options.prepared)
    model, normalization = build_backbone(network, prepared.label_names, pretrained=False)
    with tempfile.TemporaryDirectory() as folder:
        save_model(Path(folder) / "model", model, build_processor(prepared.facts.image_size, normalization))
        predictor = Predictor.load(str(Path(folder) / "model"))
    pictures = list_images(prepared, "train")
    return time_second_time(lambda: map(len, predict_batches(predictor, pictures, preprocessed=True)))


def time_second_time(answer: Callable[[], Iterable[int]]) -> float:
    """Pictures per second of a pass over all; the one before it warms up."""
    sum(answer())
    begun = time.perf_counter()
    return sum(answer()) / (time.perf_counter() - begun)


def find_architecture(network: str) -> str:
    """What timm calls it."""
    from vitrine.models.backbones.table import BACKBONES

    return BACKBONES[network].architecture


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


SIDES = {
    "vitrine": run_vitrine,
    "synthetic": run_synthetic,
    "timm": run_timm,
    "predict": run_predict,
    "inference": run_inference,
}

if __name__ == "__main__":
    main()
