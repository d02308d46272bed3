"""What a training notes of its data set."""

import hashlib

from tests.data.trees import prepare
from vitrine.data.prepared.description import describe_training_data


def test_counts_hash_and_version_are_those_of_the_data_set_without_its_folder(make_class_folders):
    prepared = prepare(make_class_folders({"a": 5, "b": 4}))
    noted = describe_training_data(prepared)
    assert noted.counts == prepared.facts.counts
    assert noted.manifest_sha256 == hashlib.sha256((prepared.folder / "manifest.parquet").read_bytes()).hexdigest()
    assert (noted.version, noted.name) == (prepared.version, prepared.facts.name)
    assert "/" in prepared.facts.source
    assert "/" not in noted.source
