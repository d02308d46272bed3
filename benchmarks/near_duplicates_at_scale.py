"""How long the search for near copies takes among very many pictures, what it finds, and what memory it needs.

    python benchmarks/near_duplicates_at_scale.py FOLDER... --counts 100000 200000 1000000 [--exact 200000]

The fingerprints are synthetic, made from the real pictures of the folders (see benchmarks/fingerprints.py), with 1,000
planted copies. A pair is right if it was planted. Others count as mistakes, save those of pictures that show most of
the same part of one real picture: there are 16,000 parts, so among a million pictures four million pairs are alike by
construction; how many of them were taken for copies is told apart. `--exact` runs the comparison of all pairs too, as
it is done for small sets, on these counts; `--exact-times 5` ends it when it has taken 5 times the processor's seconds
of the index.
Each search runs in a process of its own; its memory is what is not mapped from files. Seconds of the processor are
told beside those of the clock, since other work on the machine changes only the latter. At the end the exponent of the
growth, from the smallest to the largest count.
"""

import argparse
import json
import math
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.fingerprints import KINDS, ONE_IS_EMPTY, main_part, make_thumbnails
from vitrine.data.checks import near_duplicates

PLANTED = 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", help="with real pictures")
    parser.add_argument("--counts", type=int, nargs="+", default=[100_000, 200_000, 1_000_000])
    parser.add_argument("--exact", type=int, nargs="*", default=[])
    parser.add_argument("--exact-times", type=float, help="most that it may take, in times of the index")
    parser.add_argument("--keep", type=Path, help="folder that keeps the fingerprints for another call")
    parser.add_argument("--part", choices=("exact", "index"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        search(options.folders[0], options.part)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(exist_ok=True)
        print(f"{'pictures':>10} {'search':>6} {'clock, s':>9} {'processor, s':>13} {'memory, MB':>11} {'recall':>7} "
              f"{'precision':>10} {'of one part':>11}  recall of each kind", flush=True)  # fmt: skip
        spent = {}
        for count in options.counts:
            file = folder / f"{count}.npy"
            if not file.exists():
                sources, parts = make_thumbnails(options.folders, count, PLANTED, file)
                np.savez(file.with_suffix(".planted.npz"), sources=sources, parts=parts)
            for part in ("index", "exact") if count in options.exact else ("index",):
                limit = None
                if part == "exact" and options.exact_times:
                    limit = spent["index", count]["processor"] * options.exact_times
                told = measure(file, part, limit)
                if told is None:
                    print(f"{count:>10,} {part:>6} ended after {limit:.0f} s of the processor", flush=True)
                    continue
                spent[part, count] = told
                kinds = ", ".join(f"{kind} {share:.3f}" for kind, share in zip(KINDS, told["kinds"], strict=True))
                print(
                    f"{count:>10,} {part:>6} {told['clock']:>9.1f} {told['processor']:>13.1f} {told['memory']:>11.0f} "
                    f"{told['recall']:>7.4f} {told['precision']:>10.4f} {told['alike']:>11,}  {kinds}", flush=True
                )  # fmt: skip
    few, many = min(options.counts), max(options.counts)
    if few < many:
        for seconds in ("clock", "processor"):
            ratio = spent["index", many][seconds] / spent["index", few][seconds]
            print(f"growth exponent, {seconds}: {math.log(ratio) / math.log(many / few):.2f}")


def measure(file: Path, part: str, limit: float | None) -> dict | None:
    """One search in a process of its own; None if it took more seconds of the processor than `limit`."""

    def keep_limit() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(limit), math.ceil(limit) + 60))

    command = [sys.executable, __file__, str(file), "--part", part]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=keep_limit)
    if answer.returncode == -signal.SIGXCPU:
        return None
    if answer.returncode:
        sys.exit(answer.stderr)
    return json.loads(answer.stdout.splitlines()[-1])


def search(file: Path, part: str) -> None:
    """Runs one search and prints what it took and found."""
    thumbnails = np.load(file, mmap_mode="r")
    planted = np.load(file.with_suffix(".planted.npz"))
    near_duplicates.COMPARED_AT_MOST = 0 if part == "index" else sys.maxsize
    highest = [0.0]
    before = own_memory()
    threading.Thread(target=watch, args=(highest,), daemon=True).start()
    clock, processor = time.perf_counter(), time.process_time()
    pairs = near_duplicates.find_near_pairs(thumbnails, np.arange(len(thumbnails)))
    near_duplicates.join_pairs(pairs, len(thumbnails))
    told = {"clock": time.perf_counter() - clock, "processor": time.process_time() - processor}
    told |= {"memory": highest[0], "before": before}
    print(json.dumps(told | judge(pairs, planted["sources"], len(thumbnails), int(planted["parts"]))))


def judge(pairs, sources: np.ndarray, rows: int, parts: int) -> dict:
    found = set(zip(pairs["first"].tolist(), pairs["second"].tolist(), strict=True))
    planted = [(source, rows - PLANTED + place) for place, source in enumerate(sources.tolist())]
    hit = np.array([pair in found for pair in planted])
    # Copies of one source are copies of each other; empty pages are neither right nor wrong.
    origin = dict(zip(range(rows - PLANTED, rows), sources.tolist(), strict=True))
    originals = [(origin.get(one, one), origin.get(other, other)) for one, other in found if one % ONE_IS_EMPTY]
    others = [(one, other) for one, other in originals if one != other]
    alike = sum(main_part(one, parts) == main_part(other, parts) for one, other in others)
    kinds = [float(hit[kind :: len(KINDS)].mean()) for kind in range(len(KINDS))]
    right = len(found & set(planted))
    precision = right / max(1, right + len(others) - alike)
    return {"recall": float(hit.mean()), "precision": precision, "alike": alike, "kinds": kinds}


def watch(highest: list[float]) -> None:
    while True:
        highest[0] = max(highest[0], own_memory())
        time.sleep(0.05)


def own_memory() -> float:
    """Megabytes of this process that are not mapped from files (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("RssAnon:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()
