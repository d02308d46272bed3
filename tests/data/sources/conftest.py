"""What tests of sources need."""

from pathlib import Path

import pytest


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with three pictures, within a folder that holds a secret."""
    folder = tmp_path / "shop"
    (folder / "a").mkdir(parents=True)
    for file in ("a/1.png", "a/2.png", "3.png"):
        (folder / file).write_bytes(b"picture")
    (tmp_path / "secret.png").write_bytes(b"secret")
    return folder
