"""What is computed after the network: temperature and the similarity to training pictures, without sorting."""

import numpy as np
import pytest
import torch

from tests.ship.test_export import LABELS
from vitrine.models.backbones.build import build_small_cnn
from vitrine.models.calibration.ood import ReferenceFeatures
from vitrine.predict.runtimes.pytorch import TorchNetwork
from vitrine.ship.exported_network import ExportedNetwork

SIDE = 32


def build(rows=None, neighbors=3, temperature=2.0):
    torch.manual_seed(0)
    model = build_small_cnn(LABELS, (8,), 1, 0.1).eval()
    reference = None if rows is None else ReferenceFeatures(rows, np.zeros(len(rows), np.int64))
    return TorchNetwork(model, temperature, reference, neighbors)


@pytest.mark.parametrize("rows", [1, 2, 40])
def test_outputs_are_those_of_the_network_with_few_and_with_many_training_pictures(rows):
    drawn = np.random.default_rng(0).standard_normal((rows, 8)).astype(np.float32)
    network = build(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))
    pixels = torch.randn(5, 3, SIDE, SIDE)
    exported = ExportedNetwork(network, SIDE)
    assert exported.output_names == ("logits", "features", "familiarity")
    with torch.inference_mode():
        logits, features, similarity = exported(pixels)
    expected = network.run(pixels)
    assert features.shape == (5, 8)
    np.testing.assert_allclose(logits.numpy(), expected.logits, atol=1e-6)
    np.testing.assert_allclose(similarity.numpy(), expected.similarity, atol=1e-6)


def test_of_equal_training_pictures_each_counts_once():
    row = np.zeros((1, 8), np.float32)
    row[0, 0] = 1
    other = np.roll(row, 1, axis=1)
    exported = ExportedNetwork(build(np.concatenate([row, row, other])), SIDE)
    assert exported._measure_similarity(torch.from_numpy(row)).tolist() == pytest.approx([2 / 3])


def test_the_last_feature_map_and_the_weights_behind_it_give_the_logits():
    exported = ExportedNetwork(build(temperature=1.0), SIDE, with_map=True)
    assert exported.output_names == ("logits", "features", "feature_map", "class_weights")
    with torch.inference_mode():
        logits, _, maps, weights = exported(torch.randn(2, 3, SIDE, SIDE))
    bias = exported.averaged.layer.bias
    torch.testing.assert_close(maps.mean(dim=(2, 3)) @ weights.T + bias, logits)


def test_without_training_pictures_there_are_logits_and_features():
    assert ExportedNetwork(build(), SIDE).output_names == ("logits", "features")
