import datasets
import pytest

from vitrine.data.manifest.split_names import TRAIN
from vitrine.data.prepared.shards import list_shards
from vitrine.data.prepared.training_index import open_index
from vitrine.records.prepared import PICTURES, TRAINING_INDEX


def test_every_training_picture_is_where_the_index_says(in_many_files):
    folder, rows = in_many_files.folder, in_many_files.splits[TRAIN]
    index = open_index(folder)
    assert index.features["label"] == rows.features["label"]
    for column in ("label", "file", "width", "height"):
        assert index[column][:] == rows[column][:]
    shards = [datasets.Dataset.from_file(str(path)) for path in list_shards(folder / PICTURES, TRAIN)]
    assert len(shards) > 1
    assert [shards[row["shard"]][row["place"]]["file"] for row in index] == rows["file"][:]


def test_a_damaged_index_is_an_error_that_opening_knows(in_many_files):
    place = in_many_files.folder / TRAINING_INDEX
    place.write_bytes(place.read_bytes()[:100])
    with pytest.raises((OSError, ValueError)):
        open_index(in_many_files.folder)
