"""Keeping transformers from printing what is meant for developers."""

from transformers.utils import logging


def silence_transformers() -> None:
    """Errors still come through; reports on replaced heads and bars of reading weights do not."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
