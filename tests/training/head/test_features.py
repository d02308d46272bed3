"""What the head of a frozen backbone receives, computed once."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from tests.factories import IMAGENET
from tests.training.head.heads import build_head
from vitrine.data.manifest.split_names import TRAIN, VALIDATION
from vitrine.models.backbones.build import head_modules
from vitrine.training.head import features as cached_features
from vitrine.training.head.features import (
    LookSeconds,
    ViewOptions,
    compute_head_inputs,
    fits_in_memory,
    seconds_taken,
)


def unchanged(pixels, view, rows):
    return pixels


def test_logits_from_features_are_those_from_pictures(prepared, checkpoint):
    model = build_head(checkpoint)
    options = ViewOptions(1, unchanged, {})
    inputs = compute_head_inputs(model, IMAGENET, prepared.splits[TRAIN], prepared.splits[VALIDATION], options)
    pixels = torch.stack(
        [torch.from_numpy(np.array(image)).permute(2, 0, 1) for image in prepared.splits[VALIDATION]["image"]]
    )
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (IMAGENET.mean, IMAGENET.std))
    with torch.no_grad():
        logits = model.eval()((pixels / 255 - mean) / std).logits
        answers = nn.Sequential(*head_modules(model))(torch.from_numpy(inputs.validation))
    torch.testing.assert_close(answers, logits, rtol=1e-5, atol=1e-5)
    assert list(inputs.train_label_ids) == list(prepared.splits[TRAIN]["label"])


@pytest.mark.parametrize("change", ["weights", "pictures", "views", "precision"])
def test_stored_features_of_anything_else_are_computed_again(prepared, checkpoint, tmp_path, change):
    def compute(model, train, options):
        counted = []
        validation = prepared.splits[VALIDATION]
        compute_head_inputs(
            model, IMAGENET, train, validation, options, tmp_path / "store", lambda *done: counted.append(done)
        )
        return bool(counted)

    model, rows, options = build_head(checkpoint), prepared.splits[TRAIN], ViewOptions(1, unchanged, {})
    assert compute(model, rows, options)
    assert not compute(model, rows, options)
    if change == "weights":
        next(model.parameters()).data.mul_(1.01)
    elif change == "pictures":
        rows = rows.select(range(20))
    elif change == "views":
        options = replace(options, count=2)
    else:
        options = replace(options, precision="bf16")
    assert compute(model, rows, options)


def test_progress_counts_every_look_at_a_picture(prepared, checkpoint, monkeypatch):
    monkeypatch.setattr(cached_features, "BATCH_SIZE", 20)
    counted = []
    rows = prepared.splits[TRAIN]
    compute_head_inputs(
        build_head(checkpoint), IMAGENET, rows, prepared.splits[VALIDATION], ViewOptions(2, unchanged, {}), None,
        lambda *done: counted.append(done),
    )  # fmt: skip
    total = 3 * len(rows) + len(prepared.splits[VALIDATION])  # two views, and once as it is
    assert counted[-1] == (total, total)
    assert [done for done, _ in counted] == sorted({done for done, _ in counted})


def test_features_beyond_the_memory_are_not_kept():
    assert fits_in_memory(2048, 1, 100_000, 10_000)
    assert not fits_in_memory(2048, 10, 100_000, 10_000)


def test_the_time_of_looking_is_counted_by_training_and_validation_pictures_and_kept(
    prepared, checkpoint, monkeypatch, tmp_path
):
    model = build_head(checkpoint)
    train, validation = prepared.splits[TRAIN], prepared.splits[VALIDATION]
    now = 0.0

    def look(_model, batches, *_):
        nonlocal now
        found = [batch["label_id"] for batch in batches]
        now += sum(map(len, found))  # a second for each picture
        return np.zeros((sum(map(len, found)), 4), np.float32)

    monkeypatch.setattr(cached_features, "compute_features", look)
    monkeypatch.setattr(cached_features.time, "perf_counter", lambda: now)
    options = ViewOptions(2, unchanged, {})
    for _ in range(2):  # the second time they are read
        inputs = compute_head_inputs(model, IMAGENET, train, validation, options, tmp_path / "store")
        assert inputs.seconds == LookSeconds(3 * len(train), len(validation))  # two views, and as they are
    assert seconds_taken(tmp_path / "store") == 3 * len(train) + len(validation)
