"""What several tests of networks need."""

from pathlib import Path

import pytest

from tests.factories import write_tiny_resnet
from tests.models.headed import TIMM


@pytest.fixture(params=["timm", "native"])
def name(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A backbone of each library, from random weights."""
    return TIMM if request.param == "timm" else str(write_tiny_resnet(tmp_path / "checkpoint"))
