"""How long an answer takes."""

import time
from types import SimpleNamespace

from vitrine.predict.latency import measure_latency


def test_the_median_counts_and_the_first_answer_does_not():
    seconds = iter([0.05, 0.001, 0.04, 0.002])

    def answer(pictures):
        assert pictures[0].size == (400, 400)
        time.sleep(next(seconds))

    assert 0.002 <= measure_latency(SimpleNamespace(predict_images=answer), answers=3) < 0.03
