"""Servers measured from outside; the servers here are a few lines of the standard library."""

import sys

import pytest

from benchmarks.peers.serving import Load, ServingRow, measure_server, write_serving_table

SERVER = """
import http.server, json, sys

class Answer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        content = json.dumps({"probabilities": [{"label": "cat", "probability": 1}]}).encode()
        self.send_response(STATUS)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[-1])), Answer).serve_forever()
"""
LOAD = Load(b"picture", clients=2, seconds=0.1)


def test_a_server_gets_its_figures(tmp_path):
    command = [sys.executable, "-c", SERVER.replace("STATUS", "200")]
    row = measure_server("a server", command, tmp_path, {}, LOAD)
    assert row.failure == ""
    assert row.requests_per_second > 1
    assert 0 < row.median_milliseconds < row.start_seconds * 1000
    assert write_serving_table([row], 2).splitlines()[-1].endswith("| cat |")


@pytest.mark.parametrize(
    ("program", "reason"),
    [("raise SystemExit('ImportError: x')", "ImportError: x"), (SERVER.replace("STATUS", "500"), "(500: ")],
)
def test_a_server_that_does_not_answer_keeps_its_row(program, reason, tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.peers.serving.START_LIMIT_SECONDS", 0.6)
    row = measure_server("a server", [sys.executable, "-c", program], tmp_path, {}, LOAD)
    assert row.requests_per_second is None
    assert reason in write_serving_table([row], 2).splitlines()[-1]


def test_a_failed_row_has_as_many_cells_as_the_head():
    head, _, row = write_serving_table([ServingRow("torch", "cannot | be installed")], 8).splitlines()
    assert head.count(" | ") == row.count(" | ")
