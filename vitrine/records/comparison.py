"""What a comparison gives: the figures of its runs, its variants and their pairs, as comparison.json holds them."""

from typing import Annotated, Literal

from pydantic import Field

from vitrine.records.difference import Difference
from vitrine.records.schema import Count, FileRecord, Record, Share

Way = Literal["paired", "other_seeds", "other_pictures"]


class RunFigures(Record):
    """One training.

    Attributes:
        variant: which of the things compared.
        seed: of weights, order and augmentation.
        fold: which fold was for validation; None without k-fold.
        folder: where the run lies, from the folder of the comparison.
        accuracy: on the test pictures.
        macro_f1: likewise.
        cohen_kappa: likewise.
        validation_accuracy: of the kept epoch.
        training_accuracy: of the kept epoch, while it was trained.
        test_loss: in nats; None in figures that were written before it was.
        validation_loss: of the kept epoch; likewise.
        epoch_seconds: of looking at the training pictures and learning them, over all epochs, features that are
            computed once before them included; likewise.
        validation_seconds: of looking at the validation pictures, after each epoch or once before; likewise.
        epochs: that were trained.
        seconds: from the opened data set to the evaluated model, shared features included.
        cpu_seconds: of the processor, over all cores.
        images_per_second: while training.
        parameters: of the network.
        trainable_parameters: of these, those that were trained.
        device: processor or GPU.
    """

    variant: str
    seed: int
    fold: int | None
    folder: str
    accuracy: Share
    macro_f1: Share
    cohen_kappa: float
    validation_accuracy: Share
    training_accuracy: Share
    test_loss: float | None = None
    validation_loss: float | None = None
    epoch_seconds: float | None = None
    validation_seconds: float | None = None
    epochs: Count
    seconds: float
    cpu_seconds: float
    images_per_second: float
    parameters: Count
    trainable_parameters: Count
    device: str


class Spread(Record):
    """A figure over all runs of a variant: its mean, and its standard deviation (None with one run)."""

    mean: float
    deviation: float | None

    @property
    def variance(self) -> float | None:
        """Second moment around the mean, of the runs as a sample; None with one run."""
        return None if self.deviation is None else self.deviation**2


class VariantFigures(Record):
    """One of the things compared, over all its runs.

    Attributes:
        name: of the variant.
        runs: that are done.
        test_pictures: of each run.
        accuracy: on the test pictures.
        accuracy_interval: 95 %, for other seeds and other test pictures; with one run for other pictures alone.
        macro_f1: likewise on the test pictures.
        cohen_kappa: likewise.
        validation_accuracy: of the kept epochs.
        training_accuracy: of the kept epochs.
        test_loss: in nats; None in figures that were written before it was.
        validation_loss: of the kept epochs; likewise.
        epoch_seconds: of training, see `RunFigures`; likewise.
        validation_seconds: of looking at the validation pictures; likewise.
        seconds: of a run.
        cpu_seconds: of a run.
        images_per_second: while training.
        parameters: of the network.
        trainable_parameters: of these.
    """

    name: str
    runs: Annotated[int, Field(ge=1)]
    test_pictures: Annotated[int, Field(ge=1)]
    accuracy: Spread
    accuracy_interval: tuple[Share, Share]
    macro_f1: Spread
    cohen_kappa: Spread
    validation_accuracy: Spread
    training_accuracy: Spread
    test_loss: Spread | None = None
    validation_loss: Spread | None = None
    epoch_seconds: Spread | None = None
    validation_seconds: Spread | None = None
    seconds: Spread
    cpu_seconds: Spread
    images_per_second: Spread
    parameters: Count
    trainable_parameters: Count


class PairFigures(Record):
    """Two variants held against each other.

    Attributes:
        base: name of the one.
        variant: name of the other; points above 0 are in its favour.
        way: "paired": picture by picture, seed by seed; "other_seeds": picture by picture, but no seed in common;
            "other_pictures": their test pictures differ, so that only the two means can be compared.
        difference: with its interval, p and verdict.
    """

    base: str
    variant: str
    way: Way
    difference: Difference


class Failure(Record):
    """A run that could not be done, and why."""

    variant: str
    seed: int
    fold: int | None
    reason: str


class Change(Record):
    """A parameter that differs between the variants: its value in each of them."""

    parameter: str
    values: dict[str, str]


class ComparisonFigures(FileRecord):
    """The content of comparison.json.

    Attributes:
        name: of the comparison.
        question: as its file puts it; may be empty.
        created: when the figures were put together; ISO 8601.
        reference: the variant that the others are held against.
        seeds: of every variant.
        folds: of a k-fold comparison.
        planned: runs in all.
        changes: what the variants differ in.
        variants: those with a finished run, in the order of the file.
        pairs: every two of them.
        runs: that are done.
        failures: runs that could not be done.
    """

    title = "the figures of a comparison"
    remedy = "run python -m vitrine compare again, which keeps finished runs"

    name: str
    question: str
    created: str
    reference: str
    seeds: tuple[int, ...]
    folds: int | None
    planned: Annotated[int, Field(ge=1)]
    changes: list[Change]
    variants: list[VariantFigures]
    pairs: list[PairFigures]
    runs: list[RunFigures]
    failures: list[Failure]
