"""The content of evaluation.json: a model, a data set, and what the one's answers to the other say."""

from types import MappingProxyType
from typing import Literal

from vitrine.evaluation.evaluate import Evidence
from vitrine.evaluation.provenance import Acquaintance
from vitrine.records.schema import Record


class MeasuredModel(Record):
    """The model.

    Attributes:
        id: what it was loaded by.
        name: for people.
        backbone: its network; None where it does not say.
        labels: how many it has.
        image_size: side of its input in pixels; None where it does not say.
    """

    id: str
    name: str
    backbone: str | None
    labels: int
    image_size: int | None


class MeasuredData(Record):
    """The pictures.

    Attributes:
        source: as given.
        name: for people.
        part: the test split, or all pictures.
        found: files or rows, in all splits.
        measured: pictures of classes that the model knows.
        unreadable: (file, reason) of pictures that cannot be read.
        left_out: (reason, how many, an example) of what is not looked at.
        elsewhere: pictures of other splits.
        unknown: pictures of each class that the model does not know.
        renamed: (label of the model, class of the data) where they are not called the same.
        acquaintance: whether the model may have learned from them.
        from_preprocessed: whether pictures were resized from prepared squares, which are not what the model expects.
    """

    renamed_fields = MappingProxyType({"strangers": "unknown", "from_squares": "from_preprocessed"})

    source: str
    name: str
    part: Literal["test", "all"]
    found: int
    measured: int
    unreadable: tuple[tuple[str, str], ...]
    left_out: tuple[tuple[str, int, str], ...]
    elsewhere: int
    unknown: dict[str, int]
    renamed: tuple[tuple[str, str], ...]
    acquaintance: Acquaintance
    from_preprocessed: bool


class Evaluation(Record):
    """Everything.

    Attributes:
        format: of this file.
        model: what was measured.
        data: on what.
        evidence: what it says.
        created: time, ISO 8601.
        device: that did the work, in words.
        vitrine: version.
        seconds: for reading and answering all pictures.
    """

    format: Literal[1] = 1
    model: MeasuredModel
    data: MeasuredData
    evidence: Evidence
    created: str
    device: str
    vitrine: str
    seconds: float
