"""A working folder that may not be written to: one message that names it, and nothing half made."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories import prepare, write_colored_classes

ROOT = Path(__file__).parent.parent
# Permissions do not bind the superuser, unless the programs that it starts give this right away.
GIVE_RIGHTS_AWAY = ["--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]

AS_PREPARED = ("data.image_size=32", "checks.near_duplicates=off", "checks.contradictions=keep", "optim.epochs=1")


@pytest.fixture
def call(tmp_path):
    """A function that starts a command in a folder that is read-only: (exit code, lines of stderr)."""
    if os.name == "nt":
        pytest.skip("permissions are those of POSIX")
    before = []
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("the superuser may write everywhere, and there is no setpriv")
        before = [shutil.which("setpriv"), *GIVE_RIGHTS_AWAY]

    def run(*words):
        tmp_path.chmod(0o555)
        try:
            answer = subprocess.run(
                [*before, sys.executable, *words],
                cwd=tmp_path,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                capture_output=True,
                text=True,
                timeout=250,
                check=False,
            )
        finally:
            tmp_path.chmod(0o755)
        return answer.returncode, answer.stderr.splitlines()

    return run


@pytest.mark.slow
def test_preparing_says_which_folder_cannot_be_made(call, tmp_path):
    write_colored_classes(tmp_path / "source")
    message = "error: no permission; take another folder, or change its permissions: prepared"
    assert call(str(ROOT / "data_prep.py"), "data.source=source") == (2, [message])
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


@pytest.mark.slow
def test_training_says_which_folder_cannot_be_made(call, tmp_path):
    prepare(write_colored_classes(tmp_path / "source"), tmp_path / "prepared" / "colours")
    message = "error: no permission; take another folder, or change its permissions: runs"
    assert call(str(ROOT / "train.py"), "name=colours", *AS_PREPARED) == (2, [message])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["prepared", "source"]


def test_recipes_and_the_demo_say_which_folder_cannot_be_made(call, tmp_path):
    message = "error: no permission; take another folder, or change its permissions: configs"
    assert call("-m", "vitrine", "recipes", "digits") == (2, [message])
    assert call("-m", "vitrine", "demo", "--no-app") == (2, [message])
    assert list(tmp_path.iterdir()) == []
