"""What tests of publishing share: a double of the Hub, a process that asks it, and the golden run."""

import json
import shutil
from pathlib import Path

import pytest

from tests.hub_fixtures import client, hub
from tests.ship.evidence import GOLDEN_RUN

__all__ = ["client", "golden_run", "hub", "pushed_run"]
GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture
def pushed_run(hub, tmp_path):
    """A finished run with what it learned from beside it; the Hub works, before and after."""
    hub.broken.clear()
    folder = tmp_path / "run"
    shutil.copytree(GOLDEN / GOLDEN_RUN, folder)
    counts = {split: dict.fromkeys(("blau é", "red", "vert <b>"), 6) for split in ("train", "validation", "test")}
    noted = {"name": "colours", "source": "colours", "version": "0" * 12, "manifest_sha256": "a" * 64, "split_seed": 0}
    (folder / "data.json").write_text(json.dumps({"format": 1, **noted, "counts": counts}))
    yield folder
    hub.broken.clear()


@pytest.fixture(scope="module")
def golden_run(tmp_path_factory):
    """A copy of the golden run beside its data set, from the folder that its paths start from."""
    folder = tmp_path_factory.mktemp("golden")
    for part in ("prepared", "runs/colours"):
        shutil.copytree(GOLDEN / part, folder / part)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder / GOLDEN_RUN
