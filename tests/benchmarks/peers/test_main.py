"""One row for each peer, whatever happens to it."""

from argparse import Namespace

from benchmarks.peers import __main__ as program
from benchmarks.peers.environments import PeerError
from benchmarks.peers.listed import SERVING, TRAINING


def refuse(*_: object) -> None:
    raise PeerError("no wheel for this system")


def test_a_peer_that_cannot_be_installed_has_a_row_that_says_why(monkeypatch, tmp_path):
    monkeypatch.setattr(program, "install", refuse)
    row = program.train_peer(TRAINING["keras"], tmp_path, Namespace(environments=tmp_path))
    assert (row.name, row.failure, row.accuracy) == ("Keras", "no wheel for this system", None)


def test_servers_that_cannot_be_installed_keep_their_rows_beside_the_others(monkeypatch, tmp_path):
    (tmp_path / "runs" / "peers" / "latest").mkdir(parents=True)
    (tmp_path / "data" / "test" / "0000").mkdir(parents=True)
    (tmp_path / "data" / "test" / "0000" / "1.jpg").write_bytes(b"picture")
    monkeypatch.setattr(program, "install", refuse)
    monkeypatch.setattr(program, "write_served", lambda *_: None)
    monkeypatch.setattr(program, "measure_server", lambda name, *_: program.ServingRow(name, label="cat"))
    options = Namespace(environments=tmp_path, servers=list(SERVING), clients=1, seconds=1.0)
    rows = program.serve_all(tmp_path, options)
    assert [row.failure for row in rows] == ["", "", *["no wheel for this system"] * len(SERVING)]


def test_without_a_trained_model_serving_says_so(tmp_path):
    (row,) = program.serve_all(tmp_path, Namespace())
    assert "the training failed" in row.failure
