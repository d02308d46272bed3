"""Features made small enough to be seen."""

import numpy as np
import pytest

from vitrine.evaluation.probe.embedding import COMPONENTS, Components, draw_maps, find_clusters, principal_components


def test_the_first_component_lies_along_the_longest_direction():
    generator = np.random.default_rng(0)
    along = generator.normal(scale=10, size=200)
    features = np.stack([along, along, generator.normal(scale=1, size=200)], axis=1).astype(np.float32)
    found = principal_components(features, seed=0)
    centered = np.sqrt(2) * (along - along.mean())
    assert np.abs(found.places[:, 0]) == pytest.approx(np.abs(centered), rel=0.05, abs=0.5)
    assert found.explained[0] > 0.98
    assert found.explained.sum() == pytest.approx(1)


def test_there_are_fifty_components_at_most_and_no_more_than_pictures_or_numbers():
    for shape, count in (((80, 60), COMPONENTS), ((7, 60), 7), ((80, 3), 3)):
        assert principal_components(np.random.default_rng(0).random(shape, np.float32), 0).places.shape[1] == count


def test_clusters_stand_in_the_order_of_the_classes_that_they_fit():
    label_ids = np.repeat([0, 1, 2], 10)
    places = (20 * np.eye(3)[label_ids] + np.random.default_rng(0).normal(size=(30, 3))).astype(np.float32)
    found = find_clusters(places, label_ids, 3, seed=0)
    assert found.matrix.tolist() == np.diag([10, 10, 10]).tolist()
    assert (found.adjusted_rand_index, found.agreement) == (1.0, 1.0)


def test_wrong_labels_lie_beside_the_diagonal():
    label_ids = np.repeat([0, 1], 10)
    places = (20 * np.eye(2)[label_ids] + np.random.default_rng(0).normal(size=(20, 2))).astype(np.float32)
    label_ids[0] = 1
    found = find_clusters(places, label_ids, 2, seed=0)
    assert found.matrix.tolist() == [[9, 0], [1, 10]]
    assert found.agreement == 0.95
    assert found.adjusted_rand_index < 1


def test_a_class_without_a_picture_has_an_empty_group():
    places = np.array([[0.0, 0], [0, 1], [9, 9], [9, 8]], np.float32)
    found = find_clusters(places, np.array([0, 0, 2, 2]), 3, seed=0)
    assert found.matrix.tolist() == [[2, 0, 0], [0, 0, 0], [0, 0, 2]]


def test_features_of_one_number_are_drawn_on_a_line():
    components = Components(np.arange(8, dtype=np.float32)[:, None], np.array([1.0]))
    maps = draw_maps(components, np.arange(8), seed=0)
    assert maps.pca[:, 1].tolist() == [0] * 8
    assert maps.explained == (1.0, 0.0)
    assert maps.tsne.shape == (8, 2)
    assert np.isfinite(maps.tsne).all()


def test_the_map_of_neighbors_keeps_them_together():
    label_ids = np.repeat([0, 1], 15)
    places = (30 * np.eye(4)[label_ids] + np.random.default_rng(0).normal(size=(30, 4))).astype(np.float32)
    tsne = draw_maps(principal_components(places, 0), np.arange(30), seed=0).tsne
    distances = np.linalg.norm(tsne[:, None] - tsne, axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (label_ids[distances.argmin(axis=1)] == label_ids).all()
