"""Bars are shown where somebody watches, lines are written into a log that wants them, and nothing elsewhere."""

import io
import re
import time

import pytest
from rich.console import Console
from rich.progress import Progress

from vitrine.workflows.progress import show_progress


def written(wanted, terminal):
    stream = io.StringIO()
    with show_progress(wanted, Console(file=stream, force_terminal=terminal, width=80)) as show:
        show("features", 1, 2)
        show("drawing", 0, 0)
    return stream.getvalue()


@pytest.mark.parametrize(("wanted", "terminal"), [(None, False), (False, True), (False, False)])
def test_nothing_is_written_to_a_log_or_where_it_is_not_wanted(wanted, terminal):
    assert written(wanted, terminal) == ""


@pytest.mark.parametrize(("wanted", "terminal"), [(None, True), (True, True)])
def test_each_kind_of_work_has_its_bar(wanted, terminal):
    assert "features" in written(wanted, terminal)
    assert "drawing" in written(wanted, terminal)


def test_bars_tell_pace_time_left_and_faults(monkeypatch):
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=120)
    with show_progress(True, console) as show:
        for done in range(5):
            time.sleep(0.2)
            show("checking", done * 1000, 9000, faults=done)
        time.sleep(0.2)
    assert re.search(r"checking.* 44%.* [\d,]+ pictures/s.*0:0\d.*4 unreadable", plain(stream.getvalue()))


def test_what_was_done_before_is_no_pace(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("vitrine.workflows.progress.time.monotonic", lambda: now[0])
    told = []
    monkeypatch.setattr(Progress, "update", lambda *_, **fields: told.append(fields.get("pace")))
    with show_progress(True, Console(file=io.StringIO(), force_terminal=True)) as show:
        for seconds, done in ((0.0, 0), (0.1, 4000), (0.2, 8000), (10.0, 9000), (20.0, 10_000)):
            now[0] = 100.0 + seconds
            show("answering", done, 20_000)
    assert told[-2:] == [100.0, 100.0]


def test_what_was_done_before_is_no_pace_in_a_log_either(monkeypatch):
    now, stream = [100.0], io.StringIO()
    monkeypatch.setattr("vitrine.workflows.progress.time.monotonic", lambda: now[0])
    with show_progress(console=Console(file=stream, width=100), lines=True) as show:
        for seconds, done in ((0.0, 0), (0.4, 900_000), (40.4, 903_333)):
            now[0] = 100.0 + seconds
            show("answering", done, 1_000_000)
    assert ", 82 pictures/s, 19:32 left" in stream.getvalue()


def plain(text):
    return re.sub("\x1b\\[[^A-Za-z]*[A-Za-z]", "", text)


def test_a_log_gets_a_line_from_time_to_time(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("vitrine.workflows.progress.time.monotonic", lambda: now[0])
    stream = io.StringIO()
    with show_progress(console=Console(file=stream, width=40), lines=True) as show:
        for second in range(71):
            now[0] = 100.0 + second
            show("checking", 100 * second, 20_000, faults=second // 10)
        now[0] += 30
        show("starting over", 5, 0)
        now[0] += 30
        show("starting over", 65, 0)
    assert stream.getvalue().splitlines() == [
        "checking: 3,000 of 20,000 (15%), 100 pictures/s, 2:50 left, 3 unreadable",
        "checking: 6,000 of 20,000 (30%), 100 pictures/s, 2:20 left, 6 unreadable",
        "starting over: 65, 2 a second",
    ]


def test_long_times_are_told_in_hours(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("vitrine.workflows.progress.time.monotonic", lambda: now[0])
    stream = io.StringIO()
    with show_progress(console=Console(file=stream), lines=True) as show:
        show("resizing", 0, 7225)
        now[0] = 60.0
        show("resizing", 60, 7225)
    assert stream.getvalue() == "resizing: 60 of 7,225 (1%), 1 pictures/s, 1:59:25 left\n"
