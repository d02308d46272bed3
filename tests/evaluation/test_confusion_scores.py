"""Scores that follow from a confusion matrix."""

import numpy as np
import pytest

from vitrine.evaluation.confusion_scores import ClassCounts, score_classes, score_together

MATRIX = np.array([[3, 1, 0], [2, 4, 0], [0, 0, 0]])  # the third class has no picture and is never named


def test_each_class_has_the_scores_worked_out_by_hand():
    scores = score_classes(ClassCounts.of_matrix(MATRIX))
    assert scores["precision"] == pytest.approx([3 / 5, 4 / 5, 0])
    assert scores["recall"] == pytest.approx([3 / 4, 4 / 6, 0])
    assert scores["f1"] == pytest.approx([6 / 9, 8 / 11, 0])


def test_means_are_over_the_classes_that_have_pictures():
    scores = score_together(ClassCounts.of_matrix(MATRIX))
    assert scores["balanced_accuracy"] == scores["macro_recall"] == pytest.approx((3 / 4 + 4 / 6) / 2)
    assert scores["macro_precision"] == pytest.approx(0.7)
    assert scores["macro_f1"] == pytest.approx((6 / 9 + 8 / 11) / 2)
    # 7 of 10 agree; by chance 0.4 x 0.5 + 0.6 x 0.5 = 0.5 would.
    assert scores["cohen_kappa"] == pytest.approx((0.7 - 0.5) / (1 - 0.5))
    # Of two classes: (3 x 4 - 1 x 2) by the root of 4 x 6 x 5 x 5.
    assert scores["matthews_correlation"] == pytest.approx(10 / np.sqrt(600))


def test_one_class_alone_or_one_answer_for_all_has_no_agreement_beyond_chance():
    for matrix in ([[5, 0], [0, 0]], [[5, 0], [4, 0]]):
        scores = score_together(ClassCounts.of_matrix(np.array(matrix)))
        assert (scores["cohen_kappa"], scores["matthews_correlation"]) == (0, 0)


def test_many_resamples_at_once_have_the_scores_of_each():
    generator = np.random.default_rng(0)
    pictures = np.array([20.0, 30.0])
    right = generator.uniform(5, 15, (4, 2))
    answers = right + generator.uniform(0, 5, (4, 2))
    together = score_together(ClassCounts(right, answers, pictures))
    for row in range(4):
        for name, alone in score_together(ClassCounts(right[row], answers[row], pictures)).items():
            assert together[name][row] == pytest.approx(float(alone)), name
