"""Looking at the mistakes: confused pairs, the worst answers, likely wrong labels, weak slices; one record of them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from vitrine.evaluation.label_errors import LabeledProbabilities, find_label_errors
from vitrine.evaluation.probability_scores import check_probabilities
from vitrine.evaluation.probe.linear_probe import find_confused_pairs
from vitrine.evaluation.slices import find_weak_slices
from vitrine.evaluation.subgroups import measure_subgroups
from vitrine.records.mistakes import Mistakes, Pair, TopLoss

MOST_PAIRS = 20
MOST_LOSSES = 50
LEAST_PROBABILITY = 1e-12  # a loss of 27.6; a probability of 0 would give infinity


def collect_mistakes(
    judged: Sequence[LabeledProbabilities],
    label_names: Sequence[str],
    attributes: pd.DataFrame | None,
    not_examined: Sequence[str] = (),
) -> Mistakes:
    """Everything that the section says.

    Args:
        judged: the test split with the model's own probabilities, and others whose labels are to be examined.
        label_names: in the order of the label ids.
        attributes: of `image_attributes.describe_images` for the test split, in the order of `judged`.
        not_examined: splits whose labels could not be examined.

    Raises:
        UserError: probabilities are not numbers.
    """
    test = next(part for part in judged if part.split == "test")
    check_probabilities(test.probabilities)
    answers = test.probabilities.argmax(axis=1)
    matrix = np.zeros((len(label_names), len(label_names)), np.int64)
    np.add.at(matrix, (test.label_ids, answers), 1)
    subgroups = [] if attributes is None else attributes["subgroup"].tolist()
    return Mistakes(
        pairs=name_pairs(matrix, label_names),
        top_losses=rank_losses(test, label_names),
        label_errors=find_label_errors(judged, label_names, not_examined),
        slices=None if attributes is None else find_weak_slices(attributes, answers == test.label_ids),
        subgroups=measure_subgroups(subgroups, test.label_ids, answers),
    )


def name_pairs(matrix: npt.NDArray[np.int64], label_names: Sequence[str]) -> tuple[Pair, ...]:
    """The most confused pairs of a confusion matrix, `[classes, classes]`, rows = true class."""
    return tuple(
        Pair(
            first=label_names[pair.first],
            second=label_names[pair.second],
            first_as_second=pair.first_as_second,
            second_as_first=pair.second_as_first,
            first_pictures=pair.first_pictures,
            second_pictures=pair.second_pictures,
        )
        for pair in find_confused_pairs(matrix)[:MOST_PAIRS]
    )


def rank_losses(test: LabeledProbabilities, label_names: Sequence[str]) -> tuple[TopLoss, ...]:
    """The pictures with the largest loss (negative logarithm of the probability of the true label)."""
    rows = np.arange(len(test.label_ids))
    own = test.probabilities[rows, test.label_ids]
    answers = test.probabilities.argmax(axis=1)
    losses = -np.log(np.maximum(own, LEAST_PROBABILITY))
    return tuple(
        TopLoss(
            file=str(test.files[row]),
            label_name=label_names[int(test.label_ids[row])],
            predicted=label_names[int(answers[row])],
            probability=float(test.probabilities[row, answers[row]]),
            own_probability=float(own[row]),
            loss=float(losses[row]),
        )
        for row in np.argsort(-losses, kind="stable")[:MOST_LOSSES].tolist()
    )
