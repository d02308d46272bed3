"""What the validation split says of a model in training: each picture counted once, however many devices there are."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from accelerate import Accelerator
from accelerate.utils import gather_object
from torch.utils.data import DataLoader
from transformers import PreTrainedModel

from vitrine.data.loading.loaders import Batch
from vitrine.evaluation.temperature import calibrated_loss, cross_entropy
from vitrine.training.loop.steps import Normalizer, prefetch, raise_diverged


@dataclass(frozen=True)
class Validation:
    """What an epoch has reached.

    Attributes:
        loss: mean cross-entropy in nats.
        accuracy: share of right answers.
        calibrated_loss: the loss once what the network is too sure of is taken back.
    """

    loss: float
    accuracy: float
    calibrated_loss: float

    @classmethod
    def from_logits(cls, logits: npt.NDArray[Any], label_ids: npt.NDArray[np.int64]) -> Self:
        """Measures answers to validation pictures.

        Args:
            logits: `[pictures, labels]`.
            label_ids: `[pictures]`.

        Raises:
            DivergedError: logits are not numbers.
        """
        if not np.isfinite(logits).all():
            raise_diverged("the validation loss")
        accuracy = float((logits.argmax(axis=1) == label_ids).mean())
        return cls(cross_entropy(logits, label_ids), accuracy, calibrated_loss(logits, label_ids))


@torch.no_grad()
def validate(
    accelerator: Accelerator, model: PreTrainedModel, loader: DataLoader[Batch], normalize: Normalizer
) -> Validation:
    """Measures a model on the validation split.

    Args:
        accelerator: of the training.
        model: as it is on this device, not wrapped for several.
        loader: of the pictures that fall to this process.
        normalize: for the model.

    Raises:
        DivergedError: the loss is not finite.
    """
    model.eval()
    logits, label_ids = [], []
    for batch in prefetch(loader, accelerator.device):
        logits.append(model(pixel_values=normalize(batch["pixels"].float())).logits.float())
        label_ids.append(batch["label_id"])
    together = (np.concatenate(_gather(accelerator, batches)) for batches in (logits, label_ids))
    return Validation.from_logits(*together)


def _gather(accelerator: Accelerator, batches: list[torch.Tensor]) -> list[npt.NDArray[Any]]:
    """The batches of all processes, of which some may have none; read from the device at the end, so it never waits."""
    own = [batch.cpu().numpy() for batch in batches]
    everything: list[npt.NDArray[Any]] = gather_object(own) if accelerator.num_processes > 1 else own
    return everything
