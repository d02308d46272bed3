"""What commands share that serve a page until Ctrl-C."""

import argparse
import os
import sys
import threading
from collections.abc import Callable

from vitrine.app.address import free_port
from vitrine.commands.console import run_command
from vitrine.errors import UserError
from vitrine.predict.freed_memory import share_freed_memory

DEFAULT_PORT = 7860  # the port that a Hugging Face Space expects
DEFAULT_HOST = "127.0.0.1"
PASSWORD_VARIABLE = "VITRINE_PASSWORD"  # noqa: S105 (its name, not its value)


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


def default_host() -> str:
    """A Space's page is reached from outside its container; anywhere else the page is private until asked otherwise."""
    return "0.0.0.0" if os.environ.get("SPACE_ID") else DEFAULT_HOST  # noqa: S104


def read_password(user: str | None) -> str:
    """From the environment, not the command line, which every user of a machine can read.

    Args:
        user: as `--user` names one; None: everybody may come in.

    Raises:
        UserError: the name cannot be one, or there is no password for it.
    """
    if user is None:
        return ""
    if not user or ":" in user:
        raise UserError("--user: must be a name without a colon")
    password = os.environ.get(PASSWORD_VARIABLE, "")
    if not password:
        raise UserError(
            f"--user {user}: no password is set; put one into the environment variable {PASSWORD_VARIABLE} "
            f"(read -rs {PASSWORD_VARIABLE} && export {PASSWORD_VARIABLE}), then start again"
        )
    return password
