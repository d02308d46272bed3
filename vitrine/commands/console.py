"""What the commands share: reading a recipe from the command line, errors without traceback, tables."""

import _thread
import argparse
import atexit
import errno
import gc
import io
import re
import shlex
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn

from vitrine.commands import INTERRUPTED
from vitrine.commands.pipe import flush_output
from vitrine.config.help import describe_parameters, name_parameters
from vitrine.config.loading import load_recipe
from vitrine.config.recipe import Recipe
from vitrine.errors import UserError
from vitrine.invocation import command_line, spell_commands

USER_ERROR = 2
MOMENT = 0.05  # seconds: the clean-up is over by then
ALLOCATIONS_BETWEEN_COLLECTIONS = 10_000  # Python's own 700 is for small programs


@dataclass(frozen=True)
class RecipeArguments:
    """A recipe from the command line, and the options beside it."""

    recipe: Recipe
    options: argparse.Namespace


class CommandParser(argparse.ArgumentParser):
    """A parser whose help can be piped into `head`, and which says what an unknown option was probably meant to be.

    Attributes:
        parameters: of a recipe, which are written without dashes; none for commands without one.
    """

    parameters: frozenset[str] = frozenset()

    def error(self, message: str) -> NoReturn:
        """Ends the program after a wrong command line."""
        unknown = re.match(r"unrecognized arguments: --([\w.-]+)", message)
        super().error(message + (self._suggest(unknown[1]) if unknown else ""))

    def _suggest(self, name: str) -> str:
        if name in self.parameters:
            return f"; a parameter of a recipe is written without dashes: {name}=..."
        options = [option for action in self._actions for option in action.option_strings]
        near = get_close_matches(f"--{name}", options, n=1)
        return f"; did you mean {near[0]}?" if near else ""

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Ends the program after `--help` or a wrong option."""
        flush_output()
        super().exit(status, message)


def command_parser(command: str, purpose: str | None, epilog: str = "") -> CommandParser:
    """A parser whose help names the commands as this person calls them.

    Args:
        command: its name.
        purpose: what it does, with examples: the docstring of its module.
        epilog: what stands below the options.
    """
    return CommandParser(
        command_line(command),
        description=spell_commands(purpose or ""),
        epilog=spell_commands(epilog),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def recipe_parser(command: str, purpose: str | None) -> CommandParser:
    """A parser of `[RECIPE.yaml] [section.name=value ...]`; arguments as of `command_parser`."""
    parser = command_parser(
        command, purpose, epilog="parameters of a recipe, with their defaults:\n\n" + describe_parameters()
    )
    parser.add_argument("recipe", nargs="?", help="YAML file, see configs/; without it the defaults below")
    parser.add_argument(
        "overrides", nargs="*", default=[], metavar="section.name=value", help="change single parameters"
    )
    parser.parameters = frozenset(name_parameters())
    return parser


def read_recipe(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> RecipeArguments:
    """Reads a command line with a recipe.

    Args:
        parser: a `recipe_parser`, with the command's own options.
        arguments: the command line without the program's name; None takes the process's own.

    Raises:
        UserError: lists every fault.
    """
    options = parser.parse_intermixed_args(arguments)
    words = [word for word in (options.recipe, *options.overrides) if word is not None]
    files = [word for word in words if "=" not in word]
    if len(files) > 1:
        raise UserError(f"one recipe at a time, but got {' and '.join(files)}; parameters read section.name=value")
    if files and Path(files[0]).is_dir():
        raise UserError(f"{files[0]} is a folder, not a recipe; for a folder of pictures give data.source={files[0]}")
    recipe = load_recipe(Path(files[0]) if files else None, [word for word in words if "=" in word])
    return RecipeArguments(recipe, options)


def parse_count(text: str) -> int:
    """A whole number from 1 on, as an option gives it."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 on (got {text!r})")
    return int(text)


def repeat_words(options: argparse.Namespace) -> str:
    """The recipe and the parameters of a command line of `recipe_parser`, to be typed behind another command."""
    return shlex.join(word for word in (options.recipe, *options.overrides) if word is not None)


