"""Checks before training: a network and its data have to suit each other."""

import torch
from transformers import PreTrainedModel

from vitrine.errors import UserError

# Tried in turn to name a side that a network can take.
SIDES = (16, 24, 32, 40, 48, 56, 64, 72, 75, 80, 96, 112, 128, 160, 192, 224, 256, 299, 384, 512)


def check_image_size(model: PreTrainedModel, name: str, image_size: int, field: str = "data.image_size") -> None:
    """Passes one empty picture through a network.

    Args:
        model: on any device.
        name: what to call it in the message.
        image_size: side of the square pictures in pixels.
        field: of the recipe, where that comes from.

    Raises:
        UserError: they are too small for it; the message names a side that is not.
    """
    if _takes(model, image_size):
        return
    larger = next((side for side in SIDES if side > image_size and _takes(model, side)), None)
    advice = f"it takes {larger} and more" if larger else "take another backbone"
    raise UserError(f"{field}: {image_size} is not a size that {name} can take; {advice}")


def check_enough_images(classes: int, pictures: int) -> None:
    """Refuses to train more classes than there are pictures to learn them from.

    Raises:
        UserError: with both numbers.
    """
    if classes > pictures:
        raise UserError(
            f"data: {classes} classes but only {pictures} training pictures; every class needs at least one. Add "
            "pictures, or join classes (labels) and prepare the data again"
        )


@torch.inference_mode()
def _takes(model: PreTrainedModel, side: int) -> bool:
    was_training = model.training
    try:
        logits = model.eval()(pixel_values=torch.zeros(1, 3, side, side, device=model.device)).logits
    except (RuntimeError, ValueError, ZeroDivisionError, AssertionError):  # a feature map of no size
        return False
    finally:
        model.train(was_training)
    return bool(logits.ndim == 2)
