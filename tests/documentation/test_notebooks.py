"""The notebooks run as they stand, and what is kept of them tells nothing of the machine that ran them."""

import json
import os
from pathlib import Path

import pytest

from tests.documentation.blocks import ROOT

NOTEBOOKS = sorted(ROOT.glob("notebooks/*.ipynb"))


def by_name(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_a_notebook_is_kept_without_outputs(path):
    cells = json.loads(path.read_text("utf-8"))["cells"]
    assert any(cell["cell_type"] == "code" for cell in cells)
    for cell in cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_a_notebook_runs_from_its_top_to_its_end(path, tmp_path):
    reason = "the extra docs is not installed: pip install -r requirements-docs.txt"
    nbclient = pytest.importorskip("nbclient", reason=reason)
    pytest.importorskip("ipykernel", reason=reason)
    nbformat = pytest.importorskip("nbformat", reason=reason)
    notebook = nbformat.read(path, as_version=4)
    kernel = nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}})
    kernel.execute(env=environment())
    said = json.dumps([cell.get("outputs", []) for cell in notebook.cells])
    assert "of the test pictures are named rightly" in said
    assert str(tmp_path) not in said
    assert str(Path.home()) not in said


def environment() -> dict[str, str]:
    """Of the kernel: it finds the package of this clone, wherever it runs."""
    return os.environ | {"PYTHONPATH": str(ROOT)}
