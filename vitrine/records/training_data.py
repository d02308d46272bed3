"""What a run learned from, in few numbers: all that a card says of its pictures when the data set is far away."""

from typing import ClassVar

from vitrine.records.schema import Count, FileRecord


class TrainingData(FileRecord):
    """The content of data.json in a run folder.

    Attributes:
        name: of the prepared data set.
        source: of its pictures, without folders of the machine.
        version: digest of pictures, labels and split.
        manifest_sha256: of the manifest, which has the hash of every file.
        counts: pictures by split and class.
        split_seed: of the split, where the source brought none.
    """

    title: ClassVar[str] = "what a run learned from"
    remedy: ClassVar[str] = "train again, or restore the file that training wrote"

    name: str
    source: str
    version: str
    manifest_sha256: str
    counts: dict[str, dict[str, Count]]
    split_seed: int
