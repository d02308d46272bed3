"""What it takes to train on a prepared data set in a store, beside its folder: the copy, and then an epoch.

    pip install 'moto[server]' s3fs && moto_server -p 5555 &
    export AWS_ENDPOINT_URL=http://127.0.0.1:5555 AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x
    python benchmarks/prepared_in_store.py s3://bench/prepared/large --pictures 3000 --side 224
    python benchmarks/prepared_in_store.py s3://bench/prepared/small --pictures 400 --side 64 --train
    python benchmarks/prepared_in_store.py s3://bench/prepared/files --pictures 3000 --side 224 --file-mb 4 --epochs 2

The pictures are noise of two colours. They are prepared, put into the store, copied from there into an empty cache
(whose peak of memory is that of a process of its own, Linux), asked for again, and read in the order of an epoch from
folder and copy in turn; with --train, a small network is trained for one epoch on either. With --epochs, so many are
read in the order of files instead, from a whole copy and streamed, each in a process of its own with an empty cache:
time with and without the copy, largest size of the cache, and largest memory that is not a mapped file (Linux). Files
are made smaller by --file-mb, and those that stay with them. A real bucket may be named as well.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import fsspec
import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent.parent))

import vitrine

ROUNDS = 3
READINGS = ("shards", "streamed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address", help="where to put the data set; what lies there is written over")
    parser.add_argument("--pictures", type=int, default=3_000)
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--train", action="store_true", help="train on either, too")
    parser.add_argument("--file-mb", type=float, default=256, help="size of the files of pictures")
    parser.add_argument("--epochs", type=int, default=0, help="read so many by files, copied and streamed")
    parser.add_argument("--copy", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--reading", choices=("shards", "streamed"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    set_file_size(options.file_mb)
    if options.copy:
        copy(options.address)
        return
    if options.reading:
        read_by_files(options.address, options.reading, options.epochs)
        return
    address = options.address
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        os.environ["XDG_CACHE_HOME"] = f"{place}/cache"
        folder = prepare(options.pictures, options.side)
        print(f"data set: {sum(path.stat().st_size for path in folder.rglob('*') if path.is_file()) / 1e6:,.0f} MB")
        print(f"put into the store: {seconds(lambda: put(folder, address)):.1f} s")
        if options.epochs:
            for reading in (*READINGS, *READINGS):
                print(f"{reading}: {watch(sys.argv[1:], reading, place)}", flush=True)
            return
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


def set_file_size(megabytes: float) -> None:
    from vitrine.data.prepared import shards, training_files

    kept = training_files.KEPT_BYTES / shards.SHARD_BYTES
    shards.SHARD_BYTES = int(megabytes * 1e6)
    shards.BATCH_BYTES = min(shards.BATCH_BYTES, shards.SHARD_BYTES)
    training_files.KEPT_BYTES = int(kept * shards.SHARD_BYTES)


def read_by_files(address: str, reading: str, epochs: int) -> None:
    from vitrine.data.loading.loaders import build_step_loader
    from vitrine.data.loading.shard_batches import ShardBatches, find_shards, group_rows
    from vitrine.data.prepared.dataset import open_prepared, open_streamed

    start = time.perf_counter()
    prepared = open_streamed(Path(address)) if reading == "streamed" else open_prepared(Path(address))
    print(f"opened after {time.perf_counter() - start:.1f} s", end="")
    rows, files = prepared.splits["train"], prepared.away
    shards = (
        find_shards(prepared.folder, "train", rows["file"]) if files is None else group_rows(np.asarray(rows["shard"]))
    )
    batches = ShardBatches(shards, 64, 0)
    loader = build_step_loader(rows, batches, 0, files)
    for epoch in range(epochs):
        batches.start(epoch)
        print(f", epoch {epoch + 1} in {seconds(lambda: [batch['pixels'].sum() for batch in loader]):.1f} s", end="")


def watch(arguments: list[str], reading: str, place: str) -> str:
    """What the process says, and the most that it takes of disk and memory."""
    cache = Path(place, f"cache_{reading}")
    shutil.rmtree(cache, ignore_errors=True)
    environment = os.environ | {"XDG_CACHE_HOME": str(cache)}
    command = [sys.executable, __file__, *arguments, "--reading", reading]
    disk = memory = 0.0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as one:
        while one.poll() is None:
            disk, memory = max(disk, size_of(cache)), max(memory, anonymous(one.pid))
            time.sleep(0.05)
        said = one.stdout.read() if one.stdout else ""
    return f"{said}; {disk:,.0f} MB of disk, {memory:,.0f} MB of memory"


def size_of(folder: Path) -> float:
    """MB; files come and go meanwhile."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            total += path.stat().st_size
    return total / 1e6


def anonymous(process: int) -> float:
    """MB of memory that is no mapped file."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next((int(line.split()[1]) / 1e3 for line in lines if line.startswith("RssAnon")), 0.0)


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
