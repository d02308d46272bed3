"""How long an answer takes here and now."""

import statistics
import time

from vitrine.predict.golden import draw_golden
from vitrine.predict.predictor import Predictor

ANSWERS = 7  # whose median counts
SIDE = 400  # pixels of the picture that is asked about


def measure_latency(predictor: Predictor, answers: int = ANSWERS) -> float:
    """Seconds from a decoded picture to a prediction, the median of several after one that warms up.

    Args:
        predictor: the model.
        answers: that are timed.
    """
    picture = draw_golden(SIDE)[-1:]
    predictor.predict_images(picture)
    seconds = []
    for _ in range(answers):
        start = time.perf_counter()
        predictor.predict_images(picture)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)
