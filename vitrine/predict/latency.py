"""How long an answer takes here and now."""

import statistics
import time
from collections.abc import Sequence

from PIL import Image

from vitrine.predict.golden import draw_golden
from vitrine.predict.predictor import Predictor

ANSWERS = 7  # whose median counts
# Where runtimes are compared, each has turns of several answers: threads of torch spin on for a while after its last.
TURNS, TURN = 5, 4
SIDE = 400  # pixels of the picture that is asked about


def measure_latency(predictor: Predictor, answers: int = ANSWERS) -> float:
    """Seconds from a decoded picture to a prediction, the median of several after one that warms up.

    Args:
        predictor: the model.
        answers: that are timed.
    """
    picture = draw_golden(SIDE)[-1:]
    predictor.predict_images(picture)
    return statistics.median(_time(predictor, picture) for _ in range(answers))


def time_in_turns(predictors: Sequence[Predictor]) -> list[float]:
    """Seconds from a decoded picture to a prediction by each, with all its threads.

    They take turns, and the quickest answer of each counts: whatever else the machine does can only add to it.

    Args:
        predictors: to be compared; each answers once before, to warm up.
    """
    picture = draw_golden(SIDE)[-1:]
    for predictor in predictors:
        predictor.predict_images(picture)
    turns = [[min(_time(one, picture) for _ in range(TURN)) for one in predictors] for _ in range(TURNS)]
    return [min(own) for own in zip(*turns, strict=True)]


def _time(predictor: Predictor, picture: Sequence[Image.Image]) -> float:
    start = time.perf_counter()
    predictor.predict_images(picture)
    return time.perf_counter() - start