def run_command(command: Callable[[], None]) -> int:
    """Runs a command and turns what a user can mend into one message; returns the exit code."""
    collect_less_often()
    # Pillow warns of odd metadata and large pictures; our own checks name what matters.
    warnings.filterwarnings("ignore", module="PIL")
    if isinstance(sys.stdout, io.TextIOWrapper):  # a class called é must not end a command on an ASCII terminal
        sys.stdout.reconfigure(errors="replace")
    try:
        with ending_in_order(), keeping_interrupts():
            command()
    except UserError as error:
        print(f"error: {spell_commands(str(error))}", file=sys.stderr)
        return USER_ERROR
    except BrokenPipeError:  # the reader of a pipe has seen enough: `... | head`
        pass
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        if error.errno not in _DISK_ERRORS:
            raise
        place = f": {error.filename}" if error.filename else ""
        print(f"error: {_DISK_ERRORS[error.errno]}{place}", file=sys.stderr)
        return USER_ERROR
    finally:
        flush_output()
    return 0


@contextmanager
def ending_in_order() -> Iterator[None]:
    """While it is open, the system's request to end is answered like Ctrl-C: nothing half done is left behind.

    A button, a service manager, a scheduler and a stopped container send it. Without an answer Python ends on the spot.
    """
    if threading.current_thread() is not threading.main_thread():  # only the main thread may set handlers
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def keeping_interrupts() -> Iterator[None]:
    """Sees to it that no Ctrl-C is lost while it is open.

    It raises `KeyboardInterrupt` wherever Python is by then. In the clean-up of an object, as libraries have for their
    own, Python prints a traceback and goes on; here it is raised again a moment later.
    """
    hook = sys.unraisablehook

    def raise_later(thrown_away: "sys.UnraisableHookArgs") -> None:
        if isinstance(thrown_away.exc_value, KeyboardInterrupt):
            threading.Timer(MOMENT, _interrupt).start()
        else:
            hook(thrown_away)

    sys.unraisablehook = raise_later
    try:
        yield
    finally:
        sys.unraisablehook = hook


def _interrupt() -> None:
    """As a Ctrl-C does; where the system can, it ends a wait, too."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()


def collect_less_often() -> None:
    """Saves a second of the six that importing torch and its companions takes, and two at the end.

    They make more than a million objects, all of which last, and Python would look them over again and again.
    """
    gc.set_threshold(ALLOCATIONS_BETWEEN_COLLECTIONS)
    # At the end it would look for garbage among them once more: seconds in which a person waits for the prompt.
    atexit.register(gc.freeze)


_LOOK_AT_DISK = "see that files on it can be read, then run the command again"
_DISK_ERRORS = {
    errno.ENOSPC: "the disk is full; make room and run the command again",
    errno.EDQUOT: "your share of the disk is used up; make room and run the command again",
    errno.EROFS: "the disk is read-only; run the command in a folder that you may write to",
    errno.EACCES: "no permission; take another folder, or change its permissions",
    errno.EPERM: "no permission; take another folder, or change its permissions",
    errno.ENOENT: "there is no such file or folder, and none can be made there; check the path",
    errno.EISDIR: "a folder has the name that a file needs; give another name",
    errno.ELOOP: "the links of this path lead in a circle; give the path that is meant",
    errno.EEXIST: "a file has the name that a folder needs; move it away, or run the command in another folder",
    errno.ENOTDIR: "a file has the name that a folder needs; move it away, or run the command in another folder",
    errno.ENAMETOOLONG: "the name is too long for the disk; give a shorter one",
    errno.EFBIG: "the disk, or a limit of the system (`ulimit -f`), takes no file this large; take another disk",
    errno.EMFILE: "too many files are open at once; allow more with `ulimit -n` and run the command again",
    **dict.fromkeys((errno.EIO, errno.ENXIO, errno.ENODEV), f"the disk failed; {_LOOK_AT_DISK}"),
    **dict.fromkeys((errno.ESTALE, errno.ENOTCONN), f"the connection to a network disk was lost; {_LOOK_AT_DISK}"),
}
