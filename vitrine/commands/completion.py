"""Print the script by which a shell completes commands, options, parameters and files after the Tab key.

bash:  python -m vitrine completion bash > ~/.local/share/bash-completion/completions/vitrine
zsh:   python -m vitrine completion zsh > ~/.zfunc/_vitrine
       and in ~/.zshrc, before compinit: fpath=(~/.zfunc $fpath)
tcsh:  python -m vitrine completion tcsh > ~/.vitrine.tcsh
       and in ~/.tcshrc: source ~/.vitrine.tcsh

Make the folder first where it is missing; shells that are opened afterwards complete. It is for the command `vitrine`,
which `pip install .` makes.
"""

import argparse
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from vitrine import __version__
from vitrine.commands import COMMANDS
from vitrine.commands.console import command_parser, run_command

SHELLS = ("bash", "zsh", "tcsh")
# Arguments without the type Path that may be files: a Hub id or a parameter can stand in their place.
MAYBE_FILES = ("recipe", "model", "data", "overrides", "backbone", "resume")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    options = build_parser().parse_args(arguments)
    return run_command(lambda: print(write_completion(options.shell)))


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = command_parser("completion", __doc__)
    parser.add_argument("shell", choices=SHELLS, help="the shell that you type into")
    return parser


def write_completion(shell: str) -> str:
    """The script of a shell, for all commands."""
    import shtab

    whole = argparse.ArgumentParser("vitrine")
    whole.add_argument("--version", action="version", version=__version__)
    commands = whole.add_subparsers()
    for name, purpose in COMMANDS.items():
        parser = import_module(f"vitrine.commands.{name.replace('-', '_')}").build_parser()
        for action in parser._actions:
            if action.type is Path or action.dest in MAYBE_FILES:
                action.complete = shtab.FILE
        commands.add_parser(name, parents=[parser], add_help=False, help=purpose, description=purpose)
    script: str = shtab.complete(whole, shell)
    return script
