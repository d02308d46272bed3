"""What answers cost is measured of each model alone, however busy the machine is."""

import pytest
from PIL import Image

from vitrine.predict import cost
from vitrine.predict.cost import measure_memory, time_side_by_side


class Model:
    """Answers after so many ticks of the clock."""

    def __init__(self, clock, durations):
        self.clock, self.durations, self.asked = clock, durations, 0

    def predict(self, picture):
        self.clock[0] += self.durations[self.asked]
        self.asked += 1


def test_models_take_turns_and_the_slow_answers_count(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(cost.time, "perf_counter", lambda: clock[0])
    even = Model(clock, [5.0] + [0.010] * 20)  # the first one is not counted
    uneven = Model(clock, [5.0] + [0.010] * 18 + [0.100] * 2)
    assert time_side_by_side([even, uneven], [Image.new("RGB", (4, 4))] * 20) == pytest.approx([10, 100], rel=0.06)


@pytest.mark.slow
def test_the_memory_of_a_process_of_its_own_is_told(colors_folder):
    taken = measure_memory((colors_folder / "finished/model").resolve(), 16)
    assert taken is None or 50e6 < taken < 4e9
