"""Runs the notebooks and keeps what their cells give, which the site shows: the notebooks themselves hold none of it.

    python -m tools.run_notebooks     as `make notebooks` does

Made by hand where a notebook changes, as the pictures are: the figures of a training differ a little between machines.
"""

import json
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.site_pages import notebooks, results_of
from vitrine.commands.console import run_command
from vitrine.errors import UserError

ROOT = Path(__file__).parents[1]
LIMIT = 300  # seconds of a cell
OF_PANDAS = re.compile(
    r"<style.*?</style>|(?<=<table) border=\"1\" class=\"dataframe\"", re.DOTALL
)  # its look, not ours


def main() -> int:
    """Runs all notebooks; returns the exit code."""
    return run_command(lambda: [keep_results(path) for path in notebooks(ROOT)])


def keep_results(path: Path) -> None:
    """Writes what the cells of a notebook give beside it, as JSON: the source of each cell of code, and its result."""
    with tempfile.TemporaryDirectory() as folder:
        cells = execute(path, Path(folder))
    kept = [{"source": cell["source"], "result": to_markdown(cell["outputs"])} for cell in cells]
    results_of(path).write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"{results_of(path).name}: {results_of(path).stat().st_size / 1000:.0f} kB")


def execute(path: Path, folder: Path) -> list[Any]:
    """The cells of code of a notebook, with their outputs, run in a folder by the package of this clone.

    Raises:
        UserError: what runs notebooks is missing.
    """
    try:
        import nbformat
        from nbclient import NotebookClient
    except ImportError:
        raise UserError("nbclient runs notebooks and is missing: pip install -r requirements-docs.txt") from None
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=LIMIT, resources={"metadata": {"path": str(folder)}})
    client.execute(env=os.environ | {"PYTHONPATH": str(ROOT)})
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def to_markdown(outputs: Sequence[Any]) -> str:
    """What a cell gives as Markdown: tables and pictures as HTML, the rest as text; not what is said meanwhile."""
    parts = []
    for output in outputs:
        data = output.get("data", {})
        if output["output_type"] == "stream" and output["name"] == "stdout":
            parts.append(f"```text\n{output['text'].rstrip()}\n```")
        elif output["output_type"] == "execute_result" and "text/html" in data:
            lines = OF_PANDAS.sub("", data["text/html"]).splitlines()
            content = "\n".join(line.strip() for line in lines if line.strip())  # an empty line would end the block
            parts.append(f"<div>\n{content}\n</div>")
        elif output["output_type"] == "execute_result":
            parts.append(f"```text\n{data['text/plain']}\n```")
    return "\n\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
