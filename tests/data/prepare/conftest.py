"""What tests of preparing need."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def source(make_class_folders: Callable[..., Path]) -> Path:
    """Two classes of twenty pictures."""
    return make_class_folders({"cat": 20, "dog": 20})
