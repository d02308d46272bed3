"""Losses for classes of unequal size; all take class numbers, or the mixed labels of mixup and CutMix.

Every loss is a mean over the pictures of the batch, and linear in the label: a picture mixed of two classes has the
mixture of the two losses. No loss divides by the batch's own sum of weights (as torch's `weight=` does): the gradient
of a batch then is the mean of its parts', however they are spread over devices or accumulated.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch.nn import functional as F  # noqa: N812 (torch's own name for it)

ImbalanceMethod = Literal["none", "class_weights", "balanced_sampler", "focal", "logit_adjustment"]
Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def build_loss(
    name: ImbalanceMethod,
    class_counts: Sequence[int],
    label_smoothing: float = 0.0,
    focal_gamma: float = 2.0,
    tau: float = 1.0,
    device: torch.device | str = "cpu",
) -> Loss:
    """The training loss; the validation loss is the plain cross-entropy of the raw logits in any case.

    Args:
        name: 'none' and 'balanced_sampler' (which changes the order, not the loss): cross-entropy; 'class_weights',
            'focal' and 'logit_adjustment': see the functions below.
        class_counts: training pictures of each class, in the order of the label ids.
        label_smoothing: share of each label that is spread over all classes.
        focal_gamma: of the focal loss.
        tau: of logit adjustment.
        device: where the logits will be.

    Returns:
        A function of logits `[batch, classes]` and targets, int64 `[batch]` or shares `[batch, classes]`; a scalar in
        nats.
    """
    match name:
        case "class_weights":
            return _build_weighted(weigh_classes(class_counts).to(device), label_smoothing)
        case "focal":
            return _build_focal(focal_gamma, label_smoothing)
        case "logit_adjustment":
            return _build_adjusted(tau * log_prior(class_counts).to(device), label_smoothing)
        case _:
            return _build_plain(label_smoothing)


@dataclass(frozen=True)
class LossPlan:
    """The training loss, by what is done about classes of unequal size; names as for `build_loss`."""

    method: ImbalanceMethod
    class_counts: tuple[int, ...]
    label_smoothing: float
    focal_gamma: float
    tau: float

    def build(self, device: torch.device) -> Loss:
        """The loss, with its weights on the device where the logits will be."""
        return build_loss(self.method, self.class_counts, self.label_smoothing, self.focal_gamma, self.tau, device)


def weigh_classes(class_counts: Sequence[int]) -> torch.Tensor:
    """Inverse frequency, with the mean 1 over the training pictures: pictures / (classes * pictures of the class).

    Each class then has the same share of the loss, which is what macro scores measure, and the loss keeps its size, so
    that the learning rate need not change. Effective numbers (arXiv:1901.05555) would need one more parameter and are
    the same for their beta near 1. A class without training pictures has the weight 1 and is not counted.
    """
    counts = torch.tensor(class_counts, dtype=torch.float64)
    present = counts > 0
    weights = counts.sum() / (present.sum() * counts.clamp(min=1))
    return torch.where(present, weights, 1.0).float()


def log_prior(class_counts: Sequence[int]) -> torch.Tensor:
    """Logarithm of each class's share of the training pictures; a class without any counts as if it had one."""
    counts = torch.tensor(class_counts, dtype=torch.float64).clamp(min=1)
    return (counts / counts.sum()).log().float()


def _build_plain(label_smoothing: float) -> Loss:
    def cross_entropy(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(logits, targets, label_smoothing=label_smoothing)

    return cross_entropy


def _build_weighted(weights: torch.Tensor, label_smoothing: float) -> Loss:
    """Each picture's smoothed cross-entropy times the weight of its class."""

    def weighted_cross_entropy(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        if not targets.is_floating_point():
            losses = F.cross_entropy(logits, targets, label_smoothing=label_smoothing, reduction="none")
            return (weights[targets] * losses).mean()
        surprise = -F.log_softmax(logits.float(), dim=1)
        spread = surprise.mean(dim=1, keepdim=True)
        of_class = (1 - label_smoothing) * surprise + label_smoothing * spread
        return (targets * weights * of_class).sum(dim=1).mean()

    return weighted_cross_entropy


def _build_focal(gamma: float, label_smoothing: float) -> Loss:
    """Easy pictures count less: each cross-entropy times (1 - probability)^gamma (arXiv:1708.02002), without alpha."""

    def focal(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        log_probabilities = F.log_softmax(logits.float(), dim=1)
        # From the logarithm, for digits near 1; never 0, where a power below 1 has no finite slope.
        doubt = (-torch.expm1(log_probabilities)).clamp(min=1e-12)
        of_class = doubt.pow(gamma) * -log_probabilities
        shares = targets if targets.is_floating_point() else F.one_hot(targets, logits.shape[1]).float()
        shares = (1 - label_smoothing) * shares + label_smoothing / logits.shape[1]
        return (shares * of_class).sum(dim=1).mean()

    return focal


def _build_adjusted(offsets: torch.Tensor, label_smoothing: float) -> Loss:
    """Cross-entropy of the logits plus tau times the log prior (arXiv:2007.07314, equation 10).

    The network learns logits without the prior. Only the training adds it: evaluation and prediction use raw logits.
    """

    def adjusted_cross_entropy(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(logits + offsets, targets, label_smoothing=label_smoothing)

    return adjusted_cross_entropy
