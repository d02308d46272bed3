"""What it takes to train on a prepared data set in a store, beside its folder: the copy, and then an epoch.

    pip install 'moto[server]' s3fs && moto_server -p 5555 &
    export AWS_ENDPOINT_URL=http://127.0.0.1:5555 AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x
    python benchmarks/prepared_in_store.py s3://bench/prepared/large --pictures 3000 --side 224
    python benchmarks/prepared_in_store.py s3://bench/prepared/small --pictures 400 --side 64 --train

The pictures are noise of two colours. They are prepared, put into the store, copied from there into an empty cache
(whose peak of memory is that of a process of its own, Linux), asked for again, and read in the order of an epoch from
folder and copy in turn; with --train, a small network is trained for one epoch on either. A real bucket may be named
as well.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import fsspec
import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent.parent))

import vitrine

ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address", help="where to put the data set; what lies there is written over")
    parser.add_argument("--pictures", type=int, default=3_000)
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--train", action="store_true", help="train on either, too")
    parser.add_argument("--copy", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.copy:
        copy(options.address)
        return
    address = options.address
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        os.environ["XDG_CACHE_HOME"] = f"{place}/cache"
        folder = prepare(options.pictures, options.side)
        print(f"data set: {sum(path.stat().st_size for path in folder.rglob('*') if path.is_file()) / 1e6:,.0f} MB")
        print(f"put into the store: {seconds(lambda: put(folder, address)):.1f} s")
        for what in ("copied", "asked for again"):
            command = [sys.executable, __file__, address, "--copy"]
            print(f"{what}: {subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()}")
        local = vitrine.DataSet.open(address)
        for _ in range(ROUNDS):
            for name, data in (("folder", vitrine.DataSet.open(folder)), ("store", local)):
                print(f"an epoch read, {name}: {seconds(lambda data=data: read(data)):.2f} s", flush=True)
        if not options.train:
            return
        runs = [train(place, options.side) for place in (str(folder), address, str(folder), address)]
        print(
            f"same weights: {len({run.folder.joinpath('model/model.safetensors').read_bytes() for run in runs}) == 1}"
        )


def prepare(count: int, side: int) -> Path:
    generator = np.random.default_rng(0)
    for number in range(count):
        pixels = generator.integers(0, 200, (side, side, 3), np.uint8)
        pixels[..., number % 2] += 50
        path = Path(f"drawn/{number % 2}/{number:06d}.jpg")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path, quality=50)
    return vitrine.prepare("drawn", image_size=side, checks={"near_duplicates": False}, progress=False).folder


def put(folder: Path, address: str) -> None:
    store, path = fsspec.url_to_fs(address)
    store.makedirs(path, exist_ok=True)
    store.put(f"{folder}/", f"{path}/", recursive=True)


def copy(address: str) -> None:
    from vitrine.data.prepared.local_copy import make_local

    before = peak()
    taken = seconds(lambda: make_local(Path(address)))
    print(f"{taken:.1f} s, {peak() - before:,.0f} MB of memory more than before")


def peak() -> float:
    """MB; `getrusage` would tell that of the process which started this one, too."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1e3


def read(data: vitrine.DataSet) -> None:
    from vitrine.data.loading.loaders import EpochSampler, StepBatches, build_step_loader

    rows = data.splits["train"]
    for batch in build_step_loader(rows, StepBatches(EpochSampler(len(rows), 0), 64), workers=0):
        batch["pixels"].sum()  # every page is touched


def train(data: str, side: int) -> "vitrine.Run":
    quick = {"model.small_cnn.filters": [8], "report.study": False, "engine.tracker": "none", "image_size": side}
    run = vitrine.train(data, epochs=1, seed=0, progress=False, **quick)
    print(f"an epoch trained, {data}: {run.metrics.training.seconds:.1f} s", flush=True)
    return run


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
