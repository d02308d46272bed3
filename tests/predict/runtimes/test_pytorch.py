"""A network of torch, as a predictor computes it."""

import numpy as np
import pytest
import torch

from vitrine.models.backbones.build import build_small_cnn
from vitrine.models.backbones.outputs import compute_outputs
from vitrine.models.calibration.ood import build_reference
from vitrine.predict.runtimes.pytorch import TorchNetwork


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return build_small_cnn(["a", "b", "c"], (8,), 1, 0.5).eval()


@pytest.fixture(scope="module")
def pixels():
    return torch.randn(5, 3, 16, 16, generator=torch.Generator().manual_seed(0))


def test_logits_are_divided_by_a_temperature_that_is_not_in_the_weights(model, pixels):
    plain, cooler = TorchNetwork(model).run(pixels), TorchNetwork(model, temperature=4.0).run(pixels)
    assert plain.logits.dtype == np.float32
    np.testing.assert_allclose(cooler.logits, plain.logits / 4, rtol=1e-5)
    assert plain.similarity is None


def test_similarity_is_that_of_the_features_to_the_nearest_reference_rows(model, pixels):
    with torch.inference_mode():
        features = compute_outputs(model, pixels)[1].numpy()
    reference = build_reference(features[:3], np.arange(3))
    found = TorchNetwork(model, reference=reference, neighbors=1).run(pixels)
    assert found.similarity[:3] == pytest.approx([1, 1, 1], abs=1e-3)
    directions = features / np.linalg.norm(features, axis=1, keepdims=True)
    assert found.similarity == pytest.approx((directions @ directions[:3].T).max(axis=1), abs=1e-3)
    np.testing.assert_allclose(found.logits, TorchNetwork(model).run(pixels).logits, atol=1e-5)


def test_a_network_beside_the_processor_is_told_from_one_on_a_gpu(model):
    assert TorchNetwork(model).on_processor


def test_on_a_gpu_it_computes_in_whole_float32(model, pixels, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    seen = []
    hook = model.register_forward_hook(lambda *_: seen.append(torch.backends.cudnn.conv.fp32_precision))
    TorchNetwork(model).run(pixels)
    hook.remove()
    assert (seen, torch.backends.cudnn.conv.fp32_precision) == (["ieee"], "tf32")
