"""Serving: one model and picture behind `POST /predict` of each side, asked by one client and by several at once."""

import http.client
import json
import re
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import numpy as np

from benchmarks.peers.environments import PeerError, last_words
from benchmarks.peers.measuring import started
from benchmarks.peers.rows import escape, join

BOUNDARY = "peers-form"
START_LIMIT_SECONDS = 180
WAIT_SECONDS = 120  # of one request
PAUSE_SECONDS = 0.2


@dataclass(frozen=True)
class ServingRow:
    """Serving with one library; figures are None where it failed.

    Attributes:
        name: of the side.
        failure: why there are no figures.
        start_seconds: from the start of the program to its first answer.
        median_milliseconds: of one client that asks again after each answer.
        requests_per_second: of all clients together.
        slow_milliseconds: 95th percentile of the clients' answers.
        peak_megabytes: of the process tree.
        label: first answer, the same on each side.
    """

    name: str
    failure: str = ""
    start_seconds: float | None = None
    median_milliseconds: float | None = None
    requests_per_second: float | None = None
    slow_milliseconds: float | None = None
    peak_megabytes: float | None = None
    label: str = ""


@dataclass(frozen=True)
class Load:
    """What is asked: the bytes of one picture, by so many clients at once, for so many seconds."""

    picture: bytes
    clients: int
    seconds: float


def measure_server(
    name: str, command: Sequence[str], folder: Path, environment: Mapping[str, str], load: Load
) -> ServingRow:
    """Starts a server, asks it, and ends it.

    Args:
        name: of the side.
        command: that serves at the port which is put behind it.
        folder: in which it runs.
        environment: variables beside those of this process.
        load: what it is asked.
    """
    port, begun = find_port(), time.perf_counter()
    file = re.sub(r"\W+", "_", name).strip("_")
    with started([*command, str(port)], folder, environment, file) as (process, watch):
        try:
            label = wait_for_answer(port, load.picture, process)
        except PeerError as error:
            said = last_words((folder / f"{file}.err").read_text("utf-8", "replace"))
            return ServingRow(name, f"{error}; {said}")
        start_seconds = time.perf_counter() - begun
        alone, _ = ask_for(port, load, 1)
        together, rate = ask_for(port, load, load.clients)
    if not alone or not together:
        return ServingRow(name, "requests failed under load")
    return ServingRow(
        name,
        start_seconds=start_seconds,
        median_milliseconds=float(np.median(alone)) * 1000,
        requests_per_second=rate,
        slow_milliseconds=float(np.quantile(together, 0.95)) * 1000,
        peak_megabytes=watch.peak / 1e6,
        label=label,
    )


def find_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for_answer(port: int, picture: bytes, process: subprocess.Popen[bytes]) -> str:
    """The label of the first answer.

    Raises:
        PeerError: the server ends, or does not answer in time.
    """
    deadline, reason = time.monotonic() + START_LIMIT_SECONDS, "never asked"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise PeerError(f"ended with code {process.returncode}")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_SECONDS)
        try:
            return ask(connection, picture)
        except (OSError, http.client.HTTPException) as error:
            reason = str(error)[:200]
            time.sleep(PAUSE_SECONDS)
        finally:
            connection.close()
    raise PeerError(f"no answer within {START_LIMIT_SECONDS:g} s ({reason})")


def ask(connection: http.client.HTTPConnection, picture: bytes) -> str:
    """Sends the picture as a form does; gives the label.

    Raises:
        http.client.HTTPException: the answer is not one.
    """
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="picture"; filename="picture.jpg"\r\n\r\n'
    body = head.encode() + picture + f"\r\n--{BOUNDARY}--\r\n".encode()
    connection.request("POST", "/predict", body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != http.client.OK:
        raise http.client.HTTPException(f"{answer.status}: {content[:200]!r}")
    try:
        return str(json.loads(content)["probabilities"][0]["label"])
    except (ValueError, LookupError, TypeError) as error:
        raise http.client.HTTPException(f"not an answer: {content[:200]!r}") from error


def ask_for(port: int, load: Load, clients: int) -> tuple[list[float], float]:
    """Seconds of each answer, and answers per second, while so many clients ask; a client ends at its first failure."""
    seconds: list[float] = []
    until = time.monotonic() + load.seconds

    def work() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_SECONDS)
        while time.monotonic() < until:
            begun = time.perf_counter()
            try:
                ask(connection, load.picture)
            except (OSError, http.client.HTTPException):
                seconds.clear()
                break
            seconds.append(time.perf_counter() - begun)
        connection.close()

    threads = [Thread(target=work) for _ in range(clients)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seconds, len(seconds) / (time.perf_counter() - begun)


def write_serving_table(rows: Sequence[ServingRow], clients: int) -> str:
    """The rows as a table of Markdown; those that failed say why."""
    load = f"{clients} clients, requests/s"
    head = ("server", "start, s", "1 client, median ms", load, "95 %, ms", "peak MB", "answer")
    return join([head, ["---"] * len(head), *(write_cells(row) for row in rows)])


def write_cells(row: ServingRow) -> list[str]:
    if row.failure:
        return [row.name, *["-"] * 5, escape(row.failure)]
    figures = [f"{row.start_seconds:.1f}", f"{row.median_milliseconds:.0f}", f"{row.requests_per_second:.1f}"]
    return [row.name, *figures, f"{row.slow_milliseconds:.0f}", f"{row.peak_megabytes:.0f}", escape(row.label)]
