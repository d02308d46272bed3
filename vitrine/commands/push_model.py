"""Put the model of a run on the Hugging Face Hub, with a card that says how good it is; private unless said otherwise.

hf auth login                                                     # once
python -m vitrine push-model runs/dogs/latest ann/dogs --dry-run  # what would go, and how large it is
python -m vitrine push-model runs/dogs/latest ann/dogs
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vitrine.commands.console import command_parser, run_command
from vitrine.invocation import command_line

if TYPE_CHECKING:
    from vitrine.ship.model_card import Terms
    from vitrine.ship.model_files import StagedModel


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    options = build_parser().parse_args(arguments)
    return run_command(lambda: _push(options))


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = command_parser("push-model", __doc__)
    parser.add_argument("run", type=Path, help="folder of a finished run")
    parser.add_argument(
        "repo_id", metavar="OWNER/NAME", help="its id on the Hub; an older model of Vitrine gets a new revision"
    )
    parser.add_argument("--public", action="store_true", help="all may see it (default: you alone)")
    parser.add_argument("--dry-run", action="store_true", help="list files and sizes; send nothing, ask nobody")
    add_consent(parser)
    add_licenses(parser)
    return parser


def add_consent(parser: argparse.ArgumentParser) -> None:
    """The option about pictures that go along."""
    parser.add_argument(
        "--examples",
        action=argparse.BooleanOptionalAction,
        help="whether the model's test pictures go along; must be said with --public (default: they do)",
    )


def add_licenses(parser: argparse.ArgumentParser) -> None:
    """The options about licences."""
    parser.add_argument(
        "--license", "--licence", metavar="ID", help="of the model, as the Hub names it: mit, apache-2.0, ..."
    )
    parser.add_argument("--data-license", "--data-licence", metavar="ID", help="of the pictures, likewise")


def _push(options: argparse.Namespace) -> None:
    from vitrine.ship.push_model import Wishes, publish_model, try_push  # seconds of imports

    wishes = Wishes(options.public, options.examples, options.license, options.data_license)
    run = options.run.expanduser()

    def show(staged: "StagedModel", terms: "Terms") -> None:
        print("\n".join(describe(staged, terms, options.public)), flush=True)

    if options.dry_run:
        try_push(run, options.repo_id, wishes, show)
        print("nothing was sent")
        return
    published = publish_model(run, options.repo_id, wishes, show)
    if published.is_new:
        print(f"revision {published.revision} is on {published.address}")
    else:
        now = ", which all may see" if options.public else ""
        print(f"no file has changed since revision {published.revision} on {published.address}{now}")
    print(f"try it: {command_line('app')} --model {options.repo_id}")


def describe(staged: "StagedModel", terms: "Terms", is_public: bool) -> list[str]:
    """What is published, file by file, and what that means."""
    from vitrine.ship.push_model import say_licenses

    lines = [f"{size:>14,} bytes  {name}" for name, size in staged.sizes.items()]
    lines.append(f"{staged.size_bytes:>14,} bytes  in {len(staged.sizes)} files")
    if staged.stays:
        lines.append(f"stays here: {', '.join(staged.stays)}")
    seen_by = "all the world" if is_public else "you, and whoever you let see it"
    pictures = f"{len(staged.examples)} test pictures" if staged.examples else "no pictures"
    lines.append(f"{'public' if is_public else 'private'}: model, card and {pictures} will be seen by {seen_by}")
    return [*lines, say_licenses(terms)]
