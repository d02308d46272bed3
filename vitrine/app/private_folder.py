"""Where uploads lie while the page runs, and what Gradio must be told before it is imported."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

QUIET = {
    "GRADIO_ANALYTICS_ENABLED": "False",  # Gradio looks up api.gradio.app and huggingface.co otherwise
    "HF_HUB_DISABLE_TELEMETRY": "1",
    # After every answer Gradio would sum up its records of all answers before, for a page that is switched off here.
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000",
}


@contextmanager
def private_folder() -> Iterator[Path]:
    """Yields a folder that only this user can read, and removes it with all uploads at the end.

    Gradio reads these settings when it is imported, so enter this before importing anything that imports it.
    """
    with tempfile.TemporaryDirectory(prefix="vitrine-app-") as name:
        folder = Path(name).resolve()
        os.environ.update(QUIET)
        os.environ["GRADIO_TEMP_DIR"] = str(folder)
        try:
            yield folder
        finally:
            del os.environ["GRADIO_TEMP_DIR"]
