"""The names of the splits are in files of data sets and runs: they stay."""

from vitrine.data.manifest.split_names import EVERY_SPLIT, HELD_OUT, SPLITS, TRAIN


def test_they_are_called_as_in_every_file_so_far():
    assert EVERY_SPLIT == ("train", "validation", "test", "gate")
    assert EVERY_SPLIT == (*SPLITS, "gate") == (TRAIN, *HELD_OUT)
