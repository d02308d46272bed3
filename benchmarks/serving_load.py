"""Many clients at once: the plain route beside the same function behind Gradio's queue, on one server in turns.

    python -m vitrine export MODEL int8.onnx --format int8
    python benchmarks/serving_load.py int8.onnx [--clients 100] [--seconds 60] [--rounds 1]
    python benchmarks/serving_load.py int8.onnx --growth 20000     # memory of the server over so many requests

Each client is a thread that sends one JPEG of 400 x 400 pixels after another and waits for each answer; Gradio's way
takes three requests (upload, call, answer). The clients share the cores with the server. p99 is of the answers' times.
"""

import argparse
import http.client
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import numpy as np
import psutil
from app_latency import running_app
from pictures import draw_pictures

BOUNDARY = "vitrine-form"
FIRST = 1000  # requests after which memory is compared
GROWTH_CLIENTS = 8
Ask = Callable[[http.client.HTTPConnection, bytes], None]


@dataclass
class Counts:
    """Seconds of each answer, and what failed."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="ONNX file or model folder")
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each way and round")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--growth", type=int, metavar="REQUESTS", help="measure memory over so many requests instead")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS), metavar="WAY", help="default: both")
    options = parser.parse_args()
    ways = {way: WAYS[way] for way in options.ways}
    with TemporaryDirectory() as folder:
        draw_pictures(Path(folder) / "pictures", 1)
        picture = next((Path(folder) / "pictures").iterdir()).read_bytes()
        with running_app(options.model) as address:
            if options.growth:
                measure_growth(address, picture, ways, options.growth)
            else:
                measure_load(address, picture, ways, options.clients, options.seconds, options.rounds)


def measure_load(address: str, picture: bytes, ways: dict[str, Ask], clients: int, seconds: float, rounds: int) -> None:
    print("| way | clients | requests/s | p50, s | p99, s | 2 x clients / throughput, s | errors |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for _ in range(rounds):
        for way, ask in ways.items():
            until = time.monotonic() + seconds
            begun = time.perf_counter()
            counts = send(address, picture, ask, clients, lambda until=until: time.monotonic() < until)
            rate = len(counts.seconds) / (time.perf_counter() - begun)
            half, most = np.quantile(counts.seconds, (0.5, 0.99))
            errors = f"{len(counts.errors)} {counts.errors[:1]}" if counts.errors else "0"
            print(
                f"| {way} | {clients} | {rate:.1f} | {half:.2f} | {most:.2f} | {2 * clients / rate:.2f} | {errors} |",
                flush=True,
            )


def measure_growth(address: str, picture: bytes, ways: dict[str, Ask], requests: int) -> None:
    server = next(
        psutil.Process(one.pid) for one in psutil.net_connections("tcp")
        if one.status == psutil.CONN_LISTEN and one.laddr.port == urlsplit(address).port and one.pid
    )  # fmt: skip
    for way, ask in ways.items():
        sizes = []
        for count in (FIRST, requests):
            left = iter(range(count))
            counts = send(address, picture, ask, GROWTH_CLIENTS, lambda left=left: next(left, None) is not None)
            assert not counts.errors, counts.errors[:3]
            sizes.append(server.memory_info().rss / 1e6)
        growth = sizes[1] / sizes[0] - 1
        print(f"{way}: {sizes[0]:.0f} MB after {FIRST}, {sizes[1]:.0f} MB after {requests} more ({growth:+.1%})")


def send(address: str, picture: bytes, ask: Ask, clients: int, goes_on: Callable[[], bool]) -> Counts:
    """Lets `clients` threads ask while `goes_on`."""
    counts, place = Counts(), urlsplit(address)

    def work() -> None:
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=120)
        while goes_on():
            begun = time.perf_counter()
            try:
                ask(connection, picture)
            except Exception as error:  # whatever it is, it is a request without an answer
                counts.errors.append(repr(error)[:200])
                connection.close()
                continue
            counts.seconds.append(time.perf_counter() - begun)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return counts


def ask_plainly(connection: http.client.HTTPConnection, picture: bytes) -> None:
    answer = json.loads(request(connection, "POST", "/predict?top_k=5", *form("picture", picture)))
    assert len(answer["probabilities"]) == 5, answer


def ask_by_queue(connection: http.client.HTTPConnection, picture: bytes) -> None:
    (path,) = json.loads(request(connection, "POST", "/gradio_api/upload", *form("files", picture)))
    data = json.dumps({"data": [{"path": path, "meta": {"_type": "gradio.FileData"}}, 5]}).encode()
    json_type = {"Content-Type": "application/json"}
    call = json.loads(request(connection, "POST", "/gradio_api/call/decide", data, json_type))["event_id"]
    answer = request(connection, "GET", f"/gradio_api/call/decide/{call}", None, {})
    assert answer.startswith(b"event: complete"), answer


WAYS = {"plain route": ask_plainly, "Gradio's queue": ask_by_queue}


def form(name: str, picture: bytes) -> tuple[bytes, dict[str, str]]:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="picture.jpg"\r\n\r\n'
    body = head.encode() + picture + f"\r\n--{BOUNDARY}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def request(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None, headers: dict[str, str]
) -> bytes:
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    content = answer.read()
    assert answer.status == 200, (answer.status, content[:200])
    return content


if __name__ == "__main__":
    main()
