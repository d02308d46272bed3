"""Runs the lines of a page as a reader does, in this process; a visitor opens the pages that they serve."""

import os
import re
import shlex
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.documentation.blocks import ELSEWHERE, NOT_OURS
from tests.documentation.programs import ADDRESS, Programs, read_options
from tests.documentation.workplace import SIDE, use_tiny
from tests.hub_double import OWNER, HubDouble
from tests.printed_commands import PLACEHOLDERS, SCRIPTS
from vitrine.app.address import free_port

NEEDS_THE_HUB = {"push-model", "push-space", "push-data"}
# Words of a line that stand for an extra, each with its library; tests/ship/engines has them.
EXTRAS = {
    "litert": "litert_torch",
    "openvino": "openvino",
    "executorch": "executorch",
    "coreml": "coremltools",
    "shap": "shap",
}
SERVES = {"app", "teach", "demo"}
# Options that make a minute of it; argparse takes the last of two.
SMALLER = {"search": ["--trials", "2"], "demo": ["smoke"]}  # `demo` alone is served, and takes its own
SMALLER_WITH = {"--workers": ["--workers", "2"], "shap": ["--evaluations", "60"]}  # for a word of the line
MEASURED = "mobilenet_v3_small"  # where a page measures all networks of the table
BY_NAME = {"backbones"}  # knows networks by their names, and fetches none
LEFT_OUT = {"--try"}  # installs into an environment of its own
REFUSED = {"retrain": (0, 3, 4)}  # a verdict is an answer, too
TAUGHT, TRAINED = "taught/runs/taught", "runs/dogs"  # nobody teaches by hand here
TABLE = "corrections.csv"  # as somebody filled it in
REMOVED = {False: "remove,Maltese/banana_000.png,Maltese,", True: "remove,apple_000.png,Clothing,"}
CURL = re.compile(r"http://127\.0\.0\.1:7860(?P<path>[^\s\"']*)")


