"""All commands by one name: `vitrine <command>`, and `python -m vitrine <command>` in a clone."""

import difflib
import sys
from importlib import import_module

from vitrine import __version__
from vitrine.commands import COMMANDS, GROUPS, INTERRUPTED
from vitrine.commands.pipe import flush_output
from vitrine.invocation import command_line


def main(command: str | None = None) -> int:
    """Runs a command with the arguments of this process; returns its exit code.

    Args:
        command: its name; None takes the first argument.
    """
    arguments = sys.argv[1:]
    if command is None:
        command, *arguments = arguments or ["--help"]
    try:
        return _run(command, arguments)
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:  # while the libraries that the command needs are imported
        print("\nstopped", file=sys.stderr)  # noqa: T201
        return INTERRUPTED
    finally:
        flush_output()


def _run(command: str, arguments: list[str]) -> int:
    if command in ("-h", "--help", "help"):
        print(_help())  # noqa: T201
        return 0
    if command in ("-V", "--version"):
        print(f"vitrine {__version__}")  # noqa: T201
        return 0
    if command not in COMMANDS:
        print(f"error: there is no command '{command}'; {_suggest(command)}", file=sys.stderr)  # noqa: T201
        return 2
    exit_code: int = import_module(f"vitrine.commands.{command.replace('-', '_')}").main(arguments)
    return exit_code


def _help() -> str:
    program = command_line("").rstrip()
    lines = [
        f"usage: {program} COMMAND [--help]",
        f"       {program} --version",
        "",
        "From a folder of pictures to an image classifier that people can try in a browser.",
    ]
    for title, commands in GROUPS.items():
        lines += ["", f"{title}:", *(f"  {name:<15} {purpose}" for name, purpose in commands.items())]
    lines += ["", f"{command_line('COMMAND')} --help says what a command takes, with examples."]
    return "\n".join(lines)


def _suggest(command: str) -> str:
    close = difflib.get_close_matches(command, COMMANDS, n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(COMMANDS)}"


if __name__ == "__main__":
    sys.exit(main())
