import subprocess
import sys

import pytest
import torch

from vitrine.errors import UserError
from vitrine.training.machine.devices import choose_precision, choose_workers

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


@pytest.mark.skipif(sys.platform != "linux", reason="glibc only")
@pytest.mark.slow
def test_a_step_of_large_tensors_fetches_its_memory_once():
    """In a process of its own, since the setting stays: page faults of forty rounds with and without it."""
    program = (
        "import resource, sys, torch\n"
        "from vitrine.training.machine.devices import keep_freed_memory\n"
        "keep_freed_memory() if sys.argv[1] == 'keep' else None\n"
        "torch.ones(20_000_000)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "for _ in range(40): torch.ones(20_000_000)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)"
    )
    faults = {
        mode: int(subprocess.run([sys.executable, "-c", program, mode], capture_output=True, check=True).stdout)
        for mode in ("keep", "usual")
    }
    assert faults["keep"] < faults["usual"] / 4


def test_no_loader_processes_beside_a_cpu_that_trains():
    assert choose_workers(None, CPU) == 0
    assert choose_workers(3, CPU) == 3
