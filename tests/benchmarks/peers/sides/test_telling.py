"""What a side says of itself."""

import json
from argparse import Namespace

import pytest

from benchmarks.peers.rows import RESULT
from benchmarks.peers.sides import telling
from benchmarks.peers.sides.telling import Record


def test_validation_does_not_count_as_training(monkeypatch, tmp_path, capsys):
    moments = iter([0.0, 10.0, 13.0, 23.0])
    monkeypatch.setattr(telling.time, "perf_counter", lambda: next(moments))
    for number in range(40):
        (tmp_path / "train" / str(number % 2)).mkdir(parents=True, exist_ok=True)
        (tmp_path / "train" / str(number % 2) / f"{number}.jpg").touch()
    record = Record()
    for accuracy in (0.5, 0.75):
        record.begin_training()
        record.end_training()
        record.end_training()
        record.end_epoch(accuracy)
    record.say(Namespace(data=tmp_path), ["torch"], 3, 4)
    line = json.loads(capsys.readouterr().out.removeprefix(RESULT))
    assert line["images_per_second"] == pytest.approx(2 * 40 / 20)
    assert [accuracy for _, accuracy in line["epochs"]] == [0.5, 0.75]
    assert (line["right"], line["total"], list(line["versions"])) == (3, 4, ["torch"])


def test_the_mark_of_the_line_is_the_one_that_is_looked_for():
    assert telling.RESULT == RESULT
