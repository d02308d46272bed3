"""How the person who started this process calls Vitrine's commands, so that every printed advice works as it stands."""

import re
import shutil
import sys
from pathlib import Path

PROGRAM = "vitrine"
SCRIPTS = {"prepare": "data_prep.py", "train": "train.py", "app": "app.py"}
_COMMANDS = {script: command for command, script in SCRIPTS.items()}
_WRITTEN = re.compile(r"\bpython (?:-m vitrine (?P<command>[a-z][a-z-]*)|(?P<script>data_prep\.py|train\.py|app\.py))")


def command_line(command: str) -> str:
    """What to type for a command: `vitrine train`, `python train.py` or `python -m vitrine train`.

    Started as `vitrine`, it is that; as a script of a clone, the script beside it where the command has one. Everything
    else, a notebook too, can say `python -m vitrine`.
    """
    started = Path(sys.argv[0] if sys.argv else "")
    if started.stem == PROGRAM:
        return f"{PROGRAM if shutil.which(PROGRAM) else started} {command}"
    if started.name in _COMMANDS and command in SCRIPTS:
        script = started.with_name(SCRIPTS[command])
        if script.is_file():
            return f"python {script}"
    return f"python -m {PROGRAM} {command}"


def spell_commands(text: str) -> str:
    """A text of ours that names commands as a clone has them, with each as this person calls it.

    Docstrings that serve as help, descriptions of parameters and the comments of recipes are written
    `python train.py ...` and `python -m vitrine study ...`.
    """
    return _WRITTEN.sub(lambda found: command_line(found["command"] or _COMMANDS[found["script"]]), text)
