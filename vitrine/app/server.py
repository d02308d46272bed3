"""Loads a model and serves its page."""

from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr
from PIL import Image
from transformers.utils import logging

from vitrine.app.address import page_address
from vitrine.app.page import build_interface
from vitrine.app.theme import STYLE, build_theme
from vitrine.app.uploads import MAX_UPLOAD_BYTES
from vitrine.predict.predictor import Predictor


@contextmanager
def open_page(model_id: str, host: str, port: int) -> Iterator[str]:
    """Serves the page of a model inside the `with` block; yields its address when it answers.

    Args:
        model_id: model folder or Hub id.
        host: address to listen on.
        port: free port to listen on.

    Raises:
        UserError: the model cannot be loaded.
    """
    logging.disable_progress_bar()  # reading the weights takes a moment; a download keeps its own bar
    predictor = Predictor.load(model_id)
    predictor.predict(Image.new("RGB", (64, 64)), top_k=1)  # the first call is slow; let no visitor wait for it
    address = page_address(host, port)
    page = build_interface(predictor, address)
    start(page, host, port)
    try:
        yield address
    finally:
        page.close(verbose=False)


def start(page: gr.Blocks, host: str, port: int) -> None:
    """Starts to serve a page and returns when it answers."""
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
        max_file_size=MAX_UPLOAD_BYTES,
        footer_links=["settings"],  # not "api": its example sends a web address, which this page does not fetch
        theme=build_theme(),
        css_paths=[STYLE],
    )
