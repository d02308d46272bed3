"""Ctrl-C and the system's request to end: the step is finished and saved first."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def ignoring_interrupts() -> Iterator[None]:
    """Processes that are started inside take no notice of Ctrl-C: it is for this one, which tells them to end."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class StopRequest:
    """Whether somebody asked the training to stop."""

    def __init__(self) -> None:
        self.received = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Takes the signals while it is open; the second one ends the process at once, as if nobody listened."""
        if threading.current_thread() is not threading.main_thread():  # only the main thread may set handlers
            yield
            return
        before = {number: signal.getsignal(number) for number in SIGNALS}

        def receive(number: int, _: FrameType | None) -> None:
            self.received = True
            for each, handler in before.items():
                signal.signal(each, handler)

        for number in SIGNALS:
            signal.signal(number, receive)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
