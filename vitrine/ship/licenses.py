"""Licences by the ids of the Hugging Face Hub: what they are, and when they forbid that a model is published.

What they allow is read from the ids alone: "nd" (no derivatives), "nc" (no commercial use), "sa" and the GPL family
(share alike). It is a help to see a conflict before a push, not advice of a lawyer.
"""

import re

from vitrine.config.data import BUILTIN_DIGITS
from vitrine.config.model import SMALL_CNN
from vitrine.models.backbones.licenses import NOT_COMMERCIAL, find_license

UNKNOWN = "unknown"
SCRATCH = "none"  # of a network that starts from random weights
DIGITS = "cc-by-4.0"  # UCI Machine Learning Repository, Optical Recognition of Handwritten Digits
NO_CHANGES = re.compile(r"-nd(-|$)")
OWN_TEXT = re.compile(r"(^|-)license$")  # known by a name of its own; on the Hub such a licence is "other"
SHARE_ALIKE = re.compile(r"-sa(-|$)|^(a|l)?gpl")


def license_of_pictures(source: str) -> str | None:
    """The licence of pictures that Vitrine itself knows; None where it has to be asked for."""
    return DIGITS if source == BUILTIN_DIGITS else None


def license_of_backbone(backbone: str) -> str | None:
    """The licence of the weights that a training starts from; None where it has to be asked for.

    Args:
        backbone: as in `model.backbone`.
    """
    return SCRATCH if backbone == SMALL_CNN else find_license(backbone)


def choose_license(asked: str | None, backbone: str) -> str:
    """The licence of a model: the one that is asked for, else that of the weights it started from."""
    return asked or (UNKNOWN if backbone == SCRATCH else backbone)


def find_conflict(model: str, backbone: str, pictures: str, shows_pictures: bool) -> str:
    """Why these licences forbid that a model is published; "" where nothing does.

    Args:
        model: licence that it is published under.
        backbone: of the weights that it started from.
        pictures: of its training and test pictures.
        shows_pictures: whether some of them go along.
    """
    if NO_CHANGES.search(backbone):
        return f"the weights that it started from ({backbone}) may not be passed on changed"
    if NOT_COMMERCIAL.search(backbone) and not NOT_COMMERCIAL.search(model):
        return (
            f"the weights that it started from ({backbone}) exclude commercial use, which {model} would allow; choose "
            "another with --license"
        )
    if SHARE_ALIKE.search(backbone) and model != backbone:
        return f"the weights that it started from ({backbone}) ask for the same licence, not {model}; change --license"
    if shows_pictures and NO_CHANGES.search(pictures):
        return f"its pictures ({pictures}) may not be passed on changed, and the examples are; add --no-examples"
    return ""
