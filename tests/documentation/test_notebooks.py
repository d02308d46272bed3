"""The notebooks run as they stand, and what is kept of them tells nothing of the machine that ran them."""

import json
import tempfile
from pathlib import Path

import pytest

from tests.documentation.blocks import ROOT
from tools.run_notebooks import execute
from tools.site_pages import notebook_page, results_of

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


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_what_is_kept_beside_a_notebook_is_of_its_cells_as_they_are(path):
    cells = [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    text = results_of(path).read_text("utf-8")
    kept = json.loads(text)
    assert [one["source"] for one in kept] == ["".join(cell["source"]) for cell in cells], "run `make notebooks`"
    assert all(one["result"] for one in kept)
    assert not any(place in text for place in (tempfile.gettempdir(), "/home/", "/root/", str(ROOT)))
    assert all(one["result"] in notebook_page(path) for one in kept)


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_a_notebook_runs_from_its_top_to_its_end(path, tmp_path):
    for library in ("nbclient", "ipykernel", "nbformat"):
        pytest.importorskip(library, reason="the extra docs is not installed: pip install -r requirements-docs.txt")
    said = json.dumps([cell.get("outputs", []) for cell in execute(path, tmp_path)])
    assert "of the test pictures are named rightly" in said
    assert str(tmp_path) not in said
    assert str(Path.home()) not in said
