"""How long an answer takes."""

import time
from types import SimpleNamespace

from vitrine.predict.latency import TURN, TURNS, measure_latency, time_in_turns


def test_the_median_counts_and_the_first_answer_does_not():
    seconds = iter([0.05, 0.001, 0.04, 0.002])

    def answer(pictures):
        assert pictures[0].size == (400, 400)
        time.sleep(next(seconds))

    assert 0.002 <= measure_latency(SimpleNamespace(predict_images=answer), answers=3) < 0.03


def test_models_take_turns_and_the_quickest_answer_of_each_counts(monkeypatch):
    clock, asked = [0.0], []
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])

    def model(name, seconds):
        def answer(_pictures):
            asked.append(name)
            clock[0] += seconds * (1 if asked.count(name) == 8 else 3)

        return SimpleNamespace(predict_images=answer)

    assert time_in_turns([model("a", 1), model("b", 2)]) == [1, 2]
    assert "".join(asked) == "ab" + TURNS * (TURN * "a" + TURN * "b")
