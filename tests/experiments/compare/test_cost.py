"""What a run cost is counted over all its attempts, whoever computed its features."""

from types import SimpleNamespace

import pytest

from vitrine.experiments.compare import cost
from vitrine.experiments.compare.cost import COST, Meter, read_cost
from vitrine.records.cost import Cost

START = Cost(identity="abc", variant="plain", seed=0, fold=None)


@pytest.fixture
def clock(monkeypatch):
    """Stands still unless a test moves it; the processor is busy half of the time."""
    hands = SimpleNamespace(now=100.0)
    fake = SimpleNamespace(perf_counter=lambda: hands.now, process_time=lambda: hands.now / 2)
    monkeypatch.setattr(cost, "time", fake)
    return hands


def test_what_is_not_there_or_was_cut_short_is_no_cost(tmp_path):
    assert read_cost(tmp_path) is None
    (tmp_path / COST).write_text('{"identity": ')
    assert read_cost(tmp_path) is None


def test_attempts_add_up(tmp_path, clock):
    first = Meter(tmp_path, START)
    clock.now += 8
    assert first.end() == START.model_copy(update={"seconds": 8.0, "cpu_seconds": 4.0})
    second = Meter(tmp_path, START)
    clock.now += 2
    second.end()
    assert (read_cost(tmp_path).seconds, read_cost(tmp_path).cpu_seconds) == (10.0, 5.0)


def test_attempts_without_a_sign_of_life_are_counted_until_an_epoch_is_done(tmp_path, clock):
    for number in (1, 2, 3):
        meter = Meter(tmp_path, START)
        assert meter.silent_starts == read_cost(tmp_path).silent_starts == number
    meter.mark_epoch(1.0)
    assert meter.silent_starts == read_cost(tmp_path).silent_starts == 0


def test_an_attempt_that_ends_in_order_was_not_silent(tmp_path, clock):
    Meter(tmp_path, START).end()
    assert read_cost(tmp_path).silent_starts == 0
    assert Meter(tmp_path, START).silent_starts == 1


def test_what_lies_between_the_network_and_its_first_epoch_is_the_computing_of_features(tmp_path, clock):
    meter = Meter(tmp_path, START)
    clock.now += 5
    meter.mark_ready()
    clock.now += 10  # 7 of them for features, 3 for the epoch
    meter.mark_epoch(3.0)
    assert meter.features == {"seconds": 7.0, "cpu_seconds": 2.0}
    clock.now += 30
    meter.mark_epoch(3.0)
    assert meter.features == {"seconds": 7.0, "cpu_seconds": 2.0}


def test_features_of_another_run_are_paid_once_however_often_the_run_is_resumed(tmp_path, clock):
    for attempt in (1, 2):
        meter = Meter(tmp_path, START)
        meter.borrow({"seconds": 20.0, "cpu_seconds": 6.0})
        clock.now += 4
        kept = meter.end()
        assert (kept.seconds, kept.cpu_seconds) == (20 + 4 * attempt, 6 + 2 * attempt)
        assert (kept.reused_seconds, kept.reused_cpu_seconds) == (20.0, 6.0)


def test_the_disk_is_not_written_after_every_epoch(tmp_path, clock):
    meter = Meter(tmp_path, START)
    meter.mark_epoch(0.1)
    clock.now += 9
    meter.mark_epoch(0.1)
    assert read_cost(tmp_path).seconds == 0
    clock.now += 2
    meter.mark_epoch(0.1)
    assert read_cost(tmp_path).seconds == 11
