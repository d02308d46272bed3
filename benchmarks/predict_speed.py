"""How fast `python -m vitrine predict` is beside an older build, on an idle machine and on a busy one; and its memory.

Whole processes are timed, start included, in turn (A B A B), each with its own checkout on PYTHONPATH; the two tables
must name the same class for every picture. "Busy" is beside four processes that only compute. Peak memory is that of
this build for a tenth of the pictures and for all of `--memory-pictures`: it shall not grow.

    git worktree add OLDER COMMIT
    python benchmarks/predict_speed.py MODEL --baseline OLDER [--pictures 1000] [--rounds 2] [--memory-pictures 10000]
"""

import argparse
import csv
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pictures import draw_pictures

ROOT = Path(__file__).parent.parent
BUSY_PROCESSES = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="model folder; ResNet-18, say")
    parser.add_argument("--baseline", type=Path, help="checkout of an older build")
    parser.add_argument("--pictures", type=int, default=1000, help="JPEG of 400 px (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=2, help="of each side (default %(default)s)")
    parser.add_argument("--memory-pictures", type=int, default=10_000, help="0: memory is not measured")
    options = parser.parse_args()
    model = str(options.model.resolve())
    print(f"{os.cpu_count()} cores, load before the start {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory(prefix="vitrine-") as workspace:
        folder = Path(workspace)
        if options.baseline:
            draw_pictures(folder / "pictures", options.pictures)
            compare(model, options.baseline.resolve(), folder, options.rounds, busy=False)
            compare(model, options.baseline.resolve(), folder, options.rounds, busy=True)
        if options.memory_pictures:
            for count in (options.memory_pictures // 10, options.memory_pictures):
                draw_pictures(folder / str(count), count)
                seconds, megabytes = run(ROOT, model, folder / str(count), folder / "memory.csv")
                print(f"{count:>6,} pictures: {megabytes:,.0f} MB at most, {seconds:.1f} s", flush=True)


def compare(model: str, baseline: Path, folder: Path, rounds: int, busy: bool) -> None:
    """Times both builds in turn and says how many times as fast this one is."""
    sides = {"baseline": baseline, "this build": ROOT}
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    with busy_processes(BUSY_PROCESSES if busy else 0):
        for _ in range(rounds):
            for name, checkout in sides.items():
                found, _ = run(checkout, model, folder / "pictures", folder / f"{name}.csv")
                seconds[name].append(found)
    check_alike(folder / "baseline.csv", folder / "this build.csv")
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    words = f"beside {BUSY_PROCESSES} busy processes" if busy else "alone"
    listed = ", ".join(f"{name} {' '.join(f'{one:.1f}' for one in values)} s" for name, values in seconds.items())
    print(f"{words}: {listed}; {medians['baseline'] / medians['this build']:.2f} times as fast", flush=True)


def run(checkout: Path, model: str, pictures: Path, table: Path) -> tuple[float, float]:
    """Seconds and peak memory in MB of one whole process."""
    command = [sys.executable, "-m", "vitrine", "predict", model, str(pictures), "--output", str(table)]
    before = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=checkout, env={**os.environ, "PYTHONPATH": str(checkout)}, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - before
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{checkout}: predict failed with code {process.returncode}")
    return seconds, usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)


def check_alike(first: Path, second: Path) -> None:
    """Makes sure that both builds did the same work."""
    tables = [list(csv.DictReader(path.open(encoding="utf-8"))) for path in (first, second)]
    assert len(tables[0]) == len(tables[1])
    for one, other in zip(*tables, strict=True):
        assert (one["file"], one["problem"], one["label_1"]) == (other["file"], other["problem"], other["label_1"])
        assert abs(float(one["probability_1"]) - float(other["probability_1"])) < 1e-4


@contextmanager
def busy_processes(count: int) -> Iterator[None]:
    """Keeps as many processes computing as are asked for."""
    processes = [multiprocessing.Process(target=compute, daemon=True) for _ in range(count)]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.kill()


def compute() -> None:
    while True:
        sum(range(100_000))


if __name__ == "__main__":
    main()
