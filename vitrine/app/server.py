"""Loads a model and serves its page."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import gradio as gr
from PIL import Image

from vitrine.app.address import page_address
from vitrine.app.corrections import CorrectionDesk
from vitrine.app.page import build_interface
from vitrine.app.theme import STYLE, build_theme
from vitrine.app.uploads import MAX_ARCHIVE_BYTES, guard_uploads
from vitrine.app.wrong_requests import server_settings
from vitrine.errors import UserError
from vitrine.predict.predictor import Predictor
from vitrine.records.model import ModelMetadata
from vitrine.ui.texts import Language, load_texts

MOST_SESSIONS = 500  # each takes 42 kB, and so does each client of the API; Gradio keeps 10,000 of them


@contextmanager
def open_page(
    model_id: str,
    host: str,
    port: int,
    language: Language | None = None,
    load: Callable[[str], Predictor] = Predictor.load,
    desk: CorrectionDesk | None = None,
) -> Iterator[str]:
    """Serves the page of a model inside the `with` block; yields its address when it answers.

    Args:
        model_id: model folder or Hub id.
        host: address to listen on.
        port: free port to listen on.
        language: of the page; None: the one that the recipe of the model gives its reports.
        load: opens the model.
        desk: keeps what visitors correct; None: they cannot.

    Raises:
        UserError: the model cannot be loaded.
    """
    predictor = load(model_id)
    predictor.predict(Image.new("RGB", (64, 64)), top_k=1)  # the first call is slow; let no visitor wait for it
    address = page_address(host, port)
    language = language or recipe_language(predictor.metadata)
    page = build_interface(predictor, address, load_texts(language), desk)
    start(page, host, port, language)
    try:
        yield address
    finally:
        page.close(verbose=False)


def recipe_language(metadata: ModelMetadata | None) -> Language:
    """The language of the reports of a model's training; English where that is not known."""
    report = metadata.recipe.get("report") if metadata is not None else None
    return "fr" if isinstance(report, dict) and report.get("language") == "fr" else "en"


def start(page: gr.Blocks, host: str, port: int, language: Language = "en") -> None:
    """Starts to serve a page and returns when it answers.

    Args:
        page: of `build_interface`.
        host: address to listen on.
        port: free port to listen on.
        language: that the page says it is in, so that browsers and screen readers read it rightly.

    Raises:
        UserError: somebody else listens on the port.
    """
    guard_uploads()
    try:
        _launch(page, host, port, language)
    except OSError as error:
        if error.errno is not None:  # of the disk, say; Gradio's own, on the port, has no number
            raise
        raise UserError(
            f"--port {port}: another program took it just now; start again, or choose another with --port"
        ) from None


def _launch(page: gr.Blocks, host: str, port: int, language: Language) -> None:
    page.launch(
        server_name=f"[{host}]" if ":" in host else host,
        server_port=port,
        prevent_thread_lock=True,
        quiet=True,
        share=False,
        ssr_mode=False,  # would look for Node
        pwa=False,
        run_history=False,  # Gradio would keep a copy of every picture in the visitor's browser
        enable_monitoring=False,
        show_error=False,  # an unforeseen error's text holds paths of this machine
        max_file_size=MAX_ARCHIVE_BYTES,
        app_kwargs=server_settings(page),
        state_session_capacity=MOST_SESSIONS,
        footer_links=["settings"],  # not "api": its example sends a web address, which this page does not fetch
        theme=build_theme(),
        # Gradio's own words ("Upload", "Paste") follow the language of the visitor's browser, as they did before.
        js=f"() => {{ document.documentElement.lang = '{language}'; }}",
        css_paths=[STYLE],
    )
