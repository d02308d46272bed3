"""The balanced order: equal classes, nothing forgotten, (seed, epoch) alone."""

from collections import Counter

import numpy as np
import pytest
from accelerate.data_loader import BatchSamplerShard
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import BatchSampler

from tests.factories import few_examples
from vitrine.data.loading.balanced_sampler import BalancedSampler

LABELS = np.repeat([0, 1, 4], [50, 12, 3])  # label ids need not be dense


def numbers_of(epoch, seed=0, labels=LABELS):
    sampler = BalancedSampler(labels, seed)
    sampler.set_epoch(epoch)
    return list(sampler)


@pytest.mark.parametrize("labels", [LABELS, np.array([2]), np.arange(10), np.repeat([0, 1], [99, 1])])
@pytest.mark.parametrize("epoch", [0, 1, 7])
def test_an_epoch_keeps_its_length_and_has_each_class_equally_often(labels, epoch):
    numbers = numbers_of(epoch, labels=labels)
    assert len(numbers) == len(labels) == len(BalancedSampler(labels, 0))
    seen = Counter(labels[number % len(labels)] for number in numbers)
    assert max(seen.values()) - min(seen.values()) <= 1
    assert len(seen) == len(set(labels.tolist()))


def test_the_order_depends_on_seed_and_epoch_alone():
    sampler = BalancedSampler(LABELS, 3)
    for epoch in (5, 2):
        sampler.set_epoch(epoch)
        assert list(sampler) == list(sampler) == numbers_of(epoch, seed=3)
    assert len({tuple(numbers_of(epoch, seed)) for seed in range(3) for epoch in range(3)}) == 9


def test_every_picture_of_a_class_is_seen_equally_often_over_the_epochs():
    seen = Counter(number % len(LABELS) for epoch in range(12) for number in numbers_of(epoch))
    for label_id in (0, 1, 4):
        counts = [seen[row] for row in np.flatnonzero(np.equal(LABELS, label_id)).tolist()]
        assert max(counts) - min(counts) <= 1
        assert min(counts) > 0


def test_a_repeated_picture_has_a_number_of_its_own_in_each_epoch():
    for epoch in range(4):
        numbers = numbers_of(epoch)
        assert len(set(numbers)) == len(numbers)
        rare = sorted(number for number in numbers if number % len(LABELS) == len(LABELS) - 1)
        repeats = [number // len(LABELS) for number in rare]
        assert repeats == list(range(len(rare)))
        assert len(rare) > 5


def test_the_classes_are_mixed_within_the_epoch():
    halves = np.array_split(LABELS[np.asarray(numbers_of(0)) % len(LABELS)], 2)
    assert all(np.bincount(half, minlength=5)[[0, 1, 4]].min() >= 4 for half in halves)


def test_two_processes_share_the_epoch():
    batches = BatchSampler(BalancedSampler(LABELS, 0), 5, drop_last=False)
    shares = [
        [number for batch in BatchSamplerShard(batches, 2, process, even_batches=False) for number in batch]
        for process in (0, 1)
    ]
    assert sorted(shares[0] + shares[1]) == sorted(numbers_of(0))
    assert abs(len(shares[0]) - len(shares[1])) <= 5


@few_examples
@given(st.lists(st.integers(0, 5), min_size=1, max_size=80), st.integers(0, 20), st.integers(0, 9))
def test_for_any_classes_no_number_comes_twice_and_classes_come_equally_often(label_ids, epoch, seed):
    numbers = numbers_of(epoch, seed, np.array(label_ids))
    assert len(set(numbers)) == len(numbers) == len(label_ids)
    seen = Counter(label_ids[number % len(label_ids)] for number in numbers)
    often = [seen[label_id] for label_id in set(label_ids)]
    assert max(often) - min(often) <= 1
