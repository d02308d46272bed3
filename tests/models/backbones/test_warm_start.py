"""A training starts from a model's weights, class by class."""

import pytest
import torch

from tests.factories import fault_of
from vitrine.models.backbones.build import build_small_cnn, last_layer
from vitrine.models.backbones.normalization import CENTERED
from vitrine.models.backbones.warm_start import match_classes, start_from
from vitrine.models.folder import build_processor, save_model


def build(names, seed, filters=(4, 8)):
    torch.manual_seed(seed)
    return build_small_cnn(names, filters=filters, blocks_per_stage=1, dropout=0.0)


@pytest.fixture
def trained(tmp_path):
    model = build(["cat", "dog", "emu"], 0)
    save_model(tmp_path / "model", model, build_processor(16, CENTERED))
    return model, str(tmp_path / "model")


def test_the_same_classes_in_another_order_answer_alike(trained):
    model, folder = trained
    other = build(["emu", "cat", "dog"], 1)
    start_from(other, folder, {})
    pixels = torch.rand(2, 3, 16, 16)
    with torch.no_grad():
        before, now = model.eval()(pixels).logits, other.eval()(pixels).logits
    assert torch.allclose(before[:, [2, 0, 1]], now, atol=1e-6)


def test_renamed_classes_keep_their_weights_merged_ones_start_from_the_mean_and_new_ones_afresh(trained):
    model, folder = trained
    other = build(["bird", "hound", "wolf"], 1)
    fresh = last_layer(other).weight.detach().clone()
    start_from(other, folder, {"emu": "bird", "cat": "hound", "dog": "hound"})
    old, new = last_layer(model).weight, last_layer(other).weight
    assert torch.equal(new[0], old[2])
    assert torch.allclose(new[1], (old[0] + old[1]) / 2)
    assert torch.equal(new[2], fresh[2])


def test_another_network_is_refused(trained):
    _, folder = trained
    assert "is not the network that this recipe builds" in fault_of(
        start_from, build(["cat", "dog"], 0, (4, 16)), folder, {}
    )


def test_classes_are_matched_by_what_they_are_called_now():
    assert match_classes(["a", "b", "c"], ["x", "b", "d"], {"a": "x", "c": "x"}) == [[0, 2], [1], []]
