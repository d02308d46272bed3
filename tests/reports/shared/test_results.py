"""Verdict, measures, classes and mix-ups of a test."""

import numpy as np

from vitrine.evaluation.test_metrics import measure_test
from vitrine.reports.shared.results import MOST_CONFUSED, describe_result
from vitrine.ui.texts import load_texts

ENGLISH = load_texts("en")


def describe(matrix, label_names):
    """Of sure answers with this confusion matrix."""
    matrix = np.asarray(matrix)
    label_ids, answers = (ids.repeat(matrix.ravel()) for ids in np.indices(matrix.shape).reshape(2, -1))
    test = measure_test(np.eye(len(matrix))[answers] * 0.97 + 0.01, label_ids, label_names, 3, resamples=20)
    return describe_result(test, label_names, ENGLISH)


def test_the_hardest_class_comes_first_and_one_without_pictures_last():
    said = describe([[9, 1, 0], [5, 5, 0], [0, 0, 0]], ["cat", "dog", "emu"])
    assert [row.label_name for row in said["classes"].open] == ["dog", "cat", "emu"]


def test_counts_are_those_of_the_matrix():
    said = describe([[9, 1, 0], [3, 5, 2], [0, 0, 10]], ["cat", "dog", "emu"])
    assert (said["right_pictures"], said["mistaken"], said["right_of_hundred"]) == (24, 6, 80)
    assert said["label_names"] == ("cat", "dog", "emu")


def test_of_many_mix_ups_the_most_frequent_are_listed():
    size = 4
    matrix = np.diag([20] * size)
    places = [(row, column) for row in range(size) for column in range(size) if row != column]
    for count, (row, column) in enumerate(places, start=1):
        matrix[row, column] = count
    listed = describe(matrix, ["a", "b", "c", "d"])["confusions"]
    assert len(listed) == MOST_CONFUSED
    assert [row.count for row in listed] == list(range(len(places), len(places) - MOST_CONFUSED, -1))
