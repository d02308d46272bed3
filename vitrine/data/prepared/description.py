"""What a training notes of the data set that it learns from."""

from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.records.checksums import sum_files
from vitrine.records.prepared import MANIFEST
from vitrine.records.public import last_name
from vitrine.records.training_data import TrainingData


def describe_training_data(prepared: PreparedDataset) -> TrainingData:
    """Names, counts and hashes of a data set, without folders of this machine."""
    facts = prepared.facts
    return TrainingData(
        name=facts.name,
        source=last_name(facts.source),
        version=prepared.version,
        manifest_sha256=sum_files(prepared.folder, [MANIFEST])[MANIFEST].sha256,
        counts=facts.counts,
        split_seed=facts.settings.data.split_seed,
    )
