"""Licences by the ids of the Hugging Face Hub: what they are, and when they forbid that a model is published.

What they allow is read from the ids alone: "nd" (no derivatives), "nc" (no commercial use), "sa" and the GPL family
(share alike). It is a help to see a conflict before a push, not advice of a lawyer.
"""

import re

from vitrine.config.data import BUILTIN_DIGITS
from vitrine.config.model import SMALL_CNN
from vitrine.models.backbones.table import BACKBONES

UNKNOWN = "unknown"
SCRATCH = "none"  # of a network that starts from random weights
DIGITS = "cc-by-4.0"  # UCI Machine Learning Repository, Optical Recognition of Handwritten Digits
NO_CHANGES = re.compile(r"-nd(-|$)")
NOT_COMMERCIAL = re.compile(r"-nc(-|$)")
SHARE_ALIKE = re.compile(r"-sa(-|$)|^(a|l)?gpl")


def known_license(source: str) -> str | None:
    """The licence of pictures or weights that Vitrine itself knows; None where it has to be asked for.

    Args:
        source: of pictures, or a backbone by its short name or its id on the Hub.
    """
    if source == BUILTIN_DIGITS:
        return DIGITS
    if source == SMALL_CNN:
        return SCRATCH
    rows = [row for row in BACKBONES.values() if source in (row.name, row.weights)]
    return rows[0].license.lower() if rows else None


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
