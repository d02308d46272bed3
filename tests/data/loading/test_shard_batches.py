import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from tests.factories import few_examples
from vitrine.data.loading.shard_batches import ShardBatches, find_shards, group_rows
from vitrine.data.manifest.split_names import TRAIN
from vitrine.data.prepared.shards import list_shards
from vitrine.data.prepared.training_index import open_index
from vitrine.errors import UserError


def rows_of(*lengths):
    ends = np.cumsum(lengths)
    return [np.arange(end - length, end) for length, end in zip(lengths, ends, strict=True)]


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_each_picture_is_seen_once_by_the_one_process_that_has_its_file(processes):
    files = rows_of(40, 31, 27, 40, 12)
    owners, seen = {}, []
    shares = [ShardBatches(files, 12, 0, processes, rank) for rank in range(processes)]
    for rank, batches in enumerate(shares):
        batches.start(epoch=2)
        taken = [row for step in batches for row in step]
        seen += taken
        for number, rows in enumerate(files):
            if set(rows) & set(taken):
                assert owners.setdefault(number, rank) == rank
    assert sorted(seen) == list(range(150))


def test_sizes_of_steps_are_those_of_all_processes_together():
    shares = [ShardBatches(rows_of(40, 31, 27), 12, 0, 2, rank) for rank in range(2)]
    steps = list(zip(*shares, strict=True))
    assert [sum(map(len, step)) for step in steps] == [shares[0].size(number) for number in range(shares[0].steps)]
    assert all(part for step in steps for part in step)


def test_a_later_start_gives_the_rest_of_the_epoch_and_epochs_differ():
    batches = ShardBatches(rows_of(40, 31), 8, 5)
    batches.start(1)
    whole = list(batches)
    batches.start(1, first_step=4)
    assert list(batches) == whole[4:]
    batches.start(2)
    assert list(batches) != whole


def test_files_are_read_a_few_at_a_time(monkeypatch):
    monkeypatch.setattr("vitrine.data.loading.shard_batches.SHARDS_AT_A_TIME", 2)
    files = rows_of(*[20] * 8)
    order = [row // 20 for step in ShardBatches(files, 10, 0) for row in step]
    for start in range(0, 160, 40):
        assert len(set(order[start : start + 40])) == 2


def test_fewer_files_than_processes_are_refused():
    with pytest.raises(UserError, match="2 processes, and there are 1"):
        ShardBatches(rows_of(40), 8, 0, 2, 0)


def test_a_process_with_fewer_pictures_than_steps_is_refused():
    with pytest.raises(UserError, match="3 pictures for 11 steps"):
        ShardBatches(rows_of(40, 3), 4, 0, 2, 0)


def test_rows_are_found_in_the_files_that_hold_them(in_many_files):
    folder, files = in_many_files.folder, in_many_files.splits[TRAIN]["file"]
    found = find_shards(folder, TRAIN, files)
    assert len(found) == len(list_shards(folder / "pictures", TRAIN)) > 1
    assert sorted(np.concatenate(found).tolist()) == list(range(len(files)))
    assert_array_equal(np.concatenate(found), np.concatenate(group_rows(np.asarray(open_index(folder)["shard"]))))


@few_examples
@given(st.lists(st.integers(1, 60), min_size=1, max_size=9), st.integers(1, 30), st.integers(1, 4), st.integers(0, 5))
def test_all_processes_take_equal_steps_and_see_each_picture_once(lengths, step_size, processes, epoch):
    try:
        shares = [ShardBatches(rows_of(*lengths), step_size, 0, processes, rank) for rank in range(processes)]
    except UserError:
        assume(False)  # too few files or pictures for so many processes, which is said
    for share in shares:
        share.start(epoch)
    steps = list(zip(*shares, strict=True))
    assert sorted(row for step in steps for part in step for row in part) == list(range(sum(lengths)))
    assert [sum(map(len, step)) for step in steps] == [shares[0].size(number) for number in range(shares[0].steps)]
    assert all(part for step in steps for part in step)
