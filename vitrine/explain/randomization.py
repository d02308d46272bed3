"""Whether a map depends on what the network has learnt: it is compared with that of a network with random weights.

Some maps are the same for both, as they show edges and bright things of the picture whatever the network knows (Adebayo
et al., arXiv:1810.03292). Rank correlation of the importance in cells: 1 for the same map.
"""

import copy

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import nn
from transformers import PreTrainedModel

from vitrine.explain.faithfulness import Map, sum_cells


def with_random_weights(model: PreTrainedModel, seed: int = 0) -> PreTrainedModel:
    """A copy of a network that has learnt nothing.

    Args:
        model: as it was trained.
        seed: of the weights.
    """
    forgetful: PreTrainedModel = copy.deepcopy(model)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for module in forgetful.modules():
            reset = getattr(module, "reset_parameters", None)
            if callable(reset) and not isinstance(module, nn.modules.batchnorm._BatchNorm):  # keeps activations alive
                reset()
    return forgetful


def compare_maps(first: Map, second: Map) -> float:
    """Rank correlation of two maps `[side, side]` by cells, -1 to 1; 0 where one of them is the same everywhere."""
    cells = [sum_cells(one).ravel() for one in (first, second)]
    if any(np.ptp(one) == 0 for one in cells):
        return 0.0
    return float(spearmanr(*cells).statistic)
