"""A cap that holds, and the batch that fits."""

import pytest
import torch
from accelerate import Accelerator

from tests.training.loop.trainers import make_small, same
from vitrine.errors import UserError
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


def test_the_automatic_batch_follows_memory_and_number_of_pictures(prepared):
    model, accelerator = make_small(prepared), Accelerator(cpu=True)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}

    def choose(pictures, memory_gb):
        return choose_batch_size(model, 32, pictures, CPU, memory_gb, accelerator.autocast)

    assert choose(10_000, None) == 64
    assert choose(300, None) == 32  # eight steps in an epoch at least
    assert choose(10_000, 1e-9) == 1
    assert same(before, model.state_dict())
