"""Whether a map depends on what the network has learnt: it is compared with that of a network with random weights.

Some maps are the same for both, as they show edges and bright things of the picture whatever the network knows (Adebayo
et al., arXiv:1810.03292); see `compare_maps`.
"""

import copy
from collections import OrderedDict

import torch
from torch import nn
from transformers import PreTrainedModel


def with_random_weights(model: PreTrainedModel, seed: int = 0) -> PreTrainedModel:
    """A copy of a network that has learnt nothing.

    Args:
        model: as it was trained.
        seed: of the weights.
    """
    # Hooks stay behind: threads that ask the model meanwhile add and remove them, and would see what the copy computes.
    hooks = (each for module in model.modules() for each in (module._forward_hooks, module._forward_pre_hooks))
    forgetful: PreTrainedModel = copy.deepcopy(model, {id(each): OrderedDict() for each in hooks})
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for module in forgetful.modules():
            reset = getattr(module, "reset_parameters", None)
            if callable(reset) and not isinstance(module, nn.modules.batchnorm._BatchNorm):  # keeps activations alive
                reset()
    return forgetful
