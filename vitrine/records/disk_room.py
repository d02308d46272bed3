"""Whether a disk has room for what is known to come, before anything is written."""

import shutil
from pathlib import Path

from vitrine.errors import UserError


def check_room(what: str, folder: Path, needed: int, advice: str, spare: int = 0) -> None:
    """Makes sure that a disk has room.

    Args:
        what: takes it, for the message.
        folder: on the disk; need not be there yet.
        needed: bytes; where there are none, nothing is asked.
        advice: what to do where there is too little.
        spare: bytes that must stay free besides, where `needed` is not exact.

    Raises:
        UserError: there is too little.
    """
    existing = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
    free = shutil.disk_usage(existing).free
    if needed and free < needed + spare:
        raise UserError(
            f"{what} takes {needed / 1e9:,.1f} GB, and the disk of {folder} has {free / 1e9:,.1f} GB free; {advice}"
        )
