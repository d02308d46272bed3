"""Make a page of a model for a Space of the Hugging Face Hub, or for any web server.

With --static the model runs in the visitor's browser: nothing leaves the visitor's device, and no server computes. The
page is checked against this machine: it holds pictures with their answers, and where a browser answers otherwise, it
says so and does not answer. Without it, the folder is a Gradio Space: ONNX Runtime computes on the server, with exact
versions of all libraries and without PyTorch.

python -m vitrine build-space runs/digits/latest space --static
python -m http.server --directory space     # a first look at http://localhost:8000
python -m vitrine build-space runs/digits/latest space --try
"""

import argparse
import shlex
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from vitrine.app.model_choice import choose_model
from vitrine.commands.console import command_parser, run_command
from vitrine.errors import UserError

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
    parser.add_argument("--static", action="store_true", help="a page that runs in the browser alone")
    parser.add_argument("--zero-gpu", action="store_true", help="a Gradio Space that runs on ZeroGPU, which is free")
    parser.add_argument(
        "--try",
        action="store_true",
        dest="is_tried",
        help="install, start and ask the Gradio Space once (minutes)",
    )
    parser.add_argument("--no-examples", action="store_true", help="keep the model's test pictures to yourself")
    return parser


def _build(options: argparse.Namespace) -> None:
    from vitrine.models.quiet import silence_transformers

    if options.static and (options.zero_gpu or options.is_tried):
        raise UserError("--static: such a page needs no server; leave out --zero-gpu and --try")
    silence_transformers()
    model_id, folder = choose_model(options.model, None, RUNS), options.folder.expanduser()
    if options.static:
        _build_page(model_id, folder, not options.no_examples)
    else:
        _build_bundle(model_id, folder, options)


def _build_page(model_id: str, folder: Path, with_examples: bool) -> None:
    from vitrine.ship.browser.build import build_page

    page = build_page(model_id, folder, with_examples)
    print(
        f"{page.folder}: {len(page.label_names)} classes, page {page.page_bytes / 1e6:.1f} MB, "
        f"model {page.model_bytes / 1e6:.1f} MB"
    )
    if page.examples:
        print(f"{page.examples} test pictures will be public with it ({page.folder}/examples; --no-examples: none)")
    print(
        f"A first look: python -m http.server --directory {shlex.quote(str(page.folder))}, then http://localhost:8000"
    )


def _build_bundle(model_id: str, folder: Path, options: argparse.Namespace) -> None:
    from vitrine.ship.bundle import build_bundle
    from vitrine.ship.bundle_trial import try_bundle

    bundle = build_bundle(model_id, folder, not options.no_examples, options.zero_gpu, say=partial(print, flush=True))
    print(f"{bundle.folder}: {len(bundle.sizes)} files, {bundle.size_bytes / 1e6:.1f} MB")
    if bundle.examples:
        print(f"{bundle.examples} test pictures will be public with it ({bundle.folder}/examples; --no-examples: none)")
    if options.is_tried:
        print("installing and starting it ...", flush=True)
        print(try_bundle(bundle.folder).words)
    requirements, app = (shlex.quote(str(bundle.folder / name)) for name in ("requirements.txt", "app.py"))
    print(f"A first look: pip install -r {requirements}, then python {app}")
