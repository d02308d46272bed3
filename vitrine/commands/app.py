"""`app.py`: the browser page of one model, until Ctrl-C."""

import argparse
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from vitrine.app.api.mcp_package import check_mcp_package
from vitrine.app.model_choice import choose_model
from vitrine.app.private_folder import private_folder
from vitrine.commands.console import CommandParser, command_parser, parse_count
from vitrine.commands.serving import (
    DEFAULT_HOST,
    DEFAULT_PORT,
    PASSWORD_VARIABLE,
    default_host,
    find_port,
    parse_port,
    read_password,
    run_server,
    wait_for,
)
from vitrine.corrections.store import CorrectionStore
from vitrine.errors import UserError, first_line

if TYPE_CHECKING:
    from vitrine.app.corrections import CorrectionDesk
    from vitrine.app.page import Retraining
    from vitrine.corrections.review_queue import ReviewQueue
    from vitrine.predict.predictor import Predictor
    from vitrine.workflows.runtime import Asked

RUNS = Path("runs")
CORRECTIONS = Path("corrections")
THIS_MACHINE = (DEFAULT_HOST, "localhost", "::1")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves the page until it is interrupted.

    Args:
        arguments: the command line without the program's name; None takes the process's own.

    Returns:
        Exit code: 0 after Ctrl-C, 2 for a mistake of the user's, which is printed without a traceback.
    """
    options = build_parser().parse_args(arguments)

    def serve() -> None:
        host = options.host or default_host()
        corrections = None if options.no_corrections else (options.corrections or _default_corrections(host))
        if options.corrections is not None:
            CorrectionStore(options.corrections).check()
        _serve(options, host, read_password(options.user), corrections)

    return run_server(serve)


def _serve(options: argparse.Namespace, host: str, password: str, corrections: Path | None) -> None:
    if options.mcp:
        check_mcp_package()
    if options.retrain is not None:
        _check_retraining(options.retrain, corrections)
    model_id = choose_model(options.model, os.environ.get("MODEL_ID"), RUNS)
    port = find_port(host, options.port)
    beside = None if options.beside is None else choose_model(options.beside, None, RUNS)
    print(f"Loading {model_id}{f' and {beside}' if beside else ''} ...", flush=True)
    with private_folder():
        # Imported here: PyTorch, Transformers and Gradio take seconds, which --help and a wrong option need not wait
        # for; and Gradio must find the settings of the private folder.
        from vitrine.app.gradio_import import import_gradio

        import_gradio()
        from vitrine.app.api.guards import Access
        from vitrine.app.server import load_ready, open_page

        load = partial(load_ready, load=_choose_loader(options.runtime))
        access = Access(options.user or "", password, options.requests_per_minute)
        serve = partial(open_page, host=host, port=port, language=options.language, access=access)
        predictor = second = None
        with _open_retraining(options.retrain, corrections) as retraining:
            while True:
                with _open_desk(corrections, options.review, options.corrections_to) as desk:
                    predictor = predictor or load(model_id)
                    second = second or (load(beside) if beside else None)
                    with serve(
                        predictor, desk=desk, beside=second, retraining=retraining, speaks_mcp=options.mcp
                    ) as address:
                        print(f"Open {address}", flush=True)
                        predictor = _wait_for_a_new_model(retraining, load)


def _wait_for_a_new_model(retraining: "Retraining | None", load: "Callable[[str], Predictor]") -> "Predictor":
    """Loads the model that a retraining made and somebody wants to see on the page; waits for ever elsewhere.

    The page is served meanwhile, and goes on with its model where the new one cannot be loaded.
    """
    if retraining is None:
        wait_for(threading.Event())
        raise AssertionError  # nobody sets it
    job = retraining.job
    while True:
        wait_for(job.wanted)
        model = job.report().model
        try:
            if model is not None:
                print(f"Loading {model} ...", flush=True)
                return load(str(model))
        except Exception as error:  # whatever it is, it is no reason to leave visitors without any model
            job.fault = first_line(error)
            print(f"{model} is not used; the model before it goes on: {error}", file=sys.stderr, flush=True)
        finally:
            job.wanted.clear()


def _check_retraining(run: Path, corrections: Path | None) -> None:
    """Before seconds of loading."""
    if corrections is None:
        raise UserError("--retrain: it learns from what is corrected here; give --corrections FOLDER too")
    if find_spec("vitrine.workflows") is None:
        raise UserError("--retrain: this folder serves a model and cannot train; start it where Vitrine is installed")
    if not run.is_dir():
        raise UserError(f"--retrain: there is no folder {run}; give a finished run, or a model with revisions")
    from vitrine.workflows.retrain import check_retrainable

    try:
        check_retrainable(run)
    except UserError as error:
        raise UserError(f"--retrain: {error}. Without --retrain the page opens") from error


@contextmanager
def _open_retraining(run: Path | None, corrections: Path | None) -> Iterator["Retraining | None"]:
    """What the button of the page starts; ended with the page."""
    if run is None or corrections is None:
        yield None
        return
    from vitrine.app.page import Retraining
    from vitrine.app.retraining_job import RetrainingJob, retrain_command, say_command

    job = RetrainingJob(retrain_command(run, corrections))
    try:
        yield Retraining(job, say_command(run, corrections))
    finally:
        job.stop()


def _choose_loader(runtime: "Asked | None") -> "Callable[[str], Predictor]":
    if runtime is None:
        from vitrine.predict.predictor import Predictor

        return Predictor.load  # a bundle holds nothing that measures or exports
    from vitrine.workflows.runtime import load_predictor

    return partial(load_predictor, asked=runtime, say=partial(print, flush=True))


@contextmanager
def _open_desk(corrections: Path | None, review: Path | None, repo_id: str | None) -> Iterator["CorrectionDesk | None"]:
    """What keeps corrections, with the pictures to go through; pushes them while it is open."""
    from vitrine.app.corrections import CorrectionDesk

    for option, given in (("--review", review), ("--corrections-to", repo_id)):
        if corrections is None and given is not None:
            raise UserError(f"{option}: what people say must be kept somewhere; give --corrections FOLDER too")
    if corrections is None:
        yield None
        return
    store = CorrectionStore(corrections)
    queue = None if review is None else _open_queue(review, store)
    if repo_id is None:
        yield CorrectionDesk(store, queue)
        return
    from vitrine.corrections.publish import pushing

    with pushing(store, repo_id, partial(print, file=sys.stderr, flush=True)):
        yield CorrectionDesk(store, queue, repo_id)


def _open_queue(review: Path, store: CorrectionStore) -> "ReviewQueue | None":
    from vitrine.workflows.review_queue import build_queue

    queue = build_queue(review, store)
    count = len(queue.pictures)
    if not count:
        print(
            "No picture needs a look, so there is no tab for it. Visitors' pictures count from the next start on.",
            flush=True,
        )
        return None
    print(f"{count:,} {'picture needs' if count == 1 else 'pictures need'} a look.", flush=True)
    return queue


def build_parser() -> CommandParser:
    """Of its command line."""
    parser = command_parser(
        "app",
        "Lets people try an image classifier in a browser. Ctrl-C ends it.",
        epilog="Pictures are passed on to nobody and are deleted within an hour, those under Many pictures when the "
        "visitor leaves, and all when the program ends; what is corrected is kept, see --corrections.",
    )
    parser.add_argument(
        "--model",
        metavar="FOLDER_OR_HUB_ID",
        help="model folder, run folder or Hugging Face Hub id; default: the environment variable MODEL_ID, "
        "else the newest runs/*/latest/model",
    )
    parser.add_argument(
        "--beside",
        metavar="FOLDER_OR_HUB_ID",
        help="a second model, whose answers stand beside those of the first (default: none)",
    )
    parser.add_argument(
        "--port",
        type=parse_port,
        default=DEFAULT_PORT,
        help=f"port to listen on, the next free one when it is taken (default: {DEFAULT_PORT}; 0: any free port)",
    )
    parser.add_argument(
        "--host",
        help=f"address to listen on (default: {DEFAULT_HOST}, this machine only; 0.0.0.0 lets the network in "
        "and is the default on a Hugging Face Space)",
    )
    parser.add_argument(
        "--language",
        choices=("en", "fr"),
        help="of the page: English or French (default: the browser's, else that of the model's reports)",
    )
    parser.add_argument(
        "--runtime",
        choices=("auto", "torch", "onnxruntime", "openvino"),
        help="what computes the network: auto measures once per model which is the fastest here, and keeps a file "
        "of it in your cache (default: torch; of an ONNX file, onnxruntime)",
    )
    parser.add_argument(
        "--user",
        metavar="NAME",
        help="who may see the page and ask from programs, with the password that the environment variable "
        f"{PASSWORD_VARIABLE} holds; put HTTPS before it where others share the network (default: everybody)",
    )
    parser.add_argument(
        "--requests-per-minute",
        type=parse_count,
        metavar="NUMBER",
        help="that one address may send of those that make the model work (default: no limit)",
    )
    parser.add_argument(
        "--mcp",
        action="store_true",
        help="offer the model at /mcp as a tool for assistants that speak MCP, below the same password and limit "
        "(requirements-mcp.txt)",
    )
    corrections = parser.add_mutually_exclusive_group()
    corrections.add_argument(
        "--corrections",
        type=Path,
        metavar="FOLDER",
        help=f"keep in this folder what visitors say is wrong (default: {CORRECTIONS}/ where only this machine can "
        "open the page; off where others can)",
    )
    corrections.add_argument("--no-corrections", action="store_true", help="visitors cannot correct anything")
    parser.add_argument(
        "--corrections-to",
        metavar="OWNER/NAME",
        help="push the table of corrections, without pictures, into a private data set of the Hugging Face Hub every "
        "five minutes; several servers may share one, each has a file of its own",
    )
    parser.add_argument(
        "--review",
        type=Path,
        metavar="RUN",
        help="a tab to go through the pictures of a run, or of a prepared data set, on which reviewers differ, whose "
        "labels look wrong or contradict each other, or that left the model unsure",
    )
    parser.add_argument(
        "--retrain",
        type=Path,
        metavar="RUN",
        help="a tab with a button that trains a finished run, or a model with revisions, again with the corrections; "
        "whoever opens the page can press it (default: none)",
    )
    return parser


def _default_corrections(host: str) -> Path | None:
    """On a page that others can reach, nothing is kept unless somebody asked for it."""
    return CORRECTIONS if host in THIS_MACHINE else None
