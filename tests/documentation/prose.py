"""What stands between backticks in the sentences and tables of pages: commands, calls in Python, options."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from tests.documentation.blocks import ELSEWHERE, NOT_OURS, command_lines, pages, read_blocks
from tests.documentation.running import EXTRAS, split_command
from tests.documentation.systems import PAGE as FIVE_SYSTEMS
from tests.documentation.systems import read_rows
from tests.printed_commands import SCRIPTS
from tools.site_links import split_fences
from vitrine.commands import COMMANDS

QUOTED = re.compile(r"`([^`]+)`")
RUN, RECIPE, UNFINISHED, STORE = "runs/dogs/latest", "dogs.yaml", "runs/dogs/stopped.unfinished", "memory://bucket"
# What a reader puts in, and what stands for it here.
MEANT = {
    **{"MODEL": f"{RUN}/model", "A": f"{RUN}/model", "B": f"{RUN}/model", "RUN": RUN, "RECIPE": RECIPE},
    **{"FILE.onnx": "dogs.onnx", "PICTURES": "unsorted", "PICTURES...": "unsorted"},
    **{"NEW_PICTURES": "pictures/new_dogs", "NAME": "head_only", "COMMAND": "runs"},
}
# What a command asks for besides, where it is named alone or with an option alone.
ASKED = {
    "export": (f"{RUN}/model", "exported.onnx"),
    "explain": (f"{RUN}/model", "photo.jpg"),
    "evaluate": (f"{RUN}/model", "pictures/new_dogs"),
    "predict": (f"{RUN}/model", "unsorted"),
    "build-space": (RUN, "site"),
    "prepare": (RECIPE,),
    "train": (RECIPE,),
}


def quoted(page: Path) -> list[str]:
    """What stands between backticks outside of blocks, each on one line."""
    text = "".join(part for part, in_fence in split_fences(page.read_text("utf-8")) if not in_fence)
    return [" ".join(found.split()) for found in QUOTED.findall(text)]


def commands() -> dict[str, str]:
    """Each command that no block and no table of the five systems has, in the way in which it is run, with its page.

    A program or command that is only named, such as `train.py`, is none.
    """
    run = block_lines()
    found: dict[str, str] = {}
    for page in pages():
        for text in quoted(page) if page != FIVE_SYSTEMS else ():
            line = shlex.join(_fill_in(_words(text)))
            if line and line not in run:
                found.setdefault(line, page.name)
    return found


def block_lines() -> set[str]:
    """What is run already: lines of blocks, and commands of the page about the five systems."""
    return {shlex.join(_fill_in(words)) for page in pages() for words in _lines(page)}


def calls() -> dict[str, str]:
    """Each call in Python, with its page."""
    return {text: page.name for page in pages() for text in quoted(page) if _is_call(text)}


def options() -> set[str]:
    """Names of the options that stand without their command."""
    alone = (re.match(r"--[a-z_-]+(?=[ =]|$)", text) for page in pages() for text in quoted(page))
    return {found[0] for found in alone if found}


def stand_in(code: str) -> str:
    """The same with the run and the store that are there."""
    code = re.sub(r"runs/[^\s\"']*\.unfinished", UNFINISHED, code)
    return code.replace("s3://bucket", STORE).replace('"s3"', '"memory"')


def _lines(page: Path) -> Iterator[list[str]]:
    for block in read_blocks(page):
        yield from command_lines(block.code) if block.language == "sh" else ()
    if page == FIVE_SYSTEMS:
        yield from (list(words) for row in read_rows() for words in row.commands)


def _words(text: str) -> list[str]:
    """Of a command, its program first; [] for what is none."""
    try:
        first, *rest = shlex.split(text)
    except ValueError:
        return []
    if not rest or (first == "export" and "=" in text):  # the latter is of the shell
        return []
    if first in COMMANDS:
        return ["vitrine", first, *rest]
    if first in SCRIPTS:
        return ["python", first, *rest]
    return [first, *rest] if first in ("python", "vitrine", "torchrun", *ELSEWHERE, *NOT_OURS) else []


def _fill_in(words: list[str]) -> list[str]:
    """With what it asks for and what placeholders mean; a script by the name of its command."""
    words = [MEANT.get(word, word) for word in words]
    if words[:2] == ["python", "-m"] and words[2] != "vitrine":
        return words
    command, arguments = split_command(words) if words else (None, words)
    if command in ASKED and "--help" not in arguments and "--resume" not in arguments:
        named = arguments and not arguments[0].startswith("-")
        arguments = arguments if named else [*ASKED[command], *arguments]
    if command == "export" and EXTRAS.keys() & set(arguments):  # to a folder
        arguments = [word.removesuffix(".onnx") for word in arguments]
    arguments = [stand_in(word) for word in arguments]
    return arguments if command is None else ["vitrine", command, *arguments]


def _is_call(text: str) -> bool:
    try:
        call = ast.parse(text, mode="eval").body
    except SyntaxError:
        return False
    return isinstance(call, ast.Call) and not any(ast.unparse(one) == "..." for one in call.args)
