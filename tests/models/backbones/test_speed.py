"""How long networks take on this machine."""

import time

from vitrine.models.backbones import speed
from vitrine.models.backbones.table import BACKBONES


def test_a_network_takes_some_milliseconds():
    assert 0.1 < speed.measure_milliseconds(BACKBONES["mobilenet_v3_small"], "cpu") < 5_000


def test_the_median_leaves_out_the_first_passes_and_the_rare_slow_one():
    passes = iter([0.05] * speed.WARM_UP + [0.001] * 8 + [0.05] * 2)
    assert speed._median_seconds(lambda: time.sleep(next(passes))) < 0.02


def test_slow_networks_are_timed_less_often(monkeypatch):
    monkeypatch.setattr(speed, "MOST_SECONDS", 0.01)
    done = []
    speed._median_seconds(lambda: done.append(time.sleep(0.02)))
    assert len(done) == speed.WARM_UP + 1
