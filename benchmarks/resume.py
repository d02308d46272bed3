"""Kills a training with SIGKILL at random moments and resumes it until it ends: are the final weights the same?

Every trial is a training of its own, killed twice at moments drawn from the clock of the uninterrupted training, so
that they fall into steps, evaluations, checkpoints being written, start and final evaluation alike. Compared are the
bytes of the model's weights. One row per trial; the last line counts.

    python benchmarks/resume.py [--trials 25] [--processes 1 2]
"""

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
PARAMETERS = [
    *("name=digits", "engine.precision=fp32", "engine.tracker=none", "engine.checkpoint_minutes=0"),
    *("optim.epochs=4", "augmentation.horizontal_flip=false", "model.small_cnn.dropout=0.2"),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=25)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        recipe = str(ROOT / "configs/digits.yaml")
        subprocess.run([sys.executable, str(ROOT / "data_prep.py"), recipe], cwd=place, check=True, capture_output=True)
        for processes in options.processes:
            run_trials(place, processes, options.trials)


def run_trials(place: Path, processes: int, trials: int) -> None:
    start = time.monotonic()
    whole = train(place, processes, [], None)
    seconds = time.monotonic() - start
    wanted = digest(whole)
    print(f"{processes} process(es); uninterrupted: {seconds:.0f} s, weights {wanted[:12]}", flush=True)
    print(f"{'trial':>5} {'killed after, s':>16} {'state when killed':<44} same weights", flush=True)
    equal = 0
    for trial in range(trials):
        generator = random.Random(trial)  # noqa: S311
        moments = [generator.uniform(0.3, 1.0) * seconds for _ in range(2)]
        arguments: list[str] = []
        states = []
        folder = None
        for moment in moments:
            folder = train(place, processes, arguments, moment) or folder
            states.append(describe(folder))
            if folder is not None and folder.name.endswith(".unfinished") and has_checkpoint(folder):
                arguments = ["--resume", str(folder)]
            elif folder is not None and not folder.name.endswith(".unfinished"):
                break  # it had ended before
            else:
                arguments, folder = [], None
        if folder is None or folder.name.endswith(".unfinished"):
            folder = train(place, processes, arguments, None)
        same = digest(folder) == wanted
        equal += same
        print(f"{trial:>5} {', '.join(f'{m:.1f}' for m in moments):>16} {'; '.join(states):<44} {same}", flush=True)
    print(f"{equal} of {trials} ended with the very same weights\n", flush=True)


def train(place: Path, processes: int, arguments: list[str], kill_after: float | None) -> Path | None:
    """Runs train.py, kills it and all its children after some seconds; returns the newest run folder of its own."""
    before = set(folders(place))
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(processes)]
    batch = [] if arguments else [f"optim.batch_size={64 // processes}"]
    recipe = arguments or [str(ROOT / "configs/digits.yaml"), *PARAMETERS]
    command = [sys.executable, *(launcher if processes > 1 else []), str(ROOT / "train.py"), *recipe, *batch]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        command, cwd=place, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        _, errors = process.communicate(timeout=kill_after)
    except subprocess.TimeoutExpired:
        kill_all(process.pid)
        process.communicate()
    else:
        if process.returncode != 0:
            sys.exit(errors.decode())
    if arguments:
        resumed = place / arguments[1]
        return resumed if resumed.exists() else resumed.with_name(resumed.name.removesuffix(".unfinished"))
    new = sorted(set(folders(place)) - before)
    return new[-1] if new else None


def kill_all(parent: int) -> None:
    """Kills a process and its descendants at once; torchrun's workers lead sessions of their own."""
    import psutil

    family = [psutil.Process(parent), *psutil.Process(parent).children(recursive=True)]
    for member in family:
        try:
            member.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue


def folders(place: Path) -> list[Path]:
    parent = place / "runs/digits"
    return [path for path in parent.iterdir() if not path.is_symlink()] if parent.exists() else []


def has_checkpoint(folder: Path) -> bool:
    return any((folder / "checkpoint").glob("number_*"))


def describe(folder: Path | None) -> str:
    """What lay in the run folder when it was killed."""
    if folder is None:
        return "not started"
    if not folder.name.endswith(".unfinished"):
        return "finished"
    written = sorted((folder / "checkpoint").glob("number_*"))
    torn = " + torn" if list((folder / "checkpoint").glob(".*.partial")) else ""
    return (written[-1].name.replace("number_0000", "checkpoint ") if written else "no checkpoint") + torn


def digest(folder: Path | None) -> str:
    return hashlib.sha256((folder / "model/model.safetensors").read_bytes()).hexdigest() if folder else "none"


if __name__ == "__main__":
    main()
