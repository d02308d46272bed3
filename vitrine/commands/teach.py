"""Teach a classifier in the browser: name classes, give pictures, train, try it, take the model away.

Pictures, data set and runs are kept in a folder, so that a later start goes on where this one ended, and every other
command can use them.

python -m vitrine teach
python -m vitrine teach pets --port 8000
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vitrine.app.private_folder import private_folder
from vitrine.commands.console import CommandParser, command_parser
from vitrine.commands.serving import DEFAULT_HOST, DEFAULT_PORT, find_port, parse_port, run_server, wait_for
from vitrine.errors import UserError
from vitrine.records.folder import MODEL

if TYPE_CHECKING:
    from vitrine.app.teacher import Learnt
    from vitrine.ui.texts import Language
    from vitrine.workflows.teach import Taught

FOLDER = Path("taught")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves the page until it is interrupted.

    Args:
        arguments: the command line without the program's name; None takes the process's own.

    Returns:
        Exit code: 0 after Ctrl-C, 2 for a mistake of the user's, which is printed without a traceback.
    """
    options = build_parser().parse_args(arguments)
    return run_server(lambda: _serve(options.folder, options.host, options.port, options.language))


def build_parser() -> CommandParser:
    """Of its command line."""
    parser = command_parser("teach", __doc__)
    parser.add_argument(
        "folder", nargs="?", type=Path, default=FOLDER, metavar="FOLDER", help="of the lesson (default: %(default)s)"
    )
    parser.add_argument("--port", type=parse_port, default=DEFAULT_PORT, help="to listen on (default: %(default)s)")
    parser.add_argument(
        "--host",
        default=DEFAULT_HOST,
        help="address to listen on (default: %(default)s, this machine only); whoever opens the page can add pictures "
        "and take them away",
    )
    parser.add_argument("--language", choices=("en", "fr"), help="of the page (default: the browser's)")
    return parser


def _serve(folder: Path, host: str, wanted_port: int, language: "Language | None") -> None:
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: is a file; name a folder for the lesson")
    port = find_port(host, wanted_port)
    print("Loading ...", flush=True)
    with private_folder():
        # Imported here: Gradio must find the settings of the private folder.
        from vitrine.app.gradio_import import import_gradio

        import_gradio()
        from vitrine.app.lesson import Lesson
        from vitrine.app.server import open_teach_page
        from vitrine.app.teacher import Teacher
        from vitrine.workflows.teach import find_taught, load_training

        last = find_taught(folder)
        teacher = Teacher(Lesson(folder), _train, _open(last) if last is not None else None)
        with open_teach_page(teacher, host, port, language) as address:
            print(f"Open {address}", flush=True)
            load_training()
            wait_for(threading.Event())


def _train(pictures: Path, folder: Path) -> "Learnt":
    from vitrine.workflows.teach import teach

    return _open(teach(pictures, folder))


def _open(taught: "Taught") -> "Learnt":
    from vitrine.app.teacher import Learnt
    from vitrine.predict.predictor import Predictor

    return Learnt(taught.run, taught.right, taught.tested, Predictor.load(str(taught.run / MODEL)))
