"""Trainings in processes of their own, one or several together, that can be killed at a chosen moment.

A server that has imported everything forks them, so that a start takes no seconds; it has run nothing itself.
"""

import importlib
import multiprocessing
import os
import signal
import socket
import sys
import traceback
from pathlib import Path

import pytest
import torch

NEEDS_FORKS = pytest.mark.skipif(sys.platform == "win32", reason="Windows neither forks nor kills by a signal")
CONTEXT = multiprocessing.get_context(None if sys.platform == "win32" else "forkserver")
if sys.platform != "win32":
    CONTEXT.set_forkserver_preload(["tests.training.children", "vitrine.training.run", "accelerate", "transformers"])
LIMIT_SECONDS = 120


def train(recipe, folder, processes=1, moment=None, constants=None):
    """Runs a training; returns the exit codes (-9: killed).

    moment: (kind, number): a process kills itself with SIGKILL in the so many-th step, evaluation, writing of a
    checkpoint ...; the others are killed then, as torchrun does. What a process raised stands in folder/error.txt.
    constants: other values of constants, by module and name; the server has not seen what a test patched.
    """
    port = _free_port()
    children = [
        CONTEXT.Process(target=_train, args=(recipe, folder, processes, rank, port, moment, constants or {}))
        for rank in range(processes)
    ]
    for child in children:
        child.start()
    for child in reversed(children):
        child.join(LIMIT_SECONDS)
        if child.exitcode != 0:
            for other in children:
                other.kill()
    for child in children:
        child.join()
    return [child.exitcode for child in children]


def _train(recipe, folder, processes, rank, port, moment, constants):
    torch.set_num_threads(1)
    for name, value in constants.items():
        module, _, constant = name.rpartition(".")
        setattr(importlib.import_module(module), constant, value)
    if processes > 1:
        os.environ |= {
            **{"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(processes)},
            **{"LOCAL_WORLD_SIZE": str(processes), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)},
        }
    from vitrine.training.run import run_training

    if moment is not None:
        _prepare_to_die(*moment)
    try:
        run_training(recipe, Path(folder))
    except KeyboardInterrupt:
        os._exit(130)
    except BaseException:
        Path(folder, "error.txt").write_text(traceback.format_exc())
        os._exit(1)
    os._exit(0)


def _prepare_to_die(kind, number):  # noqa: C901 (one case for each moment)
    from vitrine.training.loop import checkpoints, steps
    from vitrine.training.loop import trainer as loop

    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    def at_call(function, act):
        calls = iter(range(1, 10**9))

        def watched(*arguments, **options):
            if next(calls) == number:
                return act(*arguments, **options)
            return function(*arguments, **options)

        return watched

    def write_half(state, file):
        import io

        whole = io.BytesIO()
        save(state, whole)
        file.write(whole.getvalue()[: whole.tell() // 2])
        file.flush()
        die()

    def interrupt(*arguments, **options):
        os.kill(os.getpid(), signal.SIGINT)
        return take(*arguments, **options)

    save, take = torch.save, steps.Stepper.take
    match kind:
        case "step":  # gradients are there, weights are not yet changed
            steps.Stepper._update = at_call(steps.Stepper._update, lambda *_: die())
        case "evaluation":
            loop.validate = at_call(loop.validate, lambda *_: die())
        case "writing":
            checkpoints.torch = type(torch)("torch_that_dies")
            checkpoints.torch.save, checkpoints.torch.load = at_call(save, write_half), torch.load
        case "renaming":  # written and synced, but not yet under its name
            Path.rename = at_call(Path.rename, lambda *_: die())
        case "tidying":  # under its name, the oldest not yet removed
            checkpoints.shutil.rmtree = at_call(checkpoints.shutil.rmtree, lambda *_, **__: die())
        case "ctrl_c":
            steps.Stepper.take = at_call(take, interrupt)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
