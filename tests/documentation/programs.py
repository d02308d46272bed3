"""Programs beside Vitrine that pages name: their own parsers read each line, and what runs here is run, made small."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.documentation.blocks import INLINE, ROOT, command_lines, pages, read_blocks, read_scripts
from vitrine.app.address import free_port

PARSED = ("torchrun", "accelerate", "hf", "dask", "docker")
ADDRESS = "tcp://machine:8786"  # of the pages' scheduler
BUCKET = "s3://bucket"  # of the pages
PROCESSES = "2"
LIMIT_SECONDS = 600


def program_lines() -> Iterator[tuple[str, list[str]]]:
    """Page and words of each line of these programs in blocks, scripts and prose; what is only named is left out."""
    for page in pages():
        lines = [words for one in read_blocks(page) if one.language == "sh" for words in command_lines(one.code)]
        scripts = [words[1:] for script in read_scripts(page) for words in command_lines(script) if words[0] == "srun"]
        inline = [line.split() for line in INLINE.findall(page.read_text("utf-8"))]
        named = (["accelerate", "launch"], ["dask", "cuda", "worker"])  # the second one is of dask-cuda
        for words in (*lines, *scripts, *inline):
            if words and words[0] in PARSED and len(words) > 1 and words not in named:
                yield page.relative_to(ROOT).as_posix(), words


def read_options(words: Sequence[str]) -> Any:
    """What the program's own parser makes of a line; whatever the parser raises where it knows an option not."""
    arguments = [word for word in words[1:] if word != "..."]
    return {"torchrun": _torchrun, "accelerate": _accelerate, "hf": _hf, "dask": _dask, "docker": _docker}[words[0]](
        arguments
    )


def _torchrun(arguments: list[str]) -> Any:
    from torch.distributed.run import get_args_parser

    return get_args_parser().parse_args(arguments)


def _accelerate(arguments: list[str]) -> Any:
    from accelerate.commands.launch import launch_command_parser

    assert arguments[0] == "launch"
    if "--cpu" in arguments:  # the page warns of this line, and names no script
        arguments = [*arguments, "train.py"]
    return launch_command_parser().parse_args(arguments[1:])


def _hf(arguments: list[str]) -> Any:
    from huggingface_hub.cli.hf import app

    command, context = app, app.make_context("hf", arguments)
    while hasattr(command, "commands"):
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, rest, parent=context)
    # `hf jobs run` takes an option that it does not know for the image.
    assert not str(context.params.get("image", "")).startswith("-"), context.params
    return context.params


def _dask(arguments: list[str]) -> Any:
    from distributed.cli import dask_scheduler, dask_worker

    command = {"scheduler": dask_scheduler.main, "worker": dask_worker.main}[arguments[0]]
    return command.make_context(arguments[0], arguments[1:]).params


def _docker(arguments: list[str]) -> str:
    """Its help, which names every option; "" where there is no docker."""
    if shutil.which("docker") is None:
        return ""
    answer = subprocess.run(["docker", arguments[0], "--help"], capture_output=True, text=True, check=True)  # noqa: S607
    for word in arguments:
        assert not word.startswith("--") or word.split("=")[0] in answer.stdout, word
    return answer.stdout


class Programs:
    """Runs them; a scheduler and its workers end with the `with` block.

    Args:
        folder: where; recipes and pictures in it are small.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"tcp://127.0.0.1:{free_port('127.0.0.1', 0)}"
        self.ends = ExitStack()
        self.environment = os.environ | {"PYTHONPATH": str(ROOT)}

    def __enter__(self) -> "Programs":
        return self

    def __exit__(self, *_: object) -> None:
        self.ends.close()

    def run_ranks(self, words: Sequence[str], arguments: Sequence[str]) -> None:
        """`torchrun` or `accelerate launch`, on this machine with two processes.

        Args:
            words: the line of the page.
            arguments: what stands behind the name of the script there, made small.
        """
        options = read_options(words)
        # One file of pictures for each process, and Accelerate starts one process only without GPUs, as the page says.
        processes = "1" if any(one.startswith("engine.reading=") for one in arguments) else PROCESSES
        start = ["torch.distributed.run", "--standalone", "--nproc_per_node", processes]
        if words[0] == "accelerate":
            start = ["accelerate.commands.launch", "--cpu", "--num_processes", "1"]
        is_module = getattr(options, "module", False)
        script = ["-m", options.training_script] if is_module else [str(ROOT / options.training_script)]
        store = self.serve_folder() if any(BUCKET in one for one in arguments) else ""
        self.run(["-m", *start, *script, *(one.replace(BUCKET, store) for one in arguments)])

    def serve_folder(self) -> str:
        """The address of this folder as a store that every process of this machine can read."""
        port = free_port("127.0.0.1", 0)
        command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
        server = self.ends.enter_context(subprocess.Popen(command, cwd=self.folder, stderr=subprocess.DEVNULL))
        self.ends.callback(server.terminate)
        return f"http://127.0.0.1:{port}"

    def run(self, arguments: Sequence[str], environment: dict[str, str] | None = None) -> None:
        """Python with these arguments, to its end."""
        answer = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=environment or self.environment,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        assert answer.returncode == 0, f"{' '.join(arguments)}: {answer.stdout}{answer.stderr}"

    def start_dask(self, words: Sequence[str]) -> None:
        """A scheduler or a worker, which goes on."""
        options = ["--no-dashboard"]
        if words[1] == "scheduler":
            options += ["--host", "127.0.0.1", "--port", self.address.rpartition(":")[2]]
        else:
            options += ["--nworkers", "1"]  # the last of two counts
        line = [self.address if word == ADDRESS else word for word in words[1:]]
        started = subprocess.Popen(
            [sys.executable, "-m", "dask", *line, *options], cwd=self.folder, env=self.environment
        )
        self.ends.callback(started.wait)
        self.ends.callback(started.terminate)
