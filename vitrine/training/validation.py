"""What the validation split says of a model in training: each picture counted once, however many devices there are."""

import math

import torch
from accelerate import Accelerator
from torch.nn import functional as F  # noqa: N812 (torch's own name for it)
from torch.utils.data import DataLoader
from transformers import PreTrainedModel

from vitrine.data.loaders import Batch
from vitrine.training.processes import add_up
from vitrine.training.steps import Normaliser, deliver, raise_diverged


@torch.no_grad()
def validate(
    accelerator: Accelerator, model: PreTrainedModel, loader: DataLoader[Batch], normalise: Normaliser
) -> tuple[float, float]:
    """Mean cross-entropy in nats and accuracy.

    Args:
        accelerator: of the training.
        model: as it is on this device, not wrapped for several.
        loader: of the pictures that fall to this process.
        normalise: for the model.

    Raises:
        DivergedError: the loss is not finite.
    """
    model.eval()
    sums = torch.zeros(3, dtype=torch.float64, device=accelerator.device)
    for batch in deliver(loader, accelerator.device):
        logits = model(pixel_values=normalise(batch["pixels"].float())).logits
        label_ids = batch["label_id"]
        loss_sum = F.cross_entropy(logits.float(), label_ids, reduction="none").double().sum()
        right = (logits.argmax(-1) == label_ids).sum().double()
        sums += torch.stack([loss_sum, right, torch.full_like(right, len(label_ids))])
    loss, right_answers, pictures = add_up(accelerator, sums.tolist())
    if not math.isfinite(loss):
        raise_diverged("the validation loss")
    return loss / pictures, right_answers / pictures
