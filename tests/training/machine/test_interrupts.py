"""Ctrl-C while a step is computed."""

import signal
import threading

import pytest

from vitrine.training.machine.interrupts import SIGNALS, StopRequest


def handlers():
    return [signal.getsignal(number) for number in SIGNALS]


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_signal_is_noted_and_the_process_goes_on(number):
    before, request = handlers(), StopRequest()
    with request.listening():
        assert not request.received
        signal.raise_signal(number)
        assert request.received
    assert handlers() == before


def test_the_second_signal_ends_the_process_as_if_nobody_listened():
    before, request = handlers(), StopRequest()

    def press_twice():
        with request.listening():
            signal.raise_signal(signal.SIGINT)
            assert handlers() == before
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        press_twice()
    assert request.received
    assert handlers() == before


def test_the_handlers_of_before_are_back_after_an_error():
    before = handlers()

    def fail():
        with StopRequest().listening():
            assert handlers() != before
            raise OSError

    with pytest.raises(OSError):  # noqa: PT011 (of the line above)
        fail()
    assert handlers() == before


def test_another_thread_sets_no_handlers():
    before, seen = handlers(), []

    def listen():
        with StopRequest().listening():
            seen.append(handlers())

    thread = threading.Thread(target=listen)
    thread.start()
    thread.join()
    assert seen == [before]
