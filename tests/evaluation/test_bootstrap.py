import numpy as np
import pytest

from vitrine.evaluation.bootstrap import limit_resamples, resample_blocks, resample_matrix, resample_weights
from vitrine.evaluation.confusion_scores import score_classes, score_together

MATRIX = np.array([[8, 2, 0], [1, 18, 1], [0, 0, 1]])


def test_a_drawn_test_set_keeps_the_number_of_pictures_of_each_class():
    drawn = resample_matrix(MATRIX, 200, np.random.default_rng(0))
    assert drawn.pictures.tolist() == [10, 20, 1]
    assert drawn.answers.sum(axis=1) == pytest.approx(31)
    labels = np.repeat([0, 1, 2], [10, 20, 1])
    weights = resample_weights(labels, 200, np.random.default_rng(0))
    for label, total in enumerate((10, 20, 1)):
        assert weights[labels == label].sum(axis=0) == pytest.approx(total)


def test_the_spread_of_a_recall_is_the_unbiased_one():
    drawn = resample_matrix(MATRIX, 20_000, np.random.default_rng(0))
    variances = score_classes(drawn)["recall"].var(axis=0)
    assert variances == pytest.approx([0.8 * 0.2 / 9, 0.9 * 0.1 / 19, 0], rel=0.05)


def test_weights_and_matrix_say_the_same_of_the_accuracy():
    labels = np.repeat([0, 1, 2], [10, 20, 1])
    right = np.concatenate([np.arange(10) < 8, np.arange(20) < 18, [True]])
    weights = resample_weights(labels, 20_000, np.random.default_rng(1))
    drawn = resample_matrix(MATRIX, 20_000, np.random.default_rng(0))
    assert (weights.T @ right).std() == pytest.approx(drawn.right.sum(axis=1).std(), rel=0.05)
    assert score_together(drawn)["macro_recall"].mean() == pytest.approx((0.8 + 0.9 + 1) / 3, abs=0.005)


def test_large_sets_get_fewer_resamples_but_never_too_few():
    assert limit_resamples(1000, 10_000, 50) == 1000
    assert limit_resamples(1000, 50_000, 10) == 400
    assert limit_resamples(1000, 10**6, 1000) == 200
    assert limit_resamples(50, 10**6, 1000) == 50


def test_many_resamples_come_in_blocks_that_fit_and_few_in_one_as_they_were(monkeypatch):
    labels = np.repeat([0, 1, 2], [10, 20, 1])
    whole = list(resample_blocks(labels, 50, np.random.default_rng(0)))
    assert len(whole) == 1
    assert np.array_equal(whole[0], resample_weights(labels, 50, np.random.default_rng(0)))
    monkeypatch.setattr("vitrine.evaluation.bootstrap.MOST_WEIGHTS", 31 * 8 + 1)
    blocks = list(resample_blocks(labels, 50, np.random.default_rng(0)))
    assert [block.shape for block in blocks] == [(31, 4)] * 12 + [(31, 2)]
    joined = np.concatenate(blocks, axis=1)
    assert joined[:10].sum(axis=0) == pytest.approx(np.full(50, 10))
    assert len(np.unique(joined[:30], axis=1).T) == 50  # no two blocks are the same draw


def test_draws_do_not_depend_on_how_many_are_made_at_once(monkeypatch):
    labels = np.repeat([0, 1, 2], [300, 40, 1])
    whole = resample_weights(labels, 50, np.random.default_rng(0))
    monkeypatch.setattr("vitrine.evaluation.bootstrap.DRAWN_AT_ONCE", 7 * 40)
    assert np.array_equal(resample_weights(labels, 50, np.random.default_rng(0)), whole)
