"""Uploads lie where only this user can read them, and are gone at the end."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vitrine.app.private_folder import LOCK, QUIET, YOUNG_SECONDS, private_folder, remove_left_uploads


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """What the settings were before, brought back after each test."""
    for name in (*QUIET, "GRADIO_TEMP_DIR"):
        monkeypatch.setenv(name, "before")


def test_only_this_user_can_read_the_folder_and_gradio_is_told_of_it():
    with private_folder() as folder:
        assert folder.stat().st_mode & 0o077 == 0
        assert os.environ["GRADIO_TEMP_DIR"] == str(folder)
        assert {name: os.environ[name] for name in QUIET} == QUIET


def test_folder_is_gone_and_the_setting_as_before_at_the_end_after_a_fault_too():
    kept = []

    def fail():
        with private_folder() as folder:
            (folder / "picture.png").touch()
            kept.append(folder)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not kept[0].exists()
    assert os.environ["GRADIO_TEMP_DIR"] == "before"


def grow_old(folder):
    then = time.time() - 2 * YOUNG_SECONDS
    os.utime(folder, (then, then))


def test_uploads_of_a_process_that_was_killed_are_removed_at_the_next_start(tmp_path):
    program = (
        "import os\nfrom vitrine.app.private_folder import private_folder\nwith private_folder() as folder:\n"
        "    (folder / 'picture.png').touch()\n    os._exit(9)"
    )
    root = Path(__file__).parents[2]
    environment = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(root)}
    subprocess.run([sys.executable, "-c", program], env=environment, check=False, timeout=60)
    (left,) = tmp_path.iterdir()
    assert (left / "picture.png").exists()
    remove_left_uploads(tmp_path)
    assert left.exists(), "it may be of a process that is just starting"
    grow_old(left)
    remove_left_uploads(tmp_path)
    assert not left.exists()


def test_uploads_of_a_page_that_is_open_and_what_is_not_ours_stay(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "vitrine-app-notes").mkdir()
    elsewhere = tmp_path / "pictures"
    elsewhere.mkdir()
    (elsewhere / LOCK).touch()
    (tmp_path / "vitrine-app-link").symlink_to(elsewhere)
    with private_folder() as folder:
        for each in (folder, elsewhere, tmp_path / "vitrine-app-notes"):
            grow_old(each)
        remove_left_uploads(tmp_path)
        assert folder.exists()
    assert elsewhere.exists()
    assert (tmp_path / "vitrine-app-notes").exists()


def test_a_second_page_in_one_process_gives_the_first_its_folder_back():
    with private_folder() as first:
        with private_folder() as second:
            assert os.environ["GRADIO_TEMP_DIR"] == str(second) != str(first)
        assert os.environ["GRADIO_TEMP_DIR"] == str(first)
    assert os.environ["GRADIO_TEMP_DIR"] == "before"


def test_a_setting_that_was_not_there_before_is_taken_back(monkeypatch):
    monkeypatch.delenv("GRADIO_TEMP_DIR")
    with private_folder():
        assert "GRADIO_TEMP_DIR" in os.environ
    assert "GRADIO_TEMP_DIR" not in os.environ
