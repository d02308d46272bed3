"""Whether a map depends on what the network has learnt."""

import torch

from tests.explain.networks import RedFinder
from tests.predict.models import write_small_cnn
from vitrine.config.data import PreparationSection
from vitrine.explain.randomization import with_random_weights
from vitrine.predict.predictor import Predictor


def test_a_copy_has_other_weights_and_the_model_keeps_its_own_and_so_do_random_numbers(tmp_path):
    model = Predictor.load(str(write_small_cnn(tmp_path / "model", PreparationSection()))).network.model
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    state = torch.get_rng_state()
    first, second = with_random_weights(model), with_random_weights(model)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    weights = [name for name, tensor in before.items() if tensor.ndim > 1]
    assert not any(torch.equal(first.state_dict()[name], before[name]) for name in weights)
    assert all(torch.equal(first.state_dict()[name], second.state_dict()[name]) for name in weights)


def test_hooks_of_threads_that_ask_the_model_meanwhile_are_not_copied():
    model = RedFinder()
    model.head.register_forward_pre_hook(lambda *_: None)
    model.first.register_forward_hook(lambda *_: None)
    forgetful = with_random_weights(model)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in forgetful.modules())
    assert len(model.head._forward_pre_hooks) == len(model.first._forward_hooks) == 1
    forgetful.head.register_forward_pre_hook(lambda *_: None)
    assert not forgetful.first._forward_pre_hooks
