"""The section `test` of metrics.json; `evidence.measure_test` fills it."""

from types import MappingProxyType
from typing import Annotated, Any, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from vitrine.records.schema import Count, Interval, Record, Share

MOST_DENSE = 200  # classes; a whole matrix of a thousand is a million numbers, nearly all of them 0
Correlation = Annotated[float, Field(ge=-1, le=1)]


class ClassFigures(Record):
    """One class of the test split.

    Attributes:
        label_name: its name.
        pictures: test pictures of it; without one, recall and f1 are 0 by convention and have no interval.
        answers: test pictures that were given its name; without one, precision is 0 by convention, without interval.
        precision: share of its answers that are right.
        precision_interval: Wilson's.
        recall: share of its pictures that got its name.
        recall_interval: Wilson's.
        f1: harmonic mean of the two.
        f1_interval: see `score_interval`.
        auc: chance that a picture of it has a higher probability of it than one of the rest; None without either.
        auc_interval: see `score_interval`.
        average_precision: mean precision at each of its pictures, by falling probability; None as above.
        average_precision_interval: see `score_interval`.
    """

    label_name: str
    pictures: Count
    answers: Count
    precision: Share
    precision_interval: Interval | None
    recall: Share
    recall_interval: Interval | None
    f1: Share
    f1_interval: Interval | None
    auc: Share | None
    auc_interval: Interval | None
    average_precision: Share | None
    average_precision_interval: Interval | None


class TargetFigures(ClassFigures):
    """The class that the recipe asks for (labels.target): the row of the table, and its share.

    Attributes:
        share: of the test pictures that are of it, in [0, 1]: the average precision of guessing.
    """

    share: Share


class DuplicateFigures(Record):
    """Accuracy with and without the test pictures of which training holds a copy, or a picture of the same group.

    Attributes:
        pictures: test pictures with such a near-duplicate.
        accuracy: of them; None where there is none.
        accuracy_interval: Wilson's.
        other_pictures: test pictures without one.
        other_accuracy: of them, the honest figure; None where there is none.
        other_accuracy_interval: Wilson's.
    """

    pictures: Count
    accuracy: Share | None
    accuracy_interval: Interval | None
    other_pictures: Count
    other_accuracy: Share | None
    other_accuracy_interval: Interval | None


class TestEvidence(Record):
    """The section `test` of metrics.json.

    Attributes:
        pictures: test pictures.
        accuracy: share of right answers.
        accuracy_interval: as in `intervals`.
        top_k: k of the next.
        top_k_accuracy: share of pictures whose class is among the k likeliest.
        balanced_accuracy: mean recall of the tested classes.
        macro_precision: mean over the tested classes.
        macro_recall: the same as the balanced accuracy, under the name that stands beside precision.
        macro_f1: mean over the tested classes.
        cohen_kappa: agreement beyond chance; 0 for guessing, 1 without mistake.
        matthews_correlation: of answers and truth, -1 to 1; 0 for guessing.
        macro_auc: mean of the classes' one-against-rest AUC; None where there is none.
        macro_average_precision: mean of the classes' average precision; None where there is none.
        loss: mean log loss in nats.
        brier_score: mean over the pictures of the squared distances summed over all classes; 0 to 2.
        per_class: one row per class, in the order of the label ids.
        confusion_matrix: counts, one row per true class; None where `confusions` say them.
        confusions: above 200 classes, row, column and count of each cell that is not 0.
        target: of the class that the recipe asks for.
        duplicates: None where nobody looked for near-duplicates.
        series: the same for pictures of one series (`data/checks/series.py`): a burst, a sub-folder, a numbered row;
            None in files of earlier builds.
        intervals: 95 % interval of each figure above, under its name; None where the pictures say nothing of it.
        resamples: of the bootstrap; large sets get fewer for AUC, average precision and the losses.
        seed: of the bootstrap.
    """

    renamed_fields = MappingProxyType({"twins": "duplicates"})

    __test__ = False  # pytest takes classes of this name for tests

    pictures: Annotated[int, Field(ge=1)]
    accuracy: Share
    accuracy_interval: Interval
    top_k: int
    top_k_accuracy: Share
    balanced_accuracy: Share
    macro_precision: Share
    macro_recall: Share
    macro_f1: Share
    cohen_kappa: Correlation
    matthews_correlation: Correlation
    macro_auc: Share | None
    macro_average_precision: Share | None
    loss: Annotated[float, Field(ge=0)]
    brier_score: Annotated[float, Field(ge=0)]
    per_class: list[ClassFigures]
    confusion_matrix: list[list[Count]] | None
    confusions: list[tuple[Count, Count, Count]] | None = None
    target: TargetFigures | None
    duplicates: DuplicateFigures | None
    series: DuplicateFigures | None = None
    intervals: dict[str, Interval | None]
    resamples: int
    seed: int

    @model_validator(mode="after")
    def _one_form_of_the_matrix(self) -> Self:
        if (self.confusion_matrix is None) == (self.confusions is None):
            raise ValueError("either confusion_matrix or confusions must be there")
        if any(max(row, column) >= len(self.per_class) for row, column, _ in self.confusions or ()):
            raise ValueError(f"confusions name a class beyond the {len(self.per_class)} that there are")
        return self

    def matrix(self) -> npt.NDArray[np.int64]:
        """The confusion matrix, `[classes, classes]`, rows = true class."""
        if self.confusion_matrix is not None:
            return np.array(self.confusion_matrix, np.int64)
        counts = np.zeros((len(self.per_class), len(self.per_class)), np.int64)
        for row, column, count in self.confusions or ():
            counts[row, column] = count
        return counts


def store_matrix(counts: npt.NDArray[np.int64]) -> dict[str, list[Any] | None]:
    """The two fields of a confusion matrix: whole, or above 200 classes what is not 0, which grows with the pictures.

    Args:
        counts: `[classes, classes]`, rows = true class.
    """
    if len(counts) <= MOST_DENSE:
        return {"confusion_matrix": counts.tolist(), "confusions": None}
    places = np.argwhere(counts)
    cells = np.column_stack([places, counts[places[:, 0], places[:, 1]]])
    return {"confusion_matrix": None, "confusions": [tuple(cell) for cell in cells.tolist()]}
