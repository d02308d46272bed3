"""What commands share that serve a page until Ctrl-C."""

import argparse
import sys
import threading
from collections.abc import Callable

from vitrine.app.address import free_port
from vitrine.commands.console import run_command
from vitrine.predict.freed_memory import share_freed_memory

DEFAULT_PORT = 7860  # the port that a Hugging Face Space expects
DEFAULT_HOST = "127.0.0.1"


def run_server(serve: Callable[[], None]) -> int:
    """Serves until Ctrl-C or SIGTERM.

    Args:
        serve: does not return by itself.

    Returns:
        Exit code: 0 after either, 2 for a mistake of the user's, which is printed without a traceback.
    """
    share_freed_memory()

    def command() -> None:
        try:
            serve()
        except KeyboardInterrupt:  # so the uploads are deleted, and a stopped container or Space has ended well
            if sys.stdout.isatty():
                print()  # ends the line on which the terminal shows ^C

    return run_command(command)


def wait_for(event: threading.Event) -> None:
    """Waits in pieces: on Windows Ctrl-C ends none that has no end."""
    while not event.wait(1):
        pass


def find_port(host: str, wanted: int) -> int:
    """The port that was asked for, or the next free one, which is told."""
    port = free_port(host, wanted)
    if wanted not in (0, port):
        print(f"Port {wanted} is taken; using {port}.", flush=True)
    return port


def parse_port(text: str) -> int:
    """The number of a port, as an option gives it."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 to 65535 (got {text!r})")
    return int(text)
