"""Put the page of a model on the Hugging Face Hub as a Space: in the visitor's browser where the model can run there.

A static page is free for every account. A Gradio Space is installed, started and asked on this machine first; of these,
two on ZeroGPU are free. Which kind it will be, and why, is said before anything is sent.

python -m vitrine push-space runs/dogs/latest ann/dogs --public --no-examples
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from vitrine.commands.console import command_parser, run_command
from vitrine.commands.push_model import add_consent, add_licenses


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    options = build_parser().parse_args(arguments)
    return run_command(lambda: _push(options))


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = command_parser("push-space", __doc__)
    parser.add_argument("run", type=Path, help="folder of a finished run")
    parser.add_argument("repo_id", metavar="OWNER/NAME", help="its id on the Hub; Vitrine's older one is replaced")
    parser.add_argument("--public", action="store_true", help="all may see it (default: you alone)")
    parser.add_argument("--kind", choices=("static", "zero-gpu", "paid"), help="of Space (default: the first possible)")
    parser.add_argument("--no-trial", action="store_true", help="send a Gradio Space without starting it here first")
    add_consent(parser)
    add_licenses(parser)
    return parser


def _push(options: argparse.Namespace) -> None:
    from vitrine.models.quiet import silence_transformers
    from vitrine.ship.push_model import Wishes
    from vitrine.ship.push_space import publish_space

    silence_transformers()
    wishes = Wishes(options.public, options.examples, options.license, options.data_license)
    published = publish_space(
        options.run.expanduser(),
        options.repo_id,
        wishes,
        options.kind,
        not options.no_trial,
        lambda line: print(line, flush=True),
    )
    print(f"{len(published.sizes)} files are on {published.address}")