class Reader:
    """Somebody who types what a page says.

    Args:
        folder: where; the current folder.
        patched: undone at the end of the test.
        curls: lines of `curl` of the page, which are asked whenever a page is served.
        programs: start Vitrine in several processes; needed where the page does.
        hub: stands for the Hub; likewise.
    """

    def __init__(
        self,
        folder: Path,
        patched: pytest.MonkeyPatch,
        curls: list[list[str]],
        programs: Programs | None = None,
        hub: HubDouble | None = None,
    ) -> None:
        self.folder, self.patched, self.curls = folder, patched, curls
        self.programs, self.hub = programs, hub
        self.asked = 0

    def type(self, words: list[str]) -> None:
        """Runs a line; what is not a command of Vitrine must be known as another program."""
        command, arguments = split_command(words)
        if words[0] == "export":
            self.patched.setenv(*words[1].split("=", 1))
            return
        if command is None:
            self._start_other(words)
            return
        if missing_extra(arguments):
            return
        if command == "build-space":
            _need_runtime()
        arguments = self._make_small(command, arguments)
        if command in NEEDS_THE_HUB and "--dry-run" not in arguments:
            self._push(command, arguments)
            return
        if TABLE in " ".join(arguments) and command in ("retrain", "prepare"):
            _fill_in(Path(TABLE), command)
        module = import_module(f"vitrine.commands.{command.replace('-', '_')}")
        if command in SERVES and "--no-app" not in arguments:
            self._serve(module, command, arguments)
            return
        if command == "backbones" and arguments[:1] == ["--measure"]:
            arguments = [MEASURED, *arguments]
        fewer = [word for named in SMALLER_WITH if named in arguments for word in SMALLER_WITH[named]]
        code = module.main([*arguments, *SMALLER.get(command, []), *fewer])
        assert code in REFUSED.get(command, (0,)), f"{shlex.join(words)}: exit code {code}"

    def _make_small(self, command: str, arguments: list[str]) -> list[str]:
        """The same with what is there."""
        arguments = [one for one in arguments if one not in LEFT_OUT]
        if command not in BY_NAME:
            arguments = [use_tiny(one, self.folder) for one in arguments]
        if "--address" in arguments:
            arguments = [one.replace(ADDRESS, self.programs.address).removeprefix("/data/") for one in arguments]
        arguments = [one.replace(TAUGHT, TRAINED) for one in arguments]
        return [PLACEHOLDERS.get(one, one) for one in arguments if PLACEHOLDERS.get(one, one)]

    def _start_other(self, words: list[str]) -> None:
        """A program that starts Vitrine; others must be known."""
        if words[0] in ("torchrun", "accelerate"):
            options = read_options(words)
            line = ["-m", options.training_script] if getattr(options, "module", False) else [options.training_script]
            command, arguments = split_command(["python", *line, *options.training_script_args])
            behind = [command] if line[0] == "-m" else []
            self.programs.run_ranks(words, [*behind, *self._make_small(command, arguments)])
        elif words[0] == "dask":
            self.programs.start_dask(words)
        else:
            assert words[0] in (*ELSEWHERE, *NOT_OURS, "curl", "vitrine"), words

    def _push(self, command: str, arguments: list[str]) -> None:
        """In a process of its own, whose Hub is the double."""
        arguments = [one.replace("OWNER", OWNER) for one in arguments]
        self.programs.run(["-m", "vitrine", command, *arguments], self.hub.environment(self.folder / "home"))

    def _serve(self, module: Any, command: str, arguments: list[str]) -> None:
        """Opens the page on a free port, where a visitor comes and then presses Ctrl-C."""
        port = free_port("127.0.0.1", 0)
        served = import_module("vitrine.commands.app") if command == "demo" else module

        user = arguments[arguments.index("--user") + 1] if "--user" in arguments else None
        auth = (user, os.environ["VITRINE_PASSWORD"]) if user else None

        def visit(*_: object) -> None:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", auth=auth) as visitor:
                self._visit(visitor, asks=command == "app")
                if "--corrections" in arguments:
                    self._correct(visitor)
            raise KeyboardInterrupt

        with self.patched.context() as patched:
            patched.setattr(served, "wait_for", visit)
            if "--retrain" in arguments:  # the page waits for the end of its job instead
                patched.setattr(served, "_wait_for_a_new_model", visit)
            assert module.main([*arguments, "--port", str(port)]) == 0

    def _visit(self, visitor: httpx.Client, asks: bool) -> None:
        assert visitor.get("/").status_code == 200
        for words in self.curls if asks else []:
            url = next(word for word in words if word.startswith("http"))
            path = CURL.match(url)["path"]
            fields = dict(word.split("=", 1) for word in words if "=" in word and not word.startswith("http"))
            files = {name: Path(value[1:]).read_bytes() for name, value in fields.items() if value.startswith("@")}
            data = {name: value for name, value in fields.items() if not value.startswith("@")}
            if files:
                answer = visitor.post(path, files={"picture": ("a.jpg", files["picture"])}, data=data)
            else:
                answer = visitor.get(path)
            assert answer.status_code == 200, f"{shlex.join(words)}: {answer.text}"
            self.asked += 1

    def _correct(self, visitor: httpx.Client) -> None:
        """Says of a picture what it shows, so that there is something to learn."""
        data = {"label": "Maltese", "reviewer": "ann", "keep_picture": "true"}
        answer = visitor.post("/correct", files={"picture": ("a.jpg", Path("photo.jpg").read_bytes())}, data=data)
        assert answer.status_code == 200, answer.text


def missing_extra(words: list[str]) -> str | None:
    """The extra that a line asks for and that is not there."""
    return next((word for word in words if word in EXTRAS and find_spec(EXTRAS[word]) is None), None)


def split_command(words: list[str]) -> tuple[str | None, list[str]]:
    """The command of Vitrine and its arguments; None where another program is started."""
    if words[:3] == ["python", "-m", "vitrine"] and len(words) > 3:
        return words[3], words[4:]
    if words[0] == "vitrine" and not words[1].startswith("-"):
        return words[1], words[2:]
    if words[0] == "python" and len(words) > 1 and words[1] in SCRIPTS:
        return SCRIPTS[words[1]], words[2:]
    if words[0] == "python":
        pytest.fail(f"{shlex.join(words)}: no program of Vitrine")
    return None, words


def _fill_in(table: Path, command: str) -> None:
    """What a person writes into a table of corrections: a row to remove, or a new picture to learn."""
    row = "add,photo.jpg,,Maltese"
    if command == "prepare":
        row = REMOVED[Path("prepared/shop").exists()]
    table.write_text(f"action,file,label_name,new_label\n{row}\n", "utf-8")


def run_python(code: str, names: dict[str, Any], folder: Path) -> None:
    """Executes a block in the names of the blocks before it, on pictures as small as those of the recipes."""
    code = code.replace('prepare("pictures/dogs")', f'prepare("pictures/dogs", image_size={SIDE})')
    exec(compile(use_tiny(code, folder), "page", "exec"), names)  # noqa: S102 (our own documentation)


def _need_runtime() -> None:
    from vitrine.errors import UserError
    from vitrine.ship.browser.runtime import fetch_runtime

    try:
        fetch_runtime()
    except UserError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"the page in the browser cannot be made here: {error}")
