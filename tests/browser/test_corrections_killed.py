"""A server that is killed in the middle of corrections has kept all that it acknowledged."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx2
import pytest

from tests.app.models import write_model
from vitrine.corrections.store import CorrectionStore

ROOT = Path(__file__).parents[2]
PICTURES, CORRECTIONS, KILLS = 400, 200, 25
# One process loads the libraries, which takes seconds; every server is a copy of it that knows nothing of the others.
SERVERS = """
import os, sys, threading
from pathlib import Path
from tests.app.models import LABELS, serving
from tests.app.queues import open_noise, queued
from vitrine.app.corrections import CorrectionDesk
from vitrine.corrections.review_queue import ReviewQueue
from vitrine.corrections.store import CorrectionStore
pictures = tuple(queued(f"{number}.png") for number in range(int(sys.argv[3])))
queue = ReviewQueue(pictures, LABELS, open_noise, lambda _: False)
for _ in sys.stdin:
    if os.fork():
        os.wait()
        continue
    with serving(Path(sys.argv[1]), CorrectionDesk(CorrectionStore(Path(sys.argv[2])), queue)) as address:
        print(os.getpid(), address, flush=True)
        threading.Event().wait()
"""


class Visitor:
    """Presses buttons of the review tab as a browser does.

    Args:
        address: of the page.
    """

    def __init__(self, address: str) -> None:
        self.api = f"{address}/gradio_api"
        self.session = f"{random.getrandbits(40):x}"
        self.http = httpx2.Client(timeout=30)
        config = self.http.get(f"{address}/config").json()
        ids: dict[str, int] = {}
        for part in config["components"]:  # those of the page's first language come first
            ids.setdefault(part["props"].get("elem_id"), part["id"])
        self.events = {
            name: event["id"]
            for event in config["dependencies"]
            for name, button in ids.items()
            if name and [button, "click"] in event["targets"]
        }
        tab = next(part["id"] for part in config["components"] if part["props"].get("id") == "review")
        self.begin = next(event["id"] for event in config["dependencies"] if [tab, "select"] in event["targets"])

    def call(self, event: int, *data: object) -> list:
        """What an event returns; "" where the server died."""
        body = {"data": list(data), "fn_index": event, "session_hash": self.session, "event_data": None}
        self.http.post(f"{self.api}/queue/join", json=body).raise_for_status()
        with self.http.stream("GET", f"{self.api}/queue/data", params={"session_hash": self.session}) as lines:
            for line in lines.iter_lines():
                said = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
                if said.get("msg") == "process_completed":
                    assert said["success"], said
                    return said["output"]["data"]
        raise httpx2.ReadError("the server is gone")

    def place(self, output: list) -> str:
        """Number of the picture that is on display."""
        return output[3].partition('data-place="')[2].partition('"')[0]


@pytest.fixture
def start_server(tmp_path):
    """A function that starts a server with the store of the test; returns its process id and its address."""
    command = [sys.executable, "-c", SERVERS, str(write_model(tmp_path / "model")), str(tmp_path / "store")]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [*command, str(PICTURES)], cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as servers:

        def start() -> tuple[int, str]:
            servers.stdin.write("\n")
            servers.stdin.flush()
            process, address = servers.stdout.readline().split()
            return int(process), address

        yield start
        servers.stdin.close()
        servers.wait(30)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_acknowledged_correction_is_there_after_25_kills_during_200(start_server, tmp_path):
    folder = tmp_path / "store"
    chance = random.Random(0)  # noqa: S311 (moments of a test)
    acknowledged: list[str] = []
    for kill in range(KILLS):
        server, address = start_server()
        visitor = Visitor(address)
        output = visitor.call(visitor.begin, None, False, "ann")
        last = len(acknowledged) + chance.randint(CORRECTIONS // KILLS - 4, CORRECTIONS // KILLS + 4)
        try:
            while True:
                place, began = visitor.place(output), time.monotonic()
                output = visitor.call(visitor.events["review-choice-1"], place, None, False, "ann", None, "")
                assert "Kept: " in output[4], (place, output[3:5])
                acknowledged.append(place)
                if len(acknowledged) == last:  # then in any part of the next one
                    delay = chance.uniform(0, time.monotonic() - began)
                    threading.Timer(delay, os.kill, [server, signal.SIGKILL]).start()
        except (httpx2.HTTPError, json.JSONDecodeError):
            pass
        kept = [one.file for one in CorrectionStore(folder).all()]
        missing = {f"{place}.png" for place in acknowledged} - set(kept)
        assert missing == set(), f"after kill {kill + 1}"
    print(f"{len(acknowledged)} acknowledged, {len(kept)} kept")  # noqa: T201 (for the record of figures)
    assert len(acknowledged) >= CORRECTIONS / 2
    assert len(kept) - len(acknowledged) <= KILLS  # at each moment one may have been kept and not yet acknowledged
