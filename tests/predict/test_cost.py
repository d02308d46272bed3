"""What answers cost is measured of each model alone, however busy the machine is."""

import pytest
from PIL import Image

from vitrine.predict import cost
from vitrine.predict.cost import measure_memory, time_side_by_side


class Model:
    """Answers after so many ticks of the clock, and says how many threads it has."""

    def __init__(self, clock, durations):
        self.clock, self.durations, self.asked, self.threads = clock, durations, 0, 2
        self.network = self

    def predict(self, picture):
        assert self.threads == 1
        self.clock[0] += self.durations[self.asked]
        self.asked += 1

    def count_threads(self):
        return self.threads

    def use_threads(self, number):
        self.threads = number


@pytest.fixture
def clock(monkeypatch):
    ticks = [0.0]
    monkeypatch.setattr(cost.time, "perf_counter", lambda: ticks[0])
    return ticks


def test_slow_pictures_count_and_threads_are_given_back(clock):
    even = Model(clock, [5.0] + [0.010] * 60)  # the first one is not counted
    uneven = Model(clock, [5.0] + ([0.010] * 18 + [0.100] * 2) * 3)
    assert time_side_by_side([even, uneven], [Image.new("RGB", (4, 4))] * 20) == pytest.approx([10, 100], rel=0.06)
    assert even.threads == 2


def test_what_happens_once_on_a_busy_machine_does_not_count(clock):
    busy = Model(clock, [5.0] + [0.900] * 4 + [0.010] * 8)
    assert time_side_by_side([busy], [Image.new("RGB", (4, 4))] * 4) == pytest.approx([10])


def test_a_slow_machine_ends_after_one_round(clock):
    slow = Model(clock, [5.0] * 5)
    assert time_side_by_side([slow], [Image.new("RGB", (4, 4))] * 4) == pytest.approx([5000])


@pytest.mark.slow
def test_the_memory_of_a_process_of_its_own_is_told(colors_folder):
    taken = measure_memory((colors_folder / "finished/model").resolve(), 16)
    assert taken is None or 50e6 < taken < 4e9
