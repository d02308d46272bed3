"""How long the browser page takes to answer: from start to the first answer, and call by call.

    python benchmarks/app_latency.py runs/digits/latest/model
    git worktree add OLDER COMMIT
    python benchmarks/app_latency.py MODEL float32.onnx int8.onnx --baseline OLDER --rounds 5

Starts `app.py` as its users do, in a process of its own for each model, in turns, waits until it answers, and sends one
picture after another: with gradio_client, which makes three connections for each call, by plain HTTP on one connection
that stays open (three requests), and to the plain route `POST /predict` (one). An older build answers with the first
model, without the plain route. The picture is a JPEG of 640 x 480 pixels unless one is named with --picture. Told are
medians of the rounds.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
from gradio_client import Client, handle_file
from PIL import Image

ROOT = Path(__file__).parents[1]
START_LIMIT_SECONDS = 120


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", help="model folders, ONNX files or Hub ids")
    parser.add_argument("--picture", type=Path, help="picture to send; default: a JPEG of noise, 640 x 480")
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--runtime", help="that computes ONNX files, as of the app")
    parser.add_argument("--baseline", type=Path, help="checkout of an older build")
    options = parser.parse_args()
    sides = [(model, ROOT) for model in options.models]
    if options.baseline:
        sides.insert(0, (options.models[0], options.baseline.resolve()))
    found = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        picture = options.picture or write_picture(Path(folder) / "picture.jpg")
        for _ in range(options.rounds):
            for side in sides:
                for way, figures in measure(*side, picture, options.calls, options.runtime).items():
                    found[side, way].append(figures)
    print(f"| side | way | median of {options.calls} calls | 95th percentile | slowest | start to first answer |")
    print("| --- | --- | --- | --- | --- | --- |")
    for ((model, root), way), rounds in found.items():
        name = Path(model).name + ("" if root == ROOT else ", older build")
        *calls, start = (statistics.median(column) for column in zip(*rounds, strict=True))
        print(f"| {name} | {way} | " + " | ".join(f"{1000 * one:.1f} ms" for one in calls) + f" | {start:.1f} s |")


def measure(
    model: str, root: Path, picture: Path, calls: int, runtime: str | None = None
) -> dict[str, tuple[float, ...]]:
    """Median, 95th percentile and slowest call by each way, and the start; in seconds."""
    started = time.perf_counter()
    with running_app(model, root, runtime) as address, httpx.Client(base_url=address) as connection:
        client = Client(address, verbose=False)
        ask(client, picture)
        start = time.perf_counter() - started
        ways = {
            "gradio_client": lambda: ask(client, picture),
            "plain HTTP": lambda: ask_by_http(connection, picture),
            "plain route": lambda: ask_route(connection, picture),
        }
        if root != ROOT:
            del ways["plain route"]
        figures = {}
        for way, call in ways.items():
            seconds = timed(calls, call)
            figures[way] = (statistics.median(seconds), float(np.quantile(seconds, 0.95)), max(seconds), start)
    return figures


def ask(client: Client, picture: Path) -> str:
    answer = client.predict(picture=handle_file(picture), top_k=5, api_name="/predict")
    return str(answer["label"])


def ask_by_http(connection: httpx.Client, picture: Path) -> None:
    with picture.open("rb") as file:
        (path,) = connection.post("/gradio_api/upload", files={"files": file}).raise_for_status().json()
    data = [{"path": path, "meta": {"_type": "gradio.FileData"}}, 5]
    call = connection.post("/gradio_api/call/predict", json={"data": data}).raise_for_status().json()["event_id"]
    answer = connection.get(f"/gradio_api/call/predict/{call}").raise_for_status().text
    assert answer.startswith("event: complete"), answer


def ask_route(connection: httpx.Client, picture: Path) -> None:
    with picture.open("rb") as file:
        answer = connection.post("/predict", files={"picture": file}, params={"top_k": 5}).raise_for_status().json()
    assert answer["probabilities"], answer


def timed(calls: int, call: Callable[[], object]) -> list[float]:
    """Seconds of each call; any failure ends the benchmark."""
    seconds = []
    for _ in range(calls):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return seconds


@contextmanager
def running_app(model: str, root: Path = ROOT, runtime: str | None = None) -> Iterator[str]:
    """Starts the app of a checkout on any free port; yields its address once it prints it.

    Args:
        model: that answers.
        root: of the checkout.
        runtime: that computes an ONNX file; None: the usual one.
    """
    place = str(Path(model).resolve()) if Path(model).exists() else model
    command = [sys.executable, str(root / "app.py"), "--model", place, "--port", "0"]
    command += ["--runtime", runtime] if runtime and model.endswith(".onnx") else []
    surroundings = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True, env=surroundings) as process:
        try:
            yield wait_for_address(process)
        finally:
            process.terminate()


def wait_for_address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    deadline = time.monotonic() + START_LIMIT_SECONDS
    for line in process.stdout:
        if line.startswith("Open "):
            return line.removeprefix("Open ").strip()
        if time.monotonic() > deadline:
            break
    raise SystemExit("the app did not start; see its message above")


def write_picture(path: Path) -> Path:
    """Smooth noise: it takes about as long to decode as a photo of its size."""
    pixels = np.random.default_rng(0).integers(0, 256, (48, 64, 3)).astype(np.uint8)
    Image.fromarray(pixels).resize((640, 480), Image.Resampling.BICUBIC).save(path, quality=90)
    return path


if __name__ == "__main__":
    main()
