"""The folder of what is fetched or made once for all commands of a user on this machine."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """`vitrine` in the user's cache, which `XDG_CACHE_HOME` puts elsewhere; it need not be there yet."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "vitrine"
