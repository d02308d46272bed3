import pytest
import torch

from vitrine.errors import UserError
from vitrine.training.machine.devices import choose_precision, choose_sum_type, choose_workers

CPU = torch.device("cpu")


def test_auto_takes_bf16_where_the_processor_has_it(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    assert choose_precision("auto", CPU) == "bf16"


def test_auto_takes_fp32_where_bf16_would_be_emulated(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, "avx512_bf16": False})
    assert choose_precision("auto", CPU) == "fp32"


def test_what_is_asked_for_is_taken():
    assert choose_precision("bf16", CPU) == "bf16"
    assert choose_precision("fp32", torch.device("cuda")) == "fp32"


def test_fp16_on_a_cpu_is_refused():
    with pytest.raises(UserError, match="fp16 needs a GPU"):
        choose_precision("fp16", CPU)


def test_no_loader_processes_beside_a_cpu_that_trains():
    assert choose_workers(None, CPU) == 0
    assert choose_workers(3, CPU) == 3


def test_sums_have_64_bits_where_the_device_has_them():
    assert choose_sum_type(CPU) == torch.float64
    assert choose_sum_type(torch.device("mps")) == torch.float32


def test_emulated_bf16_of_an_older_gpu_is_not_taken(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: including_emulation)
    assert choose_precision("auto", torch.device("cuda")) == "fp16"
