"""Large arrays lie in a file that has no name; small ones, and all on a full disk, in memory."""

import numpy as np
import pytest

from vitrine.records import scratch
from vitrine.records.scratch import scratch_array


@pytest.fixture
def files(monkeypatch, tmp_path):
    """Sizes of the files that are made, in `tmp_path`."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    sizes, reserve = [], scratch.reserve_disk
    monkeypatch.setattr(scratch, "reserve_disk", lambda file, size: sizes.append(size) or reserve(file, size))
    return sizes


def test_a_large_array_lies_in_a_file_without_a_name_and_a_small_one_in_memory(files, monkeypatch, tmp_path):
    monkeypatch.setattr(scratch, "MOST_IN_MEMORY", 100)
    small, large = scratch_array((5, 5), np.float32), scratch_array((5, 6), np.float32)
    assert files == [120]
    assert list(tmp_path.iterdir()) == []
    for array, shape in ((small, (5, 5)), (large, (5, 6))):
        array[:] = 2
        assert type(array) is np.ndarray
        assert (array.shape, array.dtype, array.sum()) == (shape, np.float32, 2 * np.prod(shape))


def test_where_the_disk_has_no_room_memory_is_taken(monkeypatch):
    def refuse(file, size):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(scratch, "MOST_IN_MEMORY", 100)
    monkeypatch.setattr(scratch, "reserve_disk", refuse)
    assert scratch_array((50,), np.int64).shape == (50,)
