"""What answers cost: how long one takes at worst, and the most memory that a process takes which gives them."""

import multiprocessing
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from vitrine.predict.predictor import Predictor

AT_WORST = 95  # percentile of the durations
PROC_STATUS = Path("/proc/self/status")


def time_side_by_side(predictors: Sequence[Predictor], pictures: Sequence[Image.Image]) -> list[float]:
    """The 95th percentile of the milliseconds that each model takes to answer one decoded picture.

    They take turns picture by picture, so that whatever else the machine does slows down all of them alike.

    Args:
        predictors: the models.
        pictures: at least one.
    """
    durations: list[list[float]] = [[] for _ in predictors]
    for predictor in predictors:
        predictor.predict(pictures[0])  # the first one waits for memory and plans
    for picture in pictures:
        for predictor, own in zip(predictors, durations, strict=True):
            begun = time.perf_counter()
            predictor.predict(picture)
            own.append(1000 * (time.perf_counter() - begun))
    return [float(np.percentile(own, AT_WORST)) for own in durations]


def measure_memory(model_folder: Path, side: int) -> int | None:
    """The most memory of a process of its own that loads a model and answers pictures, in bytes.

    Args:
        model_folder: of the model.
        side: of the pictures, in pixels.

    Returns:
        None on systems that do not tell it of one process alone.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_answer_and_look, (str(model_folder), side))


def _answer_and_look(model_folder: str, side: int) -> int | None:
    predictor = Predictor.load(model_folder)
    picture = Image.effect_noise((side, side), 60).convert("RGB")
    for _ in range(3):
        predictor.predict_images([picture] * 8)
    return _peak_memory()


def _peak_memory() -> int | None:
    if PROC_STATUS.exists():  # getrusage would count what the parent had taken before the fork
        for line in PROC_STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return None
