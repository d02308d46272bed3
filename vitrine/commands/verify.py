"""Tell whether prepared data sets and models are, byte for byte, what was written.

Every file is read and compared with its checksum; exit code 1 where one is
missing or damaged, or a folder is none of these. Training does the same with its data set before it starts.
A data set in a store (s3://bucket/prepared/dogs) is copied to this machine first, where training then finds it.

python -m vitrine verify prepared/dogs
python -m vitrine verify prepared/* runs/dogs/latest models/old
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from vitrine.commands.console import command_parser, run_command
from vitrine.errors import UserError
from vitrine.invocation import spell_commands
from vitrine.workflows.verify import Verified, verify

LINES = 10  # damaged files that are named


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    damaged = 0

    def show() -> None:
        nonlocal damaged
        for folder in build_parser().parse_args(arguments).folders:
            try:
                verified = verify(folder)
            except UserError as error:  # the others are looked at all the same
                print(f"error: {spell_commands(str(error))}", file=sys.stderr)
                damaged += 1
                continue
            _print(verified)
            damaged += bool(verified.damage)

    # A script must be able to tell, and "damaged" is not a mistake in the command line.
    return run_command(show) or int(damaged > 0)


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = command_parser("verify", __doc__)
    parser.add_argument(
        "folders",
        nargs="+",
        type=Path,
        metavar="FOLDER",
        help="prepared data set or its address in a store, run, model folder or ONNX file",
    )
    return parser


def _print(verified: Verified) -> None:
    for one in verified.damage[:LINES]:
        print(f"damaged: {verified.folder}: {one}", file=sys.stderr)
    more = len(verified.damage) - LINES
    if more > 0:
        print(f"damaged: {verified.folder}: {more:,} more files", file=sys.stderr)
    if verified.damage:
        print(f"what to do: {verified.remedy}", file=sys.stderr)
    elif not verified.files:
        print(f"readable: {verified.folder}: no checksums, since an earlier version or another program wrote it")
    else:
        files = f"{verified.files:,} file{'s' * (verified.files != 1)}"
        print(f"whole: {verified.folder}: {files}, {verified.size_bytes / 1e6:,.1f} MB")
