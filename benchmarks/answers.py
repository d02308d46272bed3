"""How fast pictures are answered beside what a user would pick instead: `transformers.pipeline`, same model and files.

Each side is a process of its own, so that none has the libraries or threads of another; they take turns, and medians of
the rounds are printed. Beside wall time stands processor time, which other work on the machine changes less.

    python -m vitrine export MODEL float32.onnx; python -m vitrine export MODEL int8.onnx --format int8
    python benchmarks/answers.py MODEL float32.onnx int8.onnx [--openvino] [--pictures 1000] [--rounds 5]

One picture: from the file to the decision, median of 30 in a warm process. Many: JPEG files of 400 px to a CSV, whole
process, start included. Clients: threads that ask `Batcher` at once. Beside many and clients stands the bare network
of the same process: its seconds for as many pictures (a picture, of clients) in batches of 8, none of which is opened.
Where `predict` takes longer than that, pools of threads stand in each other's way, or pictures are late.
"""

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pictures import draw_pictures

if TYPE_CHECKING:  # what is imported at the start counts in the measured time
    from vitrine.predict.predictor import Predictor
    from vitrine.workflows.runtime import Asked

ROOT = Path(__file__).parent.parent
ANSWERS = 30
PIPELINE_BATCH = 32
CLIENTS = 64
REQUESTS = 256
BARE_PICTURES = 256  # that the bare network computes, at most


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="model folder")
    parser.add_argument("files", nargs="*", help="ONNX files of it")
    parser.add_argument("--pictures", type=int, default=1000, help="of the many (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="of each side (default %(default)s)")
    parser.add_argument("--openvino", action="store_true", help="ask files by OpenVINO, too")
    parser.add_argument("--runtime", help=argparse.SUPPRESS)
    parser.add_argument("--worker", choices=WORK, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        print(json.dumps(WORK[options.worker](options.model, options.folder, options.runtime)))
        return
    sides = [Side("pipeline", options.model), *(Side("vitrine", model) for model in (options.model, *options.files))]
    sides += [Side("vitrine", file, "openvino") for file in options.files if options.openvino]
    with tempfile.TemporaryDirectory(prefix="vitrine-") as workspace:
        folder = Path(workspace)
        draw_pictures(folder / "pictures", options.pictures)
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; medians of {options.rounds} rounds", flush=True)
        print("| side | what | seconds | processor seconds | bare network, s | start, s | peak MB |")
        print("|---|---|---|---|---|---|---|")
        for what in ("one", "many", "clients"):
            rounds = [[ask(side, what, folder) for side in sides] for _ in range(options.rounds)]
            for number, side in enumerate(sides):
                print_row(side, what, [found[number] for found in rounds])


@dataclass(frozen=True)
class Side:
    """Who answers: `kind` is pipeline or vitrine; the runtime that computes it, None for the usual one."""

    kind: str
    model: str
    runtime: str | None = None

    def __str__(self) -> str:
        return ", ".join(filter(None, (self.kind, Path(self.model).name, self.runtime)))


def print_row(side: Side, what: str, found: list[dict[str, float] | None]) -> None:
    rounds = [one for one in found if one is not None]
    if rounds:
        median = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
        print(
            f"| {side} | {what} | {median['seconds']:.4f} | {median['processor']:.4f} | {median['bare']:.4f} "
            f"| {median['start']:.3f} | {median['megabytes']:.0f} |",
            flush=True,
        )


def ask(side: Side, what: str, folder: Path) -> dict[str, float] | None:
    """What a fresh process measures."""
    name = f"{side.kind}_{what}"
    if name not in WORK:
        return None
    command = [sys.executable, __file__, side.model, "--worker", name, "--folder", str(folder)]
    command += ["--runtime", side.runtime] if side.runtime else []
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{name} failed"
    found: dict[str, float] = json.loads(said.splitlines()[-1])
    return {"start": 0.0, "bare": 0.0, **found, "megabytes": usage.ru_maxrss / 1024}


def time_answers(ask_about: Callable[[Path], Any], started: float, folder: Path) -> dict[str, float]:
    picture = min((folder / "pictures").iterdir())
    ask_about(picture)
    start = time.perf_counter() - started
    walls, processors = [], []
    for _ in range(ANSWERS):
        wall, processor = time.perf_counter(), time.process_time()
        ask_about(picture)
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    return {"seconds": statistics.median(walls), "processor": statistics.median(processors), "start": start}


def pipeline_one(model: str, folder: Path, runtime: None) -> dict[str, float]:
    started = time.perf_counter()
    from transformers import pipeline

    classify = pipeline("image-classification", model=model, trust_remote_code=False)
    return time_answers(lambda path: classify(str(path)), started, folder)


def vitrine_one(model: str, folder: Path, runtime: "Asked | None") -> dict[str, float]:
    started = time.perf_counter()
    from vitrine.workflows.runtime import load_predictor

    predictor = load_predictor(model, runtime)
    return time_answers(lambda path: predictor.predict_images([predictor.open_image(path)])[0], started, folder)


def pipeline_many(model: str, folder: Path, runtime: None) -> dict[str, float]:
    wall = time.perf_counter()
    from transformers import pipeline

    classify = pipeline("image-classification", model=model, trust_remote_code=False)
    files = [str(path) for path in sorted((folder / "pictures").iterdir())]
    with (folder / "pipeline.csv").open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        for file, said in zip(files, classify(files, batch_size=PIPELINE_BATCH, top_k=3), strict=True):
            table.writerow([file, *(value for one in said for value in one.values())])
    return {"seconds": time.perf_counter() - wall, "processor": time.process_time()}


def vitrine_many(model: str, folder: Path, runtime: "Asked | None") -> dict[str, float]:
    wall = time.perf_counter()
    from vitrine.commands.predict import main as predict

    chosen = ["--runtime", runtime] if runtime else []
    assert predict([model, str(folder / "pictures"), "--output", str(folder / "vitrine.csv"), *chosen]) == 0
    seconds, processor = time.perf_counter() - wall, time.process_time()
    from vitrine.workflows.runtime import load_predictor

    files = sorted((folder / "pictures").iterdir())
    bare = time_bare_network(load_predictor(model, runtime), files) * len(files)
    return {"seconds": seconds, "processor": processor, "bare": bare}


def time_bare_network(predictor: "Predictor", files: Sequence[Path]) -> float:
    """Seconds of the network alone for a picture, in batches of 8 that are prepared already."""
    pixels = predictor.pixels([predictor.open_image(path) for path in files[:8]])
    predictor.network.run(pixels)
    batches = max(4, min(len(files), BARE_PICTURES) // len(pixels))
    begun = time.perf_counter()
    for _ in range(batches):
        predictor.network.run(pixels)
    return (time.perf_counter() - begun) / (batches * len(pixels))


def vitrine_clients(model: str, folder: Path, runtime: "Asked | None") -> dict[str, float]:
    """Seconds a request of 64 clients, with decoding; `bare` is that of the network a picture, without."""
    from vitrine.predict.batcher import Batcher
    from vitrine.workflows.runtime import load_predictor

    predictor = load_predictor(model, runtime)
    files = sorted((folder / "pictures").iterdir())[:REQUESTS]
    bare = time_bare_network(predictor, files)
    batcher = Batcher(predictor)
    wall, processor = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(lambda path: batcher.predict(predictor.open_image(path)), files))
    seconds = (time.perf_counter() - wall) / len(files)
    print(f"batch sizes {dict(batcher.sizes)}", file=sys.stderr)
    return {"seconds": seconds, "processor": (time.process_time() - processor) / len(files), "bare": bare}


WORK = {
    function.__name__: function
    for function in (pipeline_one, vitrine_one, pipeline_many, vitrine_many, vitrine_clients)
}

if __name__ == "__main__":
    main()
