"""Every command that Vitrine prints: in README and docs, in the comments of recipes, in the help of commands."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from tests.documentation.blocks import INLINE
from vitrine.commands import COMMANDS

ROOT = Path(__file__).parents[1]
SCRIPTS = {"data_prep.py": "prepare", "train.py": "train", "app.py": "app"}
# A command, on a line of its own or in backquotes; `torchrun ... train.py` and `accelerate launch train.py` too.
PROGRAM = re.compile(
    r"(?:python -m vitrine |\bvitrine )(?P<command>[a-z][a-z-]*)|(?P<script>data_prep\.py|train\.py|app\.py) "
)
STARTS = ("python ", "vitrine ", "torchrun ", "accelerate launch ")
# What a reader puts in, and something that stands for it here.
PLACEHOLDERS = {
    "RECIPE": "configs/smoke.yaml",
    "runs/dogs/latest/recipe.yaml": "configs/s2_dogs5.yaml",
    "NAME": "digits",
    "...": "",
}


@dataclass(frozen=True)
class Printed:
    """A command line.

    Attributes:
        place: file that prints it, from the root.
        command: its name.
        arguments: what stands behind it.
    """

    place: str
    command: str
    arguments: tuple[str, ...]

    @property
    def text(self) -> str:
        """To find it by."""
        return f"{self.place}: {self.command} {shlex.join(self.arguments)}"


def collect() -> list[Printed]:
    """All of them, each once for the file that prints it."""
    found = [printed for place, line in _lines() if (printed := _read(place, line)) is not None]
    return list(dict.fromkeys(found))


def _lines() -> Iterator[tuple[str, str]]:
    for path in (ROOT / "README.md", ROOT / "README.fr.md", *sorted(ROOT.glob("docs/**/*.md"))):
        text = path.read_text("utf-8").replace("\\\n", " ")
        place = path.relative_to(ROOT).as_posix()
        for line in text.splitlines():
            yield from ((place, line) for _ in [0] if line.startswith(STARTS))
            yield from ((place, inline) for inline in INLINE.findall(line) if inline.startswith(STARTS))
    for path in sorted(ROOT.glob("configs/**/*.yaml")):
        place = path.relative_to(ROOT).as_posix()
        comments = [line[1:].strip() for line in path.read_text("utf-8").splitlines() if line.startswith("#   ")]
        yield from ((place, line) for line in comments if line.startswith(STARTS))
    for command in COMMANDS:
        module = import_module(f"vitrine.commands.{command.replace('-', '_')}")
        lines = [line.strip() for line in (module.__doc__ or "").splitlines()]
        yield from ((f"vitrine {command} --help", line) for line in lines if line.startswith(STARTS))


def _read(place: str, line: str) -> Printed | None:
    start = PROGRAM.search(line + " ")
    if start is None or start["command"] == "COMMAND":
        return None
    words = shlex.split(line[start.end() :], comments=True)
    ends = [number for number, word in enumerate(words) if word in (">", "|", "&&", ";")]
    words = words[: ends[0]] if ends else words
    arguments = [PLACEHOLDERS.get(word, word) for word in words]
    return Printed(place, start["command"] or SCRIPTS[start["script"]], tuple(word for word in arguments if word))
