"""Put a prepared data set on the Hugging Face Hub, with a card that says what is in it.

hf auth login                                                # once
python -m vitrine push-data prepared/birds ann/birds --license cc-by-4.0
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
    parser.add_argument("--private", action="store_true", help="a new data set is for its owner only")
    parser.add_argument("--license", "--licence", help="of the pictures, as the Hub names it: mit, cc-by-4.0, ...")
    return parser


def _push(options: argparse.Namespace) -> None:
    from vitrine.ship.push_dataset import publish_data  # seconds of imports

    published = publish_data(options.prepared.expanduser(), options.repo_id, options.private, options.license)
    print(f"{published.pictures:,} pictures and their card are on {published.address}")
