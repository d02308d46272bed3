"""Whether one thread is kept: by the seconds and the processor's seconds of steps, which the tests say."""

from types import SimpleNamespace

import pytest
import torch

from vitrine.training.loop.thread_choice import ThreadChoice, open_thread_choice, threads_given_back


@pytest.fixture(autouse=True)
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def take(monkeypatch):
    """A function that takes steps of so many seconds on so many cores; gives the threads of each step."""
    used = 0.0
    monkeypatch.setattr("vitrine.training.loop.thread_choice.time", SimpleNamespace(process_time=lambda: used))

    def steps(choice, *timed):
        nonlocal used
        threads = []
        for seconds, cores in timed:
            threads.append(torch.get_num_threads())
            used += seconds * cores
            assert choice.takes(seconds)
        return threads

    return steps


def test_beside_other_programs_one_thread_is_kept_after_a_step_of_each(take):
    said = []
    choice = ThreadChoice(said.append)
    assert take(choice, (6.3, 0.3), (0.7, 0.5)) == [2, 1]
    assert not choice.takes(0.4)
    assert torch.get_num_threads() == 1
    assert said == ["one thread computes: a step took it 0.7 s, and 2 threads 6.3 s"]


def test_where_all_threads_are_faster_they_are_back_after_two_steps_of_each(take):
    said = []
    choice = ThreadChoice(said.append)
    assert take(choice, (0.5, 1.2), (0.3, 1.8), (0.5, 1.0), (0.4, 1.0)) == [2, 2, 1, 1]
    assert not choice.takes(0.3)
    assert (torch.get_num_threads(), said) == (2, [])


def test_the_first_slow_step_of_all_threads_does_not_decide(take):
    choice = ThreadChoice(print)
    take(choice, (2.0, 1.2), (0.3, 1.8), (0.5, 1.0), (0.4, 1.0))
    assert torch.get_num_threads() == 2


def test_one_thread_is_not_tried_where_all_have_many_cores(take):
    choice = ThreadChoice(print)
    assert take(choice, (0.5, 2.5), (0.3, 3.0)) == [2, 2]
    assert not choice.takes(0.3)
    assert torch.get_num_threads() == 2


def test_with_one_thread_there_is_nothing_to_try():
    torch.set_num_threads(1)
    assert not ThreadChoice(print).takes(1.0)


@pytest.mark.parametrize(
    ("device", "processes", "compiles", "chosen"),
    [("cpu", 1, "off", True), ("cuda", 1, "off", False), ("cpu", 2, "off", False), ("cpu", 1, "auto", False)],
)
def test_it_is_chosen_where_one_process_computes_on_a_processor(device, processes, compiles, chosen):
    accelerator = SimpleNamespace(device=torch.device(device), num_processes=processes)
    assert (open_thread_choice(accelerator, compiles, print) is not None) == chosen


def test_threads_are_given_back_after_an_error_too():
    @threads_given_back()
    def fail():
        torch.set_num_threads(1)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert torch.get_num_threads() == 2
