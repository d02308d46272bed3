"""What `vitrine.json` in a model folder says: what the model was made of, what it was measured at, when it answers."""

from types import MappingProxyType
from typing import Any

from pydantic import ConfigDict, Field

from vitrine.records.checksums import Checksums
from vitrine.records.schema import Count, Interval, OpenRecord, Record, SealedRecord, Share

METADATA = "vitrine.json"


class Trust(OpenRecord):
    """What was fixed on pictures that the network had not learned; stored with the model.

    Attributes:
        temperature: the network's own logits divided by it give calibrated probabilities (Guo et al. 2017).
        in_weights: whether the stored weights are divided already, so that their logits are calibrated as they come.
        precision: share of the given answers that shall be right.
        confidence_threshold: calibrated probability of the likeliest class from which on an answer is given; None where
            every answer is called unsure.
        proven: whether answers from there on were shown to keep the precision; false where the pictures were too few.
        similarity_threshold: similarity to training pictures below which a picture is of no class; None where it is not
            measured.
        neighbors: of how many training pictures, the most similar ones, the similarity is the mean; None likewise.
    """

    renamed_fields = MappingProxyType({"familiarity_threshold": "similarity_threshold", "neighbours": "neighbors"})

    temperature: float = 1.0
    in_weights: bool = True
    precision: float
    confidence_threshold: float | None
    proven: bool = True
    similarity_threshold: float | None = None
    neighbors: int | None = None


class ExampleMap(OpenRecord):
    """What the answer to an example rests on, made and checked beforehand.

    Attributes:
        file: the map over the picture, relative to the model folder.
        label_name: of the class that it is about, which is the likeliest one.
        is_trusted: whether it stood the checks.
        random_weights_tried: whether the same network with random weights was one of them.
    """

    file: str
    label_name: str
    is_trusted: bool
    random_weights_tried: bool


class Example(Record):
    """A picture that shows what the model knows, with its true class.

    Attributes:
        file: relative to the model folder.
        label_name: its true class.
        prepared: whether it is the preprocessed image, as the network sees it, on which no step may be done again.
        map: what the answer to it rests on; None where a page makes it when somebody asks.
    """

    file: str
    label_name: str
    prepared: bool = False
    map: ExampleMap | None = None


class ModelMetadata(SealedRecord):
    """What `vitrine.json` says about a model: all that the page and the card show, measured when it was made.

    `trust` is None for models that always answer: those of older versions, and the ones kept of single epochs. `files`
    are the checksums of the files beside it, `dataset_version` tells what it learned from; older models have neither.
    """

    model_config = ConfigDict(protected_namespaces=(), extra="ignore")  # models travel: a later field is passed over

    title = "what Vitrine says of a model"
    remedy = "train again, or get the whole model folder again"

    vitrine_version: str
    name: str
    created: str
    backbone: str
    label_names: list[str]
    image_size: int
    training_pictures: Count
    test_pictures: Count
    test_accuracy: Share | None
    test_accuracy_interval: Interval | None
    test_macro_f1: Share | None
    examples: list[Example]
    recipe: dict[str, Any]
    trust: Trust | None = None
    dataset_version: str = ""
    files: Checksums = Field(default_factory=dict)


class GoldenAnswers(OpenRecord):
    """What a runtime computed of the pictures of `vitrine.predict.golden`.

    Attributes:
        logits: calibrated, the mean of each picture's taken off, `[pictures, labels]`.
        similarity: to the training pictures, `[pictures]`; None where the model does not measure it.
    """

    logits: list[list[float]]
    similarity: list[float] | None = None


class Golden(OpenRecord):
    """What is right for the pictures of `vitrine.predict.golden`, to be checked wherever a model runs.

    Attributes:
        probabilities: of the network in float32, `[pictures, labels]`.
        answers: of the file itself where it was written: in 8 bits, drawn pictures may lie outside of what it was
            calibrated for. None in files of earlier builds.
        answers_by: the same of other runtimes that were proven, by their names: each rounds in its own places.
        tolerance: the most by which a probability or similarity may differ where an engine computes rightly.
        spreads: the most by which a logit of `answers` may, as a multiple of their standard deviation.
        proven: in files of earlier builds, what the file itself said, if that is something else than `probabilities`.
        proven_by: the same of other runtimes.
    """

    probabilities: list[list[Share]]
    answers: GoldenAnswers | None = None
    answers_by: dict[str, GoldenAnswers] = Field(default_factory=dict)
    tolerance: Share
    spreads: float = 0.0
    proven: list[list[Share]] | None = None
    proven_by: dict[str, list[list[Share]]] = Field(default_factory=dict)


class Agreement(OpenRecord):
    """How alike a model answers in another form, on pictures that it has not learned from.

    Attributes:
        pictures: on which both were asked.
        same: how many of these got the same first answer.
        interval: of that share.
        same_decisions: how many got the same decision: answer, unsure or none.
        largest_gap: of any probability or similarity; 1 at most.
    """

    pictures: Count
    same: Count
    interval: Interval
    same_decisions: Count
    largest_gap: Share


class Int8Proof(Agreement):
    """That a network of 8-bit whole numbers answers as it does in float32.

    Attributes:
        layout: how its numbers are written, for people: "QDQ, weights of 7 bits per channel".
        calibration_pictures: on whose activations the ranges were measured.
        time_share: processor time relative to float32, where it was exported.
        by_openvino: how alike OpenVINO answers; None where it was not asked or was refused, and does not answer then.
        refused: runtimes that were asked and do not answer, by their names, and why.
    """

    layout: str
    calibration_pictures: Count
    time_share: float
    by_openvino: Agreement | None = None
    refused: dict[str, str] = Field(default_factory=dict)
