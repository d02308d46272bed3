"""Puts a former revision of a model in use."""

from pathlib import Path

from vitrine.errors import UserError
from vitrine.records.revisions import ModelLine, hold_line
from vitrine.workflows.parameters import Place


def roll_back(folder: Place, to: int | None = None) -> ModelLine:
    """Puts a former revision of a model in use, bit for bit.

    Args:
        folder: of the model, `models/dogs`.
        to: number of the revision; None: the one before the one in use.

    Raises:
        UserError: there is none, or it is damaged.
    """
    place = Path(folder).expanduser()
    ModelLine.open(place)  # before a lock is written into a folder that is something else
    with hold_line(place):
        line = ModelLine.open(place)
        before = [revision.number for revision in line.log.revisions if revision.number < line.log.in_use]
        if to is None and not before:
            raise UserError(f"{place}: revision {line.log.in_use} is in use, and there is none before it")
        return line.use(before[-1] if to is None else to)
