"""Which Python Vitrine needs, said by a Python that is too old for it.

This file, `vitrine/__init__.py` and the top-level scripts keep to the syntax of Python 3.8, so that an old one can read
them and give its one message.
"""

from __future__ import annotations

import sys
from pathlib import Path

NEEDED = (3, 11)
PROGRAMS = ("-m", "vitrine", "data_prep.py", "train.py", "app.py")  # "-m" is the name of `python -m vitrine` so early


def check_python(version: tuple[int, int] = sys.version_info[:2], program: str = "") -> None:
    """Stops a Python that is too old before it meets syntax that it cannot read.

    Args:
        version: major and minor.
        program: what was started, as `sys.argv[0]` names it; empty takes the process's own.

    Raises:
        ImportError: it is too old, and another program imports Vitrine.
        SystemExit: it is too old, and Vitrine itself was started: the message is printed, the exit code is 2.
    """
    if version >= NEEDED:
        return
    message = (
        f"Vitrine needs Python {NEEDED[0]}.{NEEDED[1]} or newer, and this is Python {version[0]}.{version[1]} "
        f"({sys.executable}); make an environment with a newer one, for example: python3.12 -m venv .venv"
    )
    if Path(program or (sys.argv or [""])[0]).name in PROGRAMS:
        sys.stderr.write(f"error: {message}\n")
        raise SystemExit(2)
    raise ImportError(message)
