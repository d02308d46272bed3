import resource
import sys

import pytest

from vitrine.predict.freed_memory import keep_freed_memory

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


@pytest.mark.parametrize("platform", ["win32", "linux"])
def test_where_the_library_is_another_one_nothing_is_done(platform, monkeypatch):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr("vitrine.predict.freed_memory.ctypes.CDLL", lambda _: object())
    keep_freed_memory()
