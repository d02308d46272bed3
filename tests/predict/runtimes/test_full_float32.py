"""The switches of torch for a GPU, which need none to be looked at."""

import threading

import pytest
import torch

from vitrine.predict.runtimes.full_float32 import full_float32


@pytest.fixture(autouse=True)
def gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)


def look():
    return torch.backends.cudnn.conv.fp32_precision, torch.backends.cuda.matmul.fp32_precision


@full_float32()
def fail(seen):
    seen.append(look())
    raise ZeroDivisionError


def test_tf32_is_off_inside_and_as_it_was_behind_an_error_too():
    before, seen = look(), []
    assert before[0] == "tf32"  # else the test says nothing
    with pytest.raises(ZeroDivisionError):
        fail(seen)
    assert seen == [("ieee", "ieee")]
    assert look() == before
    assert torch.backends.cudnn.allow_tf32  # torch refuses to say it of switches that do not agree


def test_a_second_thread_waits_and_finds_what_was_set_before_the_first():
    before, inside = look(), threading.Event()

    def follow():
        with full_float32():
            inside.set()

    second = threading.Thread(target=follow)
    with full_float32():
        second.start()
        assert not inside.wait(0.1)
    second.join(10)
    assert inside.is_set()
    assert look() == before


def test_without_a_gpu_nothing_is_set_and_nobody_waits(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: False)
    with full_float32(), full_float32():
        assert look()[0] == "tf32"
