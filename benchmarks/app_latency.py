"""How long the browser page takes to answer: from start to the first answer, and call by call.

    python benchmarks/app_latency.py --model runs/digits/latest/model

Starts `app.py` as its users do, in a process of its own, waits until it answers, and sends one picture after another:
with gradio_client, which makes three connections for each call, and by plain HTTP on one connection that stays open.
The picture is a JPEG of 640 x 480 pixels unless one is named with --picture.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
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
    parser = argparse.ArgumentParser(description="Measures start-up and latency of app.py.")
    parser.add_argument("--model", required=True, help="model folder or Hub id")
    parser.add_argument("--picture", type=Path, help="picture to send; default: a JPEG of noise, 640 x 480")
    parser.add_argument("--calls", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        picture = options.picture or write_picture(Path(folder) / "picture.jpg")
        started = time.perf_counter()
        with running_app(options.model) as address:
            client = Client(address, verbose=False)
            label = ask(client, picture)
            to_first_answer = time.perf_counter() - started
            with httpx.Client(base_url=f"{address}/gradio_api") as connection:
                ways = {
                    "gradio_client": timed(options.calls, lambda: ask(client, picture)),
                    "plain HTTP": timed(options.calls, lambda: ask_by_http(connection, picture)),
                }
    print(f"model: {options.model}; start to first answer: {to_first_answer:.1f} s ({label})")
    print(f"| {options.calls} calls in a row | median | 95th percentile | slowest |")
    print("| --- | --- | --- | --- |")
    for way, seconds in ways.items():
        figures = (statistics.median(seconds), float(np.quantile(seconds, 0.95)), max(seconds))
        print(f"| {way} | " + " | ".join(f"{1000 * figure:.0f} ms" for figure in figures) + " |")


def ask(client: Client, picture: Path) -> str:
    answer = client.predict(picture=handle_file(picture), top_k=5, api_name="/predict")
    return str(answer["label"])


def ask_by_http(connection: httpx.Client, picture: Path) -> None:
    with picture.open("rb") as file:
        (path,) = connection.post("/upload", files={"files": file}).raise_for_status().json()
    data = [{"path": path, "meta": {"_type": "gradio.FileData"}}, 5]
    call = connection.post("/call/predict", json={"data": data}).raise_for_status().json()["event_id"]
    answer = connection.get(f"/call/predict/{call}").raise_for_status().text
    assert answer.startswith("event: complete"), answer


def timed(calls: int, call: Callable[[], object]) -> list[float]:
    """Seconds of each call; any failure ends the benchmark."""
    seconds = []
    for _ in range(calls):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return seconds


@contextmanager
def running_app(model: str) -> Iterator[str]:
    """Starts the app on any free port; yields its address once it prints it."""
    command = [sys.executable, str(ROOT / "app.py"), "--model", model, "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
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
