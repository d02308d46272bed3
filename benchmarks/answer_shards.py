"""What `predict --run-on` takes beside a plain loop over the same shards: time, memory, and whether the answers agree.

    python benchmarks/answer_shards.py MODEL --counts 5000 20000 --workers 1 2 4

The pictures are synthetic: JPEG of 128 px, drawn once. Each run is a process of its own with all that it starts.
Told: seconds of the clock and of the processor, with imports and the loading of models, and the most memory of the
coordinator and of one worker (proportional set size, looked at five times a second). `loop` does the shards one after
the other in one process, as workers do. At the end of each run its parts are compared with the loop's, byte by byte.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.peers.measuring import process_memory

SIDE = 128
PERIOD = 0.2  # seconds between two looks at the processes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--counts", type=int, nargs="+", default=[5_000, 20_000])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--engine", choices=("local", "dask"), default="local")
    parser.add_argument("--keep", type=Path, help="folder that keeps the pictures for another call")
    parser.add_argument("--loop", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.loop:
        loop(*options.loop)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        print(f"{'pictures':>9} {'engine':>8} {'clock, s':>9} {'processor, s':>12} {'pictures/s of processor':>24} "
              f"{'coordinator, MB':>16} {'worker, MB':>11}  parts as the loop's")  # fmt: skip
        for count in options.counts:
            pictures = folder / f"pictures-{count}"
            if not pictures.exists():
                draw(pictures, count)
            expected = Path(temporary) / "loop"
            measure("loop", [__file__, options.model, "--loop", options.model, str(pictures), str(expected)], count)
            for workers in options.workers:
                out = Path(temporary) / "out"
                command = ["-m", "vitrine", "predict", options.model, str(pictures), "--run-on", options.engine]
                command += ["--workers", str(workers), "--output", str(out)]
                measure(f"{options.engine} {workers}", command, count, out, expected)
                shutil.rmtree(out)
            shutil.rmtree(expected)


def draw(folder: Path, count: int) -> None:
    folder.mkdir(parents=True)
    generator = np.random.default_rng(0)
    for number in range(count):
        coarse = generator.integers(0, 256, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((SIDE, SIDE)).save(folder / f"{number:06}.jpg")


def loop(model: str, pictures: str, out: str) -> None:
    """The shards of a folder, one after the other."""
    from vitrine.data.sources.unlabeled import list_folder
    from vitrine.workflows.answers import answer_files, begin_answers, name_question
    from vitrine.workflows.runtime import load_predictor

    question = name_question(model, load_predictor(model), top_k=3)
    begin_answers(Path(out), question[0])
    answer_files(Path(out), list_folder(Path(pictures), pictures), question, Loop())


class Loop:
    """An engine that does all in this process."""

    def share(self, works):
        """All of them."""
        return works

    def run(self, works):
        """Does each."""
        for work in works:
            work.do()
            yield work


def measure(name: str, words: list[str], count: int, out: Path | None = None, expected: Path | None = None) -> None:
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, *words], stderr=subprocess.PIPE, cwd=Path(__file__).parents[1])
    watch = Watch(process.pid)
    watch.start()
    _, errors = process.communicate()
    seconds = time.perf_counter() - begun
    watch.done.set()
    watch.join()
    if process.returncode:
        sys.exit(errors.decode())
    spent = sum(watch.processor.values())
    agree = "" if out is None or expected is None else str(contents(out) == contents(expected))
    print(f"{count:>9,} {name:>8} {seconds:>9.1f} {spent:>12.1f} {count / spent:>24.1f} {watch.own / 1e6:>16.0f} "
          f"{watch.worker / 1e6:>11.0f}  {agree}", flush=True)  # fmt: skip


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "parts").glob("*.parquet")}


class Watch(threading.Thread):
    """Looks at a process and those that it started.

    Attributes:
        own: most memory of the process, in bytes.
        worker: most memory of one that it started.
        processor: seconds of the processor, by process.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.own = self.worker = 0
        self.processor: dict[int, float] = {}
        self.done = threading.Event()
        self._root = psutil.Process(pid)

    def run(self) -> None:
        """Looks, every so often."""
        while not self.done.wait(PERIOD):
            try:
                children = self._root.children(recursive=True)
            except psutil.Error:
                return
            self.own = max(self.own, process_memory(self._root))
            self.worker = max([self.worker, *map(process_memory, children)])
            for one in (self._root, *children):
                try:
                    times = one.cpu_times()
                except psutil.Error:
                    continue
                self.processor[one.pid] = times.user + times.system


if __name__ == "__main__":
    main()
