"""The content of evaluation.json: a model, a data set, and what the one's answers to the other say."""

from types import MappingProxyType
from typing import Literal

from vitrine.records.calibration import Reliability
from vitrine.records.evidence import TestEvidence
from vitrine.records.mistakes import Mistakes
from vitrine.records.schema import Count, FileRecord, Interval, Record, Share

RECORD = "evaluation.json"
PAGE = "evaluation.html"

Acquaintance = Literal["same_split", "same_source", "unknown"]


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
    labels: Count
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
        from_preprocessed: whether pictures were resized from preprocessed images, which are not what the model expects.
    """

    renamed_fields = MappingProxyType({"strangers": "unknown", "from_squares": "from_preprocessed"})

    source: str
    name: str
    part: Literal["test", "all"]
    found: Count
    measured: Count
    unreadable: tuple[tuple[str, str], ...]
    left_out: tuple[tuple[str, int, str], ...]
    elsewhere: Count
    unknown: dict[str, int]
    renamed: tuple[tuple[str, str], ...]
    acquaintance: Acquaintance
    from_preprocessed: bool


class TrustFigures(Record):
    """What the thresholds stored with a model do to the pictures of a data set.

    Attributes:
        precision: share of the given answers that shall be right.
        pictures: of classes that the model knows.
        answered: of them got an answer.
        right: of the answered ones.
        accuracy_answered: share of right ones among the answered; None without any.
        accuracy_answered_interval: Wilson's; None likewise.
        unsure: pictures called unsure.
        refused: pictures called none of the classes.
        is_kept: whether the precision is kept here; None where the interval holds it, so that nothing is shown.
        unknown: pictures of classes that the model does not know.
        unknown_answered: of them got an answer, which is wrong in any case.
        unknown_refused: of them were called none of the classes.
    """

    renamed_fields = MappingProxyType(
        {
            "strangers": "unknown",
            "strangers_answered": "unknown_answered",
            "strangers_refused": "unknown_refused",
        }
    )

    precision: Share
    pictures: Count
    answered: Count
    right: Count
    accuracy_answered: Share | None
    accuracy_answered_interval: Interval | None
    unsure: Count
    refused: Count
    is_kept: bool | None
    unknown: Count
    unknown_answered: Count
    unknown_refused: Count


class Evidence(Record):
    """What the pictures of a data set say of a model.

    Attributes:
        label_names: in the order of the label ids.
        test: all measures.
        reliability: whether the probabilities mean what they say, as they are.
        trust: what the stored thresholds do; None for a model without.
        mistakes: pairs, top losses, likely wrong labels, slices.
    """

    label_names: tuple[str, ...]
    test: TestEvidence
    reliability: Reliability
    trust: TrustFigures | None
    mistakes: Mistakes


class Evaluation(FileRecord):
    """Everything.

    Attributes:
        model: what was measured.
        data: on what.
        evidence: what it says.
        created: time, ISO 8601.
        device: that did the work, in words.
        vitrine: version.
        seconds: for reading and answering all pictures.
    """

    title = "an evaluation"
    remedy = "run python -m vitrine evaluate again"

    model: MeasuredModel
    data: MeasuredData
    evidence: Evidence
    created: str
    device: str
    vitrine: str
    seconds: float
