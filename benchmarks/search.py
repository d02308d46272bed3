"""Searches the small CNN on digits, kills the search with SIGKILL on the way, resumes it, and says what it took.

The clock runs from the first command to the last, with what the kill lost and the trainings at the end included. The
process and its further workers are killed together, in the middle of a trial.

    python benchmarks/search.py [--trials 30] [--kill-after 12] [--workers 1] [name=value ...]
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
FILE = ROOT / "configs/search/digits.yaml"
COMMAND = "import sys; from vitrine.commands.search import main; sys.exit(main(sys.argv[1:]))"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--kill-after", type=int, default=12, help="finished trials")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder to work in, which is kept")
    parser.add_argument("overrides", nargs="*")
    options = parser.parse_intermixed_args()
    with tempfile.TemporaryDirectory() as temporary:
        place = options.keep or Path(temporary)
        place.mkdir(parents=True, exist_ok=True)
        recipe = str(ROOT / "configs/digits.yaml")
        subprocess.run([sys.executable, str(ROOT / "data_prep.py"), recipe], cwd=place, check=True, capture_output=True)
        arguments = [str(FILE), "--trials", str(options.trials), "--workers", str(options.workers), *options.overrides]
        begun = time.perf_counter()
        search(place, arguments, options.kill_after)
        killed = time.perf_counter()
        search(place, arguments, None)
        tell(place, options, killed - begun, time.perf_counter() - killed)


def search(place: Path, arguments: list[str], kill_after: int | None) -> None:
    """Runs the command; kills it a second after so many trials are finished."""
    # The workers of Python's multiprocessing import the main module again, which must be a file.
    program = place / "search_program.py"
    program.write_text(f"if __name__ == '__main__':\n    {COMMAND}\n")
    command = [sys.executable, str(program), *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    finished = 0
    with subprocess.Popen(
        command, cwd=place, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            finished += bool(re.match(r"trial \d+: (complete|pruned|fail)", line))
            if finished == kill_after:
                time.sleep(1)
                os.killpg(process.pid, signal.SIGKILL)
                print(f"--- killed after {finished} trials ---", flush=True)
                break
    assert kill_after is not None or process.returncode == 0


def tell(place: Path, options: argparse.Namespace, before: float, after: float) -> None:
    """The figures of the whole."""
    result = json.loads((next((place / "runs/search").iterdir()) / "search.json").read_text("utf-8"))
    cost, gain = result["cost"], result["gain"]
    print(
        f"\n{len(result['trials'])} trials with {options.workers} worker(s): {before + after:.0f} s in all, "
        f"{before:.0f} s up to the kill and {after:.0f} s after it\n"
        f"trials {cost['trial_seconds']:.0f} s ({cost['complete']} complete, {cost['pruned']} stopped early, "
        f"{cost['failed']} failed, {cost['retried']} tried again), trainings at the end {cost['final_seconds']:.0f} s\n"
        f"best: trial {result['best']}"
    )
    if gain is not None:
        low, high = gain["interval"]
        print(
            f"test accuracy {gain['base_accuracy']:.4f} before, {gain['variant_accuracy']:.4f} with the best, seeds "
            f"{result['seeds']}: {gain['points']:+.2f} points, interval {low:.2f} to {high:.2f}: {gain['verdict']}"
        )


if __name__ == "__main__":
    main()
