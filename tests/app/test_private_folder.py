"""Uploads lie where only this user can read them, and are gone at the end."""

import os

import pytest

from vitrine.app.private_folder import QUIET, private_folder


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


def test_folder_and_setting_are_gone_at_the_end_after_a_fault_too():
    kept = []

    def fail():
        with private_folder() as folder:
            (folder / "picture.png").touch()
            kept.append(folder)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not kept[0].exists()
    assert "GRADIO_TEMP_DIR" not in os.environ
