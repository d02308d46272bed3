"""A cap that holds, and the batch that fits."""

import contextlib
from types import SimpleNamespace

import pytest
import torch
from accelerate import Accelerator

from tests.training.loop.trainers import make_small, same
from vitrine.errors import UserError
from vitrine.training.machine import memory
from vitrine.training.machine.memory import choose_batch_size, is_out_of_memory, memory_cap

CPU = torch.device("cpu")


def test_other_errors_are_not_taken_for_out_of_memory():
    assert is_out_of_memory(RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"))
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))


def test_a_memory_cap_holds_and_ends(tmp_path):
    with memory_cap(4, CPU), pytest.raises(RuntimeError) as error:
        torch.ones(3 * 2**29)  # 6 GB
    assert is_out_of_memory(error.value)
    assert torch.ones(10).sum() == 10
    with pytest.raises(UserError, match=r"engine\.memory_gb: the program alone takes"), memory_cap(0.01, CPU):
        pass


@pytest.mark.parametrize(("reserved", "fits"), [(10, True), (99, False)])
def test_what_a_step_took_of_a_gpu_is_asked_before_it_is_forgotten(prepared, monkeypatch, reserved, fits):
    taken = [0]
    monkeypatch.setattr(memory, "_try_step", lambda *_, **__: taken.__setitem__(0, reserved))
    monkeypatch.setattr(memory, "free_memory", lambda _: taken.__setitem__(0, 0))
    monkeypatch.setattr(torch.cuda, "max_memory_reserved", lambda _: taken[0])
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: SimpleNamespace(total_memory=100))
    assert memory._fits(make_small(prepared), 4, 32, torch.device("cuda"), contextlib.nullcontext) is fits


def test_the_automatic_batch_follows_memory_and_number_of_pictures(prepared):
    model, accelerator = make_small(prepared), Accelerator(cpu=True)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}

    def choose(pictures, memory_gb):
        return choose_batch_size(model, 32, pictures, CPU, memory_gb, accelerator.autocast)

    assert choose(10_000, None) == 64
    assert choose(300, None) == 32  # eight steps in an epoch at least
    assert choose(10_000, 1e-9) == 1
    assert same(before, model.state_dict())
