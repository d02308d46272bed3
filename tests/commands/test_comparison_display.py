"""What a person reads while a comparison runs."""

import io

import pytest
from rich.console import Console

from vitrine.commands.comparison_display import ComparisonDisplay
from vitrine.experiments.compare.runner import Event


@pytest.fixture
def show():
    """A function that shows events to a log of 12 runs, 8 of them done: its lines."""

    def written(*events, terminal=False):
        stream = io.StringIO()
        console = Console(file=stream, width=60, force_terminal=terminal, highlight=False)
        with ComparisonDisplay(console, planned=12, done=8) as display:
            for event in events:
                display.show(event)
            assert display.progress.tasks[0].completed == display.done
        return stream.getvalue().splitlines()

    return written


def test_each_finished_run_has_a_numbered_line(show):
    done = Event("done", "wide, seed 0", accuracy=0.91234, seconds=12.34)
    failed = Event("failed", "[b], seed 1", text="the model folder ./nowhere is not there, however often one looks")
    assert show(done, failed) == [
        "[ 9 of 12] wide, seed 0: test accuracy 0.912, 12.3 s",
        "[10 of 12] [b], seed 1: failed: the model folder ./nowhere is not there, however often one looks",
    ]


def test_a_note_names_its_run_if_it_has_one(show):
    assert show(Event("note", "wide, seed 0", text="slow"), Event("note", "", text="a worker has died")) == [
        "wide, seed 0: slow",
        "a worker has died",
    ]


def test_what_is_at_work_is_on_the_bar_of_a_terminal_and_not_in_a_log(show):
    events = (Event("features", "a", 1000, 2000), Event("epoch", "a, seed 0", 2, 5))
    assert show(*events) == []
    assert any("8 of 12 runs" in line for line in show(*events, terminal=True))
