"""Bars are shown where somebody watches, and nowhere else."""

import io

import pytest
from rich.console import Console

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
