"""What the gate says of a retrained model beside the one in use: `gate.json`."""

from typing import Annotated, Literal

from pydantic import Field

from vitrine.records.difference import Difference
from vitrine.records.schema import Count, Record, SealedRecord, Share

GATE = "gate.json"
GATE_REPORT = "gate.html"
GATE_ANSWERS = "gate_answers.csv"

Figure = Literal["accuracy", "class", "probabilities", "calibration", "answered", "latency", "memory"]
Outcome = Literal["holds", "open", "broken"]
GateVerdict = Literal["accepted", "undecided", "refused"]
Margin = Annotated[float, Field(gt=0, le=1)]
Factor = Annotated[float, Field(ge=1, le=100)]


class GateMargins(Record):
    """By how much a model may do worse than the one before; all are shares of the pictures but for the last two.

    Attributes:
        accuracy: of all pictures that are rightly named.
        class_accuracy: the same among the pictures of each class.
        probabilities: of the Brier score, which is 0 to 2.
        calibration: of the distance between mean confidence and share of right answers.
        answered: of the pictures that are answered, not left as unsure or "none of my classes".
        latency: factor, of the 95th percentile of the time of an answer.
        memory: factor, of the most memory that a process takes which answers.
        confidence: with which each loss must be shown to stay below its margin.
    """

    accuracy: Margin = 0.02
    class_accuracy: Margin = 0.1
    probabilities: Margin = 0.03
    calibration: Margin = 0.05
    answered: Margin = 0.05
    latency: Factor = 1.5
    memory: Factor = 1.25
    confidence: Annotated[float, Field(ge=0.5, lt=1)] = 0.95


class GateCheck(Record):
    """One question to both models.

    Attributes:
        figure: what is asked about.
        label_name: of the class, where one class is asked about; else empty.
        pictures: that were asked.
        current: figure of the model in use; None where it cannot be had.
        candidate: of the retrained one.
        worse_by: loss; below 0 it does better. Of latency and memory: the factor.
        at_least: lower bound of the loss, with a confidence for all questions together; None of latency and memory.
        at_most: upper bound of the loss; likewise.
        margin: what the loss may be.
        outcome: whether the loss is shown to stay below the margin, shown to exceed it, or neither.
        enough: pictures that would show that it stays below, were they to turn out alike; None where that does not
            help.
    """

    figure: Figure
    label_name: str = ""
    pictures: Count
    current: float | None = None
    candidate: float | None = None
    worse_by: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    margin: float
    outcome: Outcome
    enough: int | None = None


class NewClass(Record):
    """How the retrained model names the gate pictures of a class that the model in use does not know."""

    label_name: str
    pictures: Count
    right: Count


class GateFindings(Record):
    """What both models answer to the pictures of the gate.

    Attributes:
        verdict: accepted where every loss is shown to stay below its margin; refused where one is shown to exceed it.
        checks: all that was asked.
        difference: of the accuracy, by the exact paired test; None without a picture.
        unchanged: whether both models gave the very same answers to every picture.
        new_classes: that only the retrained model knows.
    """

    verdict: GateVerdict
    checks: tuple[GateCheck, ...]
    difference: Difference | None
    unchanged: bool
    new_classes: tuple[NewClass, ...] = ()


class LeftOut(Record):
    """A row of the corrections that was not learned, and why."""

    file: str
    reason: str


class ClassChange(Record):
    """A class that was added, renamed, or made part of another; `before` is empty of an added one."""

    kind: Literal["added", "renamed", "merged"]
    before: str = ""
    now: str


class Learned(Record):
    """What a retraining learned beside what the model in use had learned.

    Attributes:
        relabeled: pictures with another label.
        removed: pictures that are no longer learned from.
        added: new pictures, by class.
        left_out: rows that were refused.
        elsewhere: rows of the store about other data sets or models, which were passed over.
        classes: changes of the classes.
        training_pictures: of the model in use, and of the retrained one.
    """

    relabeled: Count = 0
    removed: Count = 0
    added: dict[str, int] = Field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()
    elsewhere: Count = 0
    classes: tuple[ClassChange, ...] = ()
    training_pictures: tuple[int, int]


class GateReport(SealedRecord):
    """The whole of a retraining: what was learned, what was asked, and what followed.

    Attributes:
        name: of the model.
        created: when, ISO 8601.
        revision: number that the model in use has.
        became: number of the new revision; None where it was not accepted.
        corrections: name of the table.
        dataset_version: of the data that was learned from.
        margins: that were agreed on before.
        test_accuracy: of the new revision, read once after it was accepted; None where it was not.
        test_readings: how often the test split was read for all revisions together.
    """

    title = "the report of a gate"
    remedy = "retrain again"

    name: str
    created: str
    revision: Count
    became: Count | None = None
    corrections: str
    dataset_version: str
    margins: GateMargins
    learned: Learned
    findings: GateFindings
    test_accuracy: Share | None = None
    test_readings: Count
