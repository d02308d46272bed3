"""What commands share that serve a page."""

import signal

import pytest

from vitrine.commands.serving import find_port, run_server


def test_the_next_free_port_is_taken_and_told(taken_port, capsys):
    port = find_port("127.0.0.1", taken_port)
    assert port > taken_port
    assert capsys.readouterr().out == f"Port {taken_port} is taken; using {port}.\n"


def test_any_free_port_is_not_worth_a_word(capsys):
    assert find_port("127.0.0.1", 0) > 0
    assert capsys.readouterr().out == ""


def test_a_server_that_is_stopped_ends_as_after_ctrl_c():
    left = []

    def serve():
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            left.append("cleaned")

    assert run_server(serve) == 0
    assert left == ["cleaned"]


def test_a_fault_of_the_server_is_not_taken_for_ctrl_c():
    def serve():
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        run_server(serve)
