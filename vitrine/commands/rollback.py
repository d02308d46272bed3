"""Put a former revision of a model in use again, bit for bit, or list the revisions.

python -m vitrine rollback models/dogs --list
python -m vitrine rollback models/dogs            # the one before the one in use
python -m vitrine rollback models/dogs --to 1
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from vitrine.commands.console import command_parser, run_command
from vitrine.records.revisions import CURRENT, ModelLine
from vitrine.workflows.rollback import roll_back


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""

    def command() -> None:
        options = build_parser().parse_args(arguments)
        if options.list:
            print("\n".join(describe_revisions(ModelLine.open(options.model))))
            return
        line = roll_back(options.model, options.to)
        print(f"revision {line.log.in_use} is in use: {line.folder / CURRENT}")

    return run_command(command)


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = command_parser("rollback", __doc__)
    parser.add_argument("model", type=Path, metavar="MODEL", help="folder of a model with its revisions")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--to", type=int, metavar="REVISION", help="its number (default: the one before)")
    choice.add_argument("--list", action="store_true", help="only list the revisions")
    return parser


def describe_revisions(line: ModelLine) -> list[str]:
    """A line for each revision, and how often the test split was read for all."""
    lines = [
        f"{'*' if revision.number == line.log.in_use else ' '} {revision.number:>4}  {revision.created[:16]}  "
        f"test accuracy {100 * revision.test_accuracy:.1f} %  {revision.change or 'first revision'}"
        for revision in line.log.revisions
    ]
    times = "once" if line.log.test_readings == 1 else f"{line.log.test_readings} times"
    return [*lines, f"* is in use; the test pictures were read {times}, once for each revision"]
