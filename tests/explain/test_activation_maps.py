"""Maps by activations and gradients, on networks whose answers are known to rest on one part."""

from threading import Thread, current_thread
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from tests.explain.networks import SIDE, SPOT, RedFinder, red_spot
from vitrine.explain.activation_maps import METHODS, _run_with_activations, activation_maps


@pytest.mark.parametrize("method", METHODS)
def test_the_part_that_decides_has_the_largest_values(method):
    (found,) = activation_maps(RedFinder().eval(), torch.as_tensor(red_spot())[None], [1], method)
    assert (found.shape, found.dtype, found.max()) == ((SIDE, SIDE), np.float32, 1)
    outside = found.copy()
    outside[SPOT] = 0
    assert found[SPOT].mean() > 0.6
    assert outside.mean() < 0.1


def test_each_picture_has_the_map_of_its_own_class():
    pictures = torch.stack([torch.as_tensor(red_spot()), torch.as_tensor(red_spot((slice(18, 26), slice(0, 8))))])
    red, also_red = activation_maps(RedFinder().eval(), pictures, [1, 1])
    assert np.unravel_index(red.argmax(), red.shape)[0] < SIDE / 2 < np.unravel_index(also_red.argmax(), red.shape)[0]
    (green,) = activation_maps(RedFinder().eval(), pictures[:1], [0])
    assert green[SPOT].mean() < green.mean()


def test_behind_an_average_it_is_the_class_activation_map():
    model, picture = RedFinder().eval(), torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    _, activations = _run_with_activations(model, picture.requires_grad_(True))
    weighted = torch.einsum("c,bchw->bhw", model.head.weight[1], activations[-1]).relu().detach()
    (found,) = activation_maps(model, picture, [1])
    expected = nn.functional.interpolate((weighted / weighted.max())[None], (SIDE, SIDE), mode="bilinear")[0, 0]
    np.testing.assert_allclose(found, expected / expected.max(), atol=1e-5)


def test_behind_a_flattened_map_its_parts_sum_up_to_the_score():
    torch.manual_seed(0)
    model, picture = RedFinder(flatten=True).eval(), torch.rand(1, 3, SIDE, SIDE)
    logits, activations = _run_with_activations(model, picture.requires_grad_(True))
    (gradient,) = torch.autograd.grad(logits[0, 1], activations[-1:])
    parts = (activations[-1] * gradient).sum()
    assert parts.item() == pytest.approx((logits[0, 1] - model.head.bias[1]).item(), abs=1e-4)


def test_where_nothing_speaks_for_the_class_the_map_is_empty():
    black = torch.zeros(1, 3, SIDE, SIDE)
    assert activation_maps(RedFinder().eval(), black, [1]).max() == 0


class WithAttention(RedFinder):
    """Holds channels last on its way, as ConvNeXt does, and weights of attention that change no answer."""

    def __init__(self):
        super().__init__()
        self.inside, self.attention = nn.Identity(), nn.Softmax(dim=-1)

    def forward(self, pixel_values):
        inside = self.inside(self.first(pixel_values).relu().movedim(1, -1))
        features = self.second(inside.movedim(-1, 1))
        weights = self.attention(nn.functional.avg_pool2d(features, 2))
        return SimpleNamespace(logits=self.head(features.mean(dim=(2, 3))) + 0 * weights.mean())


class ChannelsLast(RedFinder):
    """A network of timm whose maps hold channels last, as Swin's do."""

    def __init__(self):
        super().__init__()
        wrapper = nn.Module()  # below a head of ours
        wrapper.timm_model = nn.Identity()
        wrapper.timm_model.output_fmt = "NHWC"
        self.backbone = wrapper

    def forward(self, pixel_values):
        features = self.backbone.timm_model(self.second(self.first(pixel_values).relu()).movedim(1, -1))
        return SimpleNamespace(logits=self.head(features.mean(dim=(1, 2))))


@pytest.mark.parametrize("network", [WithAttention, ChannelsLast])
@pytest.mark.parametrize("method", METHODS)
def test_channels_and_tokens_are_not_taken_for_places_of_the_picture(network, method):
    picture = torch.as_tensor(red_spot())[None]
    found = activation_maps(network().eval(), picture, [1], method)
    np.testing.assert_allclose(found, activation_maps(RedFinder().eval(), picture, [1], method), atol=1e-6)


def test_the_last_map_is_looked_at_though_its_channels_are_last():
    _, activations = _run_with_activations(ChannelsLast().eval(), torch.rand(1, 3, SIDE, SIDE, requires_grad=True))
    assert activations[-1].shape == (1, SIDE // 2, SIDE // 2, 2)


@pytest.mark.parametrize(("height", "width"), [(28, 28), (30, 20), (29, 20)])
def test_maps_of_pictures_of_any_proportions_are_found(height, width):
    (found,) = activation_maps(RedFinder().eval(), torch.rand(1, 3, height, width), [1], "layercam")
    assert (found.shape, found.max()) == ((height, width), 1)


def test_the_network_is_left_as_it_was():
    model = RedFinder().eval()
    with torch.inference_mode():
        activation_maps(model, torch.as_tensor(red_spot())[None].clone(), [1])
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(module._forward_hooks for module in model.modules())


@pytest.mark.parametrize("method", METHODS)
def test_what_other_threads_ask_meanwhile_is_not_in_the_map(method):
    class AskedByAnother(RedFinder):
        def forward(self, pixel_values):
            answer = super().forward(pixel_values)
            if current_thread() is own_thread:
                other = Thread(target=torch.inference_mode()(self.forward), args=(torch.rand(2, 3, SIDE, SIDE),))
                other.start()
                other.join()
            return answer

    own_thread, picture = current_thread(), torch.as_tensor(red_spot())[None]
    found = activation_maps(AskedByAnother().eval(), picture, [1], method)
    assert np.array_equal(found, activation_maps(RedFinder().eval(), picture, [1], method))


def test_a_network_without_maps_is_refused():
    class Flat(RedFinder):
        def forward(self, pixel_values):
            features = pixel_values.flatten(1)[:, :2]
            return super().forward(torch.zeros_like(pixel_values)).__class__(logits=self.head(features))

    with pytest.raises(ValueError, match="no feature map"):
        activation_maps(Flat().eval(), torch.rand(1, 3, 1, 1), [0])
