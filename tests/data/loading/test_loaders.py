"""Batches: the stored pixels, in an order that depends on seed and epoch alone."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.data.trees import prepare
from tests.factories import few_examples
from vitrine.data.loading.loaders import (
    EpochSampler,
    PreprocessedImages,
    StepBatches,
    build_evaluation_loader,
    build_step_loader,
)


@pytest.fixture
def split(make_class_folders):
    return prepare(make_class_folders({"cat": 14, "dog": 12})).splits["train"]


def test_batches_hold_the_stored_pixels_and_labels_in_the_order_of_the_split(split):
    batches = list(build_evaluation_loader(split, 5, workers=0))
    pixels = torch.cat([batch["pixels"] for batch in batches])
    stored = np.stack([np.asarray(picture) for picture in split["image"]])
    assert pixels.dtype == torch.uint8
    assert np.array_equal(pixels.permute(0, 2, 3, 1), stored)
    assert torch.cat([batch["label_id"] for batch in batches]).tolist() == list(split["label"])
    assert torch.cat([batch["index"] for batch in batches]).tolist() == list(range(len(split)))


def test_pixels_lie_in_memory_as_channels_last(split):
    batch = PreprocessedImages(split).__getitems__([0, 1, 2])
    assert batch["pixels"].is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("batch_size", [1, 4, 7, 17, 100])
def test_every_picture_is_trained_on_once_per_epoch_in_batches_of_nearly_equal_size(split, batch_size):
    sizes, seen = [], []
    for batch in build_step_loader(split, StepBatches(EpochSampler(len(split), 0), batch_size), workers=0):
        sizes.append(len(batch["index"]))
        seen += batch["index"].tolist()
    assert sorted(seen) == list(range(len(split)))
    assert max(sizes) <= batch_size
    assert len(sizes) == -(-len(split) // batch_size)


def test_the_order_depends_on_seed_and_epoch_alone():
    def order(seed, epoch):
        sampler = EpochSampler(50, seed)
        sampler.set_epoch(epoch)
        return list(sampler)

    assert order(0, 3) == order(0, 3)
    assert len({tuple(order(seed, epoch)) for seed in range(3) for epoch in range(3)}) == 9
    assert sorted(order(0, 0)) == list(range(50))


def test_worker_processes_give_the_same_batches(split):
    batches = StepBatches(EpochSampler(len(split), 1), 8)
    alone, helped = (list(build_step_loader(split, batches, workers)) for workers in (0, 2))
    assert all(torch.equal(a[key], b[key]) for a, b in zip(alone, helped, strict=True) for key in ("pixels", "index"))


@few_examples
@given(st.integers(1, 300), st.integers(1, 64), st.integers(1, 5), st.integers(0, 9))
def test_processes_share_every_step_so_that_each_picture_comes_once(length, step_size, processes, epoch):
    shares = [StepBatches(EpochSampler(length, 0), step_size, processes, rank) for rank in range(processes)]
    for share in shares:
        share.start(epoch)
    steps = list(zip(*shares, strict=True))
    sizes = [sum(map(len, step)) for step in steps]
    assert sorted(row for step in steps for part in step for row in part) == list(range(length))
    assert sizes == [shares[0].size(number) for number in range(shares[0].steps)]
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) <= step_size
    alone = StepBatches(EpochSampler(length, 0), step_size)
    alone.start(epoch)
    assert [sorted(row for part in step for row in part) for step in steps] == [sorted(step) for step in alone]


@few_examples
@given(st.integers(2, 200), st.integers(1, 40), st.data())
def test_an_epoch_that_is_taken_up_again_gives_what_was_left(length, step_size, data):
    batches = StepBatches(EpochSampler(length, 3), step_size)
    batches.start(1)
    whole = list(batches)
    step = data.draw(st.integers(0, len(whole)))
    batches.start(1, step)
    assert list(batches) == whole[step:]
