import resource
import subprocess
import sys

import pytest

from vitrine.predict.freed_memory import keep_freed_memory, share_freed_memory

THREADS = """
import ctypes, sys, threading
from vitrine.predict.freed_memory import keep_freed_memory, share_freed_memory

{"of a job": keep_freed_memory, "of a server": share_freed_memory, "apart": int}[sys.argv[2]]()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.fopen.restype = ctypes.c_void_p, ctypes.c_void_p
all_there = threading.Barrier(9)

def allocate():
    libc.malloc(ctypes.c_size_t(2000))
    all_there.wait()

for _ in range(8):
    threading.Thread(target=allocate).start()
all_there.wait()
file = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""
BLOCK = 40 << 20  # bytes; above the 32 MB from which the C library maps every block anew


def faults_of_ten_blocks():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        bytearray(BLOCK)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@pytest.mark.skipif(sys.platform != "linux", reason="of the GNU C library")
def test_freed_blocks_are_used_again():
    keep_freed_memory()
    faults_of_ten_blocks()
    assert faults_of_ten_blocks() < 10 * BLOCK / 4096 / 4


@pytest.mark.skipif(sys.platform != "linux", reason="of the GNU C library")
@pytest.mark.slow
def test_a_step_of_large_tensors_fetches_its_memory_once():
    """In a process of its own, since the setting stays: page faults of forty rounds with and without it."""
    program = (
        "import resource, sys, torch\n"
        "from vitrine.predict.freed_memory import keep_freed_memory\n"
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


@pytest.mark.skipif(sys.platform != "linux", reason="of the GNU C library")
def test_threads_share_what_they_free(tmp_path):
    def count_arenas(kind):
        subprocess.run([sys.executable, "-c", THREADS, str(tmp_path / kind), kind], check=True)
        return (tmp_path / kind).read_text().count("<heap nr=")

    assert count_arenas("of a job") == 1
    assert count_arenas("of a server") <= 2 < count_arenas("apart")


@pytest.mark.parametrize("platform", ["win32", "linux"])
def test_where_the_library_is_another_one_nothing_is_done(platform, monkeypatch):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr("vitrine.predict.freed_memory.ctypes.CDLL", lambda _: object())
    keep_freed_memory()
    share_freed_memory()
