"""Make a page of a model that runs in the visitor's browser: for any web server, and for a static Space of the Hub.

Nothing leaves the visitor's device, and no server computes. The page is checked against this machine: it holds pictures
with their answers, and where a browser answers otherwise, it says so and does not answer.

python -m vitrine build-space runs/digits/latest space --static
python -m http.server --directory space     # a first look at http://localhost:8000
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from vitrine.app.model_choice import choose_model
from vitrine.commands.console import command_parser, run_command

RUNS = Path("runs")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    options = build_parser().parse_args(arguments)
    return run_command(lambda: _build(options))


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = command_parser("build-space", __doc__)
    parser.add_argument("model", help="run or model folder, id on the Hugging Face Hub, or ONNX file of `export`")
    parser.add_argument("folder", type=Path, help="folder to make; a page that is there is replaced")
    parser.add_argument("--static", action="store_true", required=True, help="a page that runs in the browser alone")
    parser.add_argument("--no-examples", action="store_true", help="keep the model's test pictures to yourself")
    return parser


def _build(options: argparse.Namespace) -> None:
    from vitrine.models.quiet import silence_transformers
    from vitrine.ship.browser.build import build_page

    silence_transformers()
    model_id = choose_model(options.model, None, RUNS)
    page = build_page(model_id, options.folder.expanduser(), not options.no_examples)
    print(
        f"{page.folder}: {len(page.label_names)} classes, page {page.page_bytes / 1e6:.1f} MB, "
        f"model {page.model_bytes / 1e6:.1f} MB"
    )
    if page.examples:
        print(f"{page.examples} test pictures will be public with it ({page.folder}/examples; --no-examples: none)")
    print(f"A first look: python -m http.server --directory {page.folder}, then http://localhost:8000")
