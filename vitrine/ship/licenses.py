"""Licences by the ids of the Hugging Face Hub: what they are, and when they forbid that a model is published.

What they allow is read from the ids alone: "nd" (no derivatives), "nc" (no commercial use), "sa" and the GPL family
(share alike). It is a help to see a conflict before a push, not advice of a lawyer.
"""

import re

from vitrine.models.backbones.licenses import NOT_COMMERCIAL, SCRATCH

UNKNOWN = "unknown"
NO_CHANGES = re.compile(r"-nd(-|$)")
OWN_TEXT = re.compile(r"(^|-)license$")  # known by a name of its own; on the Hub such a licence is "other"
SHARE_ALIKE = re.compile(r"-sa(-|$)|^(a|l)?gpl")


def choose_license(asked: str | None, backbone: str) -> str:
    """The licence of a model: the one that is asked for, else that of the weights it started from."""
    return asked or (UNKNOWN if backbone == SCRATCH else backbone)


def state_license(license_id: str) -> dict[str, str]:
    """How the head of a README.md names it to the Hub, which knows a list of ids."""
    if OWN_TEXT.search(license_id):
        return {"license": "other", "license_name": license_id}
    return {"license": license_id}


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
