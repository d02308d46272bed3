"""The rule that makes a decision of numbers, and the sample of training pictures behind it."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from tests.factories import SIDE, write_tiny_resnet
from vitrine.errors import UserError
from vitrine.models.backbones.build import build_backbone, build_small_cnn
from vitrine.models.calibration.ood import (
    MOST_BYTES,
    MOST_ROWS,
    REFERENCE_FEATURES,
    build_reference,
    choose_rows,
    load_reference,
)
from vitrine.models.calibration.selective import Answer, NoneOfThese, Unsure, decide, describe
from vitrine.models.calibration.temperature import fold_temperature
from vitrine.models.heads import Head
from vitrine.records.model import Trust

NAMES = ("pug", "corgi", "poodle")
TRUST = Trust(precision=0.95, confidence_threshold=0.7, similarity_threshold=0.5, neighbors=3)
SURE, TORN = np.array([0.1, 0.7, 0.2]), np.array([0.2, 0.31, 0.49])


@pytest.mark.parametrize(
    ("probabilities", "trust", "similarity", "decision", "words"),
    [
        (SURE, TRUST, 0.5, Answer("corgi"), "corgi"),
        (TORN, TRUST, 0.9, Unsure("poodle", "corgi"), "unsure: poodle or corgi"),
        (SURE, TRUST, 0.499, NoneOfThese(), "none of my classes"),
        (TORN, TRUST, 0.1, NoneOfThese(), "none of my classes"),
        (SURE, TRUST, None, Answer("corgi"), "corgi"),
        (TORN, None, None, Answer("poodle"), "poodle"),
        (SURE, TRUST.model_copy(update={"confidence_threshold": None}), 0.9, Unsure("corgi", "poodle"), None),
        (np.array([1.0]), TRUST, 0.9, Answer("pug"), "pug"),
    ],
)
def test_a_decision_follows_from_the_out_of_distribution_score_first_and_confidence_then(
    probabilities, trust, similarity, decision, words
):
    similarities = None if similarity is None else np.array([similarity])
    (found,) = decide(probabilities[np.newaxis], NAMES, trust, similarities)
    assert found == decision
    assert words is None or describe(found) == words


def test_the_score_is_the_mean_cosine_similarity_to_the_nearest_rows():
    generator = np.random.default_rng(0)
    rows, features = generator.normal(size=(40, 6)).astype(np.float32), generator.normal(size=(7, 6)).astype(np.float32)
    reference = build_reference(rows, np.zeros(40, np.int64))
    directions = [values / np.linalg.norm(values, axis=1, keepdims=True) for values in (features, rows)]
    expected = np.sort(directions[0] @ directions[1].T, axis=1)[:, -3:].mean(axis=1)
    np.testing.assert_allclose(reference.similarity(features, 3), expected, atol=2e-3)
    np.testing.assert_allclose(reference.similarity(100 * features, 3), expected, atol=2e-3)
    assert reference.similarity(features, 1000).shape == (7,)
    assert np.isfinite(reference.similarity(np.zeros((1, 6), np.float32), 3)).all()


def test_the_sample_is_fair_to_small_classes_seeded_and_small():
    label_ids = np.repeat([0, 1, 2], [5000, 3000, 10])
    rows = choose_rows(label_ids, 512, seed=1)
    assert len(rows) == MOST_ROWS
    assert np.bincount(label_ids[rows]).tolist() == [995, 995, 10]
    assert rows.tolist() == sorted(set(rows.tolist())) == choose_rows(label_ids, 512, seed=1).tolist()
    assert rows.tolist() != choose_rows(label_ids, 512, seed=2).tolist()
    assert 2 * 20_000 * len(choose_rows(label_ids, 20_000, seed=0)) <= MOST_BYTES
    assert choose_rows(label_ids[:7], 512, seed=0).tolist() == list(range(7))


def test_stored_features_come_back_and_a_missing_or_broken_file_is_named(tmp_path):
    reference = build_reference(np.eye(4, dtype=np.float32), np.arange(4))
    reference.save(tmp_path)
    assert load_reference(tmp_path).rows.tolist() == reference.rows.tolist()
    (tmp_path / REFERENCE_FEATURES).write_bytes(b"broken")
    with pytest.raises(UserError, match=r"reference_features\.safetensors: missing or broken"):
        load_reference(tmp_path)
    with pytest.raises(UserError, match="missing or broken"):
        load_reference(tmp_path / "nowhere")


def small_cnn(**shape):
    return build_small_cnn(NAMES, (8, 16), 1, 0.1, image_size=SIDE, **shape)


def with_convolution():
    """Its logits come from a 1x1 convolution, as SqueezeNet's do."""
    model = small_cnn()
    model.classifier = nn.Sequential(nn.Unflatten(1, (16, 1, 1)), nn.Conv2d(16, 3, 1), nn.Flatten())
    return model


@pytest.mark.parametrize(
    "build",
    [
        lambda _: small_cnn(),
        lambda _: small_cnn(dense_units=[8], head_batch_norm=True),
        lambda folder: build_backbone(str(write_tiny_resnet(folder)), NAMES)[0],
        lambda folder: build_backbone(
            str(write_tiny_resnet(folder)), NAMES, head=Head("dense", 8, 0.2), image_size=SIDE
        )[0],
        lambda _: build_backbone("timm/resnet10t.c3_in1k", NAMES, pretrained=False)[0],
        lambda _: with_convolution(),
    ],
    ids=["small CNN", "dense", "ResNet", "own head", "timm", "convolution"],
)
def test_a_temperature_in_the_last_layer_divides_the_logits(build, tmp_path):
    model = build(tmp_path / "checkpoint").eval()
    pixels = torch.randn(3, 3, SIDE, SIDE)
    before = model(pixel_values=pixels).logits
    assert fold_temperature(model, 2.5, SIDE)
    torch.testing.assert_close(model(pixel_values=pixels).logits, before / 2.5, rtol=1e-4, atol=1e-5)


def test_a_network_that_does_more_behind_its_last_layer_is_left_as_it_was():
    model = small_cnn()
    model.classifier = nn.Sequential(nn.Linear(16, 3), nn.Tanh())
    pixels = torch.randn(3, 3, SIDE, SIDE)
    before = model.eval()(pixel_values=pixels).logits
    assert not fold_temperature(model, 2.5, SIDE)
    assert torch.equal(model(pixel_values=pixels).logits, before)


def test_what_is_stored_can_grow():
    assert Trust.model_validate_json(json.dumps({**TRUST.model_dump(), "of_a_later_version": 1})) == TRUST


@pytest.mark.parametrize(
    ("shares", "decision", "words"),
    [
        ([0.96, 0.0, 0.04], Unsure("pug"), "unsure: perhaps pug"),
        ([0.93, 0.06, 0.01], Unsure("pug", "poodle"), "unsure: pug or poodle"),
    ],
)
def test_a_second_class_below_five_in_a_hundred_is_never_named(shares, decision, words):
    never = TRUST.model_copy(update={"confidence_threshold": None})
    assert decide(np.array([shares]), ("pug", "poodle", "corgi"), never, np.array([0.9])) == [decision]
    assert describe(decision) == words
