import numpy as np

from vitrine.data.loading.streamed_rows import StreamedRows, undecoded
from vitrine.data.manifest.split_names import TRAIN
from vitrine.data.prepared.shards import list_shards
from vitrine.data.prepared.training_index import open_index
from vitrine.records.prepared import PICTURES


def test_rows_are_those_of_the_whole_split_in_any_order(in_many_files):
    whole = undecoded(in_many_files.splits[TRAIN])
    paths = list_shards(in_many_files.folder / PICTURES, TRAIN)
    rows = StreamedRows(open_index(in_many_files.folder), paths)
    assert len(rows) == len(whole)
    order = np.random.default_rng(0).permutation(len(whole)).tolist()
    for some in (order, order[:3], [5, 5]):
        assert rows[some] == whole[some]
