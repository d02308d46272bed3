"""What a test says of a model: the parts that the report of a run and the page of `evaluate` share."""

from collections.abc import Sequence

import numpy as np

from vitrine.records.evidence import TestEvidence
from vitrine.reports.shared.confusion_plot import confusion_matrix
from vitrine.reports.shared.folding import fold_rows
from vitrine.ui.figures import inline_figure
from vitrine.ui.sentences.measures import show_measures
from vitrine.ui.sentences.verdict import kappa_words, most_confused, right_of_hundred
from vitrine.ui.texts import Texts

MOST_CONFUSED = 6


def describe_result(test: TestEvidence, label_names: Sequence[str], texts: Texts) -> dict[str, object]:
    """The content of verdict, measures, classes and mix-ups.

    Args:
        test: the figures.
        label_names: in the order of the label ids.
        texts: of the page's language.
    """
    names = tuple(label_names)
    matrix = test.matrix()
    # The hardest first; classes that were not tested have no rank and come last.
    hardest = sorted(test.per_class, key=lambda row: (not row.pictures, row.recall))
    largest = sorted(hardest, key=lambda row: -row.pictures)
    return {
        "test": test,
        "label_names": names,
        "right_of_hundred": right_of_hundred(test.accuracy),
        "right_pictures": int(np.trace(matrix)),
        "kappa_words": kappa_words(test.cohen_kappa, texts),
        "measures": show_measures(test, texts),
        "classes": fold_rows(hardest, largest),
        "confusions": most_confused(matrix, names, MOST_CONFUSED),
        "mistaken": int(matrix.sum() - np.trace(matrix)),
        "matrix": inline_figure(lambda theme: confusion_matrix(matrix, names, theme, texts)),
    }
