"""Which pictures are looked at and drawn."""

import numpy as np
import pytest

from vitrine.evaluation.probe.choice import MOST_DRAWN, choose_drawn, choose_images


def test_the_choice_of_pictures_keeps_the_shares_and_the_small_classes():
    label_ids = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [3000, 1000, 8]))
    chosen = choose_images(label_ids, 400, seed=0)
    counts = np.bincount(label_ids[chosen])
    assert len(chosen) == len(set(chosen.tolist())) == 400
    assert (np.diff(chosen) > 0).all()
    assert counts[2] == 8
    assert counts[0] / counts[1] == pytest.approx(3, rel=0.1)
    assert choose_images(label_ids, 10_000, seed=0).tolist() == list(range(4008))
    assert choose_images(label_ids, 400, seed=1).tolist() != chosen.tolist()


def test_where_there_is_no_room_for_ten_of_each_every_class_has_as_many():
    label_ids = np.repeat(np.arange(100), 5)
    assert np.bincount(label_ids[choose_images(label_ids, 300, seed=0)]).tolist() == [3] * 100


def test_mistakes_are_drawn_first_but_leave_room_for_what_is_right():
    label_ids = np.repeat([0, 1], MOST_DRAWN)
    few, many = np.zeros(2 * MOST_DRAWN, bool), np.zeros(2 * MOST_DRAWN, bool)
    few[::50] = True
    many[: MOST_DRAWN + 500] = True
    for wrong, drawn_wrong in ((few, few.sum()), (many, MOST_DRAWN // 2), (~few, MOST_DRAWN - few.sum())):
        drawn = choose_drawn(label_ids, wrong, seed=0)
        assert len(set(drawn.tolist())) == MOST_DRAWN
        assert (np.diff(drawn) > 0).all()
        assert wrong[drawn].sum() == drawn_wrong
    assert choose_drawn(label_ids[:MOST_DRAWN], few[:MOST_DRAWN], seed=0).tolist() == list(range(MOST_DRAWN))
