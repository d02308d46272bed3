"""What a user reads about a recipe that is refused."""

from pathlib import Path

import pytest

from vitrine.config.loading import load_recipe
from vitrine.errors import UserError


def fault_of(path: Path | None = None, *overrides: str) -> str:
    """The message about a recipe with these overrides; fails where it is taken."""
    with pytest.raises(UserError) as caught:
        load_recipe(path, overrides)
    return str(caught.value)
