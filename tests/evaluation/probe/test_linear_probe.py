import numpy as np
import pytest

from vitrine.errors import UserError
from vitrine.evaluation.intervals import wilson_interval
from vitrine.evaluation.probe.linear_probe import (
    cross_validate_head,
    find_confused_pairs,
    measure_neighbors,
    study_features,
)

WIDTH = 12


def make_classes(counts, distance, seed=0, same=()):
    """Points around one centre per class; `same` lists classes that share the centre of class 0."""
    generator = np.random.default_rng(seed)
    centers = distance * np.eye(WIDTH)[: len(counts)]
    for label_id in same:
        centers[label_id] = centers[0]
    label_ids = np.repeat(np.arange(len(counts)), counts)
    features = centers[label_ids] + generator.normal(size=(len(label_ids), WIDTH))
    return features.astype(np.float32), label_ids


def test_classes_far_apart_are_told_apart_by_every_measure():
    features, label_ids = make_classes([30, 20, 25], distance=20)
    study = study_features(features, label_ids, 3)
    assert study.head.accuracy == study.neighbor_accuracy == study.clusters.adjusted_rand_index == 1
    assert study.silhouette > 0.8
    assert study.clusters.matrix.tolist() == study.head.matrix.tolist() == np.diag([30, 20, 25]).tolist()
    assert study.pairs == ()
    assert study.head.interval == wilson_interval(75, 75)
    assert study.chance == pytest.approx(1 / 3)
    assert (study.majority, study.majority_class) == (0.4, 0)


def test_noise_is_not_told_apart_by_any_measure():
    features, label_ids = make_classes([60, 60, 60], distance=0)
    study = study_features(features, label_ids, 3)
    low, high = study.head.interval
    assert low < study.chance < high
    assert abs(study.neighbor_accuracy - study.chance) < 0.12
    assert abs(study.clusters.adjusted_rand_index) < 0.05
    assert study.silhouette < 0.05


def test_two_classes_with_one_look_are_the_first_pair_and_share_their_groups():
    features, label_ids = make_classes([40, 40, 40, 40], distance=15, same=(2,))
    study = study_features(features, label_ids, 4)
    worst = study.pairs[0]
    assert (worst.first, worst.second) == (0, 2)
    assert worst.first_as_second == study.head.matrix[0, 2] > 5
    assert worst.second_as_first == study.head.matrix[2, 0] > 5
    assert worst.rate == max(worst.first_as_second, worst.second_as_first) / 40
    assert study.clusters.matrix[1, 1] == study.clusters.matrix[3, 3] == 40
    assert study.head.accuracy < 0.9


def test_the_figures_of_head_and_answers_agree():
    features, label_ids = make_classes([50, 30], distance=2)
    head = cross_validate_head(features, label_ids, 2, np.arange(80), seed=0)
    assert head.right == (head.answers == label_ids).sum() == np.trace(head.matrix)
    assert head.accuracy == head.right / 80
    assert head.matrix.sum(axis=1).tolist() == [50, 30]
    assert ((head.confidences >= 0.5) & (head.confidences <= 1)).all()
    assert 0.6 < head.accuracy < 1


def test_a_class_of_one_picture_is_a_possible_answer_but_not_measured():
    features, label_ids = make_classes([20, 1, 20], distance=10)
    study = study_features(features, label_ids, 3)
    assert study.head.answers[20] == -1
    assert study.head.pictures == 40
    assert study.pictures == 41
    assert study.head.matrix[1].sum() == 0


@pytest.mark.parametrize("counts", [[2, 2], [2, 3, 1], [7, 2], [2] * 12])
def test_the_smallest_classes_are_studied_without_a_crash(counts):
    features, label_ids = make_classes(counts, distance=10)
    study = study_features(features, label_ids, len(counts) + 1)
    assert study.head.pictures == sum(count for count in counts if count > 1)
    assert np.isfinite(study.maps.tsne).all()
    assert study.clusters.matrix.sum(axis=1).tolist() == [*counts, 0]


def test_copies_do_not_answer_for_each_other_where_they_are_grouped():
    features, label_ids = make_classes([40, 40], distance=0)
    features, label_ids = np.repeat(features, 2, axis=0), np.repeat(label_ids, 2)
    features += np.random.default_rng(1).normal(scale=1e-3, size=features.shape).astype(np.float32)
    groups = np.repeat(np.arange(80), 2)
    assert measure_neighbors(features, label_ids, np.arange(160), neighbors=1) > 0.95
    assert measure_neighbors(features, label_ids, groups, neighbors=1) < 0.65
    head = cross_validate_head(features, label_ids, 2, groups, seed=0)
    assert head.interval[0] < 0.5


def test_a_class_whose_pictures_are_all_of_one_group_is_not_measured():
    features, label_ids = make_classes([10, 10, 10], distance=10)
    groups = np.where(label_ids == 1, 99, np.arange(30))
    study = study_features(features, label_ids, 3, groups)
    assert study.head.pictures == 20
    assert set(study.head.answers[label_ids == 1].tolist()) == {-1}


def test_groups_of_several_classes_are_studied_without_a_crash():
    features, label_ids = make_classes([6, 6], distance=10)
    study = study_features(features, label_ids, 2, np.tile([0, 0, 1, 1, 1, 1], 2))
    assert study.head.folds == 2
    assert study.head.pictures == 12


def test_equal_seeds_give_equal_studies():
    features, label_ids = make_classes([15, 15, 15], distance=3)
    first, second = (study_features(features, label_ids, 3, seed=4) for _ in range(2))
    assert np.array_equal(first.maps.tsne, second.maps.tsne)
    assert np.array_equal(first.head.answers, second.head.answers)
    assert np.array_equal(first.clusters.matrix, second.clusters.matrix)


def test_features_without_any_difference_are_refused():
    with pytest.raises(UserError, match="the same features for every picture"):
        study_features(np.ones((20, 5), np.float32), np.repeat([0, 1], 10), 2)


def test_features_that_are_no_numbers_are_refused():
    features, label_ids = make_classes([10, 10], distance=5)
    features[3, 2] = np.nan
    with pytest.raises(UserError, match=r"engine\.precision=fp32"):
        study_features(features, label_ids, 2)


@pytest.mark.parametrize("counts", [[20], [20, 1], [1, 1, 1]])
def test_fewer_than_two_classes_that_can_be_measured_are_refused(counts):
    features, label_ids = make_classes(counts, distance=5)
    with pytest.raises(UserError, match="at least two classes with two training or validation pictures"):
        study_features(features, label_ids, len(counts))


def test_many_mistakes_in_a_hundred_go_before_one_in_two():
    matrix = np.array([[1, 1, 0], [0, 60, 40], [0, 0, 100]])
    assert [(pair.first, pair.second) for pair in find_confused_pairs(matrix)] == [(1, 2), (0, 1)]


def test_a_class_that_was_not_measured_has_no_share_of_mistakes():
    (pair,) = find_confused_pairs(np.array([[8, 2], [0, 0]]))
    assert pair.rate == 0.2
