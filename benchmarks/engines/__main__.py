"""Ray, Dask and Daft beside a plain loop and Vitrine's own pool, all on Vitrine's unit of work: the scan of a shard.

    python -m benchmarks.engines [--pictures 4000] [--workers 2] [--folder build/engines]

The pictures are synthetic JPEG of 128 px. Engines are installed into an environment of their own, on top of the one
that this runs in. Each engine does the same units in a process of its own: once with one worker, beside the plain loop;
then with several, of which one is killed in the middle of a unit; then with a unit that ends every process that does
it. Seconds of the processor, of all processes that an engine starts, are told beside those of the clock. At the end,
what the decoders of the engines make of pictures that are not plain.
"""

import argparse
import json
import shutil
import site
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.engines.units import count_attempts  # noqa: E402 (after the path)
from benchmarks.peers.measuring import end_tree, process_memory  # noqa: E402 (after the path)

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
ENGINES = ("loop", "local", "dask", "ray", "ray data", "daft")
PERIOD = 0.2  # seconds between two looks at the processes
SIDE = 128
LIMIT_SECONDS = 180
RESULT = "result:"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.engines", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=4000)
    parser.add_argument("--workers", type=int, default=2, help="of the runs in which one is killed")
    parser.add_argument("--engines", nargs="*", choices=ENGINES, default=ENGINES, metavar="ENGINE")
    parser.add_argument("--repeats", type=int, default=1, help="of the run with one worker; the fastest counts")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "engines", help="of all that is written")
    options = parser.parse_args()
    folder = options.folder.resolve()
    pictures = folder / f"pictures-{options.pictures}"
    if not pictures.exists():
        draw(pictures, options.pictures)
    python = install(folder / "environment")
    plain = 0.0
    print(
        "engine     start s  run s  CPU s  overhead  peak MB "
        "| one killed: done, begun again (it, others) | always dying: done, error"
    )
    for engine in options.engines:
        alone = [run(python, engine, pictures, folder, 1, "never") for _ in range(options.repeats)]
        told = min(alone, key=lambda one: one["processor_seconds"])
        plain = plain or told["seconds"]
        line = (
            f"{engine:<9} {told['start_seconds']:>8.1f} {told['seconds']:>6.1f} {told['processor_seconds']:>6.1f} "
            f"{told['seconds'] / plain - 1:>9.1%} {told['peak_megabytes']:>8.0f}"
        )
        if engine != "loop":
            once = run(python, engine, pictures, folder, options.workers, "once")
            always = run(python, engine, pictures, folder, options.workers, "always")
            again = once["attempts_at_killer"] - 1, once["attempts_at_others"] - once["units"] + 1
            line += f" | {once['done']}/{once['units']}, {again} {once['error']} "
            line += f"| {always['done']}/{always['units']} after {always['attempts_at_killer']}, {always['error']}"
        print(line, flush=True)
    print(subprocess.run([python, "-m", "benchmarks.engines.decoders"], cwd=ROOT, capture_output=True, text=True,
                         check=True).stdout.partition(RESULT)[2])  # fmt: skip


def draw(folder: Path, count: int) -> None:
    folder.mkdir(parents=True)
    generator = np.random.default_rng(0)
    for number in range(count):
        coarse = generator.integers(0, 256, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((SIDE, SIDE)).save(folder / f"{number:06}.jpg")


def install(environment: Path) -> Path:
    """An environment on top of this one, with the engines; returns its Python."""
    python = environment / "bin" / "python"
    if not (environment / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        packages = next((environment / "lib").glob("python*/site-packages"))
        (packages / "base.pth").write_text("\n".join(site.getsitepackages()), "utf-8")
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", REQUIREMENTS], check=True)
        (environment / "installed").touch()
    return python


def run(python: Path, engine: str, pictures: Path, folder: Path, workers: int, kill: str) -> dict:
    """Lets an engine do all units, and watches its processes."""
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    command = [python, "-m", "benchmarks.engines.sides", engine, "--pictures", pictures, "--out", out]
    command += ["--workers", str(workers), "--kill", kill]
    begun = time.perf_counter()
    with (folder / "errors.txt").open("w") as errors:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True)
    watch = Watch(process.pid)
    watch.start()
    try:
        output, _ = process.communicate(timeout=LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        output = ""
    finally:
        watch.done.set()
        end_tree(process)
    lines = [line for line in output.splitlines() if line.startswith(RESULT)]
    parts = len(list(out.glob("*.parquet")))
    ended = f"did not end in {LIMIT_SECONDS} s" if process.returncode == -9 else f"exit code {process.returncode}"
    told = {"error": ended, "start_seconds": 0.0, "seconds": time.perf_counter() - begun, "done": parts, "units": 0}
    attempts = count_attempts(out)
    killer = max(attempts.values(), default=0)
    told |= {"attempts_at_killer": killer, "attempts_at_others": sum(attempts.values()) - killer}
    if lines:
        told = json.loads(lines[-1].removeprefix(RESULT))
    return told | {"processor_seconds": sum(watch.processor.values()), "peak_megabytes": watch.peak / 1e6}


class Watch(threading.Thread):
    """Looks at the processes that one started.

    Attributes:
        peak: most memory of all of them together, in bytes.
        processor: seconds of the processor, by process.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self.processor: dict[int, float] = {}
        self.done = threading.Event()
        self._root = psutil.Process(pid)

    def run(self) -> None:
        """Looks, every so often."""
        while not self.done.wait(PERIOD):
            try:
                tree = [self._root, *self._root.children(recursive=True)]
            except psutil.Error:
                return
            self.peak = max(self.peak, sum(map(process_memory, tree)))
            for one in tree:
                try:
                    times = one.cpu_times()
                except psutil.Error:
                    continue
                self.processor[one.pid] = times.user + times.system


if __name__ == "__main__":
    main()
