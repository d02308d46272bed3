"""Put a prepared data set on the Hugging Face Hub, with a card that says what is in it.

It is for you alone, unless you say `--public`: then all the world sees every picture, its label, the name of its file,
and when it was taken, where a camera noted that.

hf auth login                                                # once
python -m vitrine push-data prepared/birds ann/birds
python -m vitrine push-data prepared/birds ann/birds --public --license cc-by-4.0
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from vitrine.commands.console import command_parser, run_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    options = build_parser().parse_args(arguments)
    return run_command(lambda: _push(options))


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = command_parser("push-data", __doc__)
    parser.add_argument("prepared", type=Path, help="folder of the prepared data set")
    parser.add_argument("repo_id", metavar="OWNER/NAME", help="its id on the Hub; Vitrine's older one is replaced")
    parser.add_argument("--public", action="store_true", help="all may see it (default: you alone)")
    parser.add_argument("--license", "--licence", help="of the pictures, as the Hub names it: mit, cc-by-4.0, ...")
    return parser


def _push(options: argparse.Namespace) -> None:
    from vitrine.ship.push_dataset import publish_data  # seconds of imports

    published = publish_data(options.prepared.expanduser(), options.repo_id, options.public, options.license)
    print(f"{published.pictures:,} pictures and their card are on {published.address}")
