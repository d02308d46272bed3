"""What answers cost: how long one takes at worst, and the most memory that a process takes which gives them."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

import vitrine
from vitrine.predict.batches import BATCH_SIZE
from vitrine.predict.predictor import Predictor

AT_WORST = 95  # percentile of the durations
ROUNDS, LONGEST = 3, 15.0  # a further one begins only while so many seconds have not passed
MEMORY_BATCHES = 3
PROC_STATUS = Path("/proc/self/status")


def time_side_by_side(predictors: Sequence[Predictor], pictures: Sequence[Image.Image]) -> list[float]:
    """The 95th percentile of the milliseconds that each model takes to answer one decoded picture, on one thread.

    They take turns picture by picture, and of several rounds the quickest answer to each picture counts: whatever else
    the machine does can only add to it. Threads that share one picture would wait for each other on a busy machine.

    Args:
        predictors: the models.
        pictures: at least one.
    """
    threads = [predictor.network.count_threads() for predictor in predictors]
    quickest = np.full((len(predictors), len(pictures)), np.inf)
    try:
        for predictor in predictors:
            predictor.network.use_threads(1)
            predictor.predict(pictures[0])  # the first one waits for memory and plans
        begun = time.perf_counter()
        for _ in range(ROUNDS):
            for place, picture in enumerate(pictures):
                for row, predictor in enumerate(predictors):
                    quickest[row, place] = min(quickest[row, place], _time(predictor, picture))
            if time.perf_counter() - begun > LONGEST:
                break
    finally:
        for predictor, number in zip(predictors, threads, strict=True):
            predictor.network.use_threads(number)
    return [float(np.percentile(own, AT_WORST)) for own in quickest]


def _time(predictor: Predictor, picture: Image.Image) -> float:
    begun = time.perf_counter()
    predictor.predict(picture)
    return 1000 * (time.perf_counter() - begun)


def measure_memory(model_folder: Path, side: int) -> int | None:
    """The most memory of a process of its own that loads a model and answers pictures, in bytes.

    Args:
        model_folder: of the model.
        side: of the pictures, in pixels.

    Returns:
        None on systems that do not tell it of one process alone.
    """
    program = f"from {__name__} import print_peak; print_peak({str(model_folder)!r}, {side})"
    # Not by multiprocessing, which would run the program once more that asked for the retraining, or hang without one.
    paths = os.pathsep.join([str(Path(vitrine.__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    words = done.stdout.split()
    return int(words[-1]) if done.returncode == 0 and words and words[-1].isdigit() else None


def print_peak(model_folder: str, side: int) -> None:
    """Answers pictures and prints the most memory that it took, in bytes, or None.

    Args:
        model_folder: of the model.
        side: of the pictures, in pixels.
    """
    predictor = Predictor.load(model_folder)
    picture = Image.effect_noise((side, side), 60).convert("RGB")
    for _ in range(MEMORY_BATCHES):
        predictor.predict_images([picture] * BATCH_SIZE)
    print(_peak_memory())  # noqa: T201 (read by the process that asked)


def _peak_memory() -> int | None:
    if PROC_STATUS.exists():  # getrusage would count what the parent had taken before the fork
        for line in PROC_STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return None
