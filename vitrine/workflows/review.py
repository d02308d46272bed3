"""The likely wrong labels of a run as a table for a person to go through."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from vitrine.config.loading import load_stored_recipe
from vitrine.data.labels.corrections import read_rows
from vitrine.errors import UserError
from vitrine.invocation import command_line
from vitrine.records import folder as run_folder
from vitrine.records.corrections import Row
from vitrine.records.mistakes import LabelErrors, Suspect
from vitrine.records.run import Metrics

Mark = Literal["", "relabel", "remove"]


@dataclass(frozen=True)
class Review:
    """What there is to go through.

    Attributes:
        rows: the corrections that the run was trained with, then labels that look wrong, the likeliest first.
        earlier: how many of the rows are corrections of before.
        doubted: how many of those look wrong now.
    """

    rows: Sequence[Row]
    earlier: int
    doubted: int


def review_run(run: Path, mark: Mark = "") -> Review:
    """Collects what a person should look at.

    Args:
        run: folder of a finished run.
        mark: action written into every new row.

    Raises:
        UserError: it is not a finished run, an older version made it, or it is damaged.
    """
    found, earlier = read_label_errors(run), read_earlier(run)
    known = {row.file for row in earlier}
    doubted = sum(suspect.file in known for suspect in found.suspects)
    return Review(merge_rows(earlier, found, mark), len(earlier), doubted)


def read_label_errors(run: Path) -> LabelErrors:
    """The labels of a run that look wrong.

    Raises:
        UserError: it is not a finished run, an older version made it, or it is damaged.
    """
    path = run / run_folder.METRICS
    if not path.is_file():
        raise UserError(
            f"{run} is not a finished run: it has no {run_folder.METRICS}; `{command_line('runs')}` lists them"
        )
    mistakes = Metrics.read(path).mistakes
    if mistakes is None:
        raise UserError(f"{path} says nothing of wrong labels: an older version made it; train again")
    return mistakes.label_errors


def read_earlier(run: Path) -> list[Row]:
    """The rows that the run was trained with: they hold for the next one too."""
    data = load_stored_recipe(run / run_folder.RECIPE).data
    if data.corrections is None:
        return []
    return [row for _, row in read_rows(Path(data.corrections).expanduser(), data.encoding) if row.action]


def merge_rows(earlier: Sequence[Row], found: LabelErrors, mark: Mark) -> list[Row]:
    """Earlier rows as they were, then the likely wrong labels of pictures that they do not name.

    Args:
        earlier: corrections that the run was trained with.
        found: labels that look wrong.
        mark: action of every new row.
    """
    suspects = {suspect.file: suspect for suspect in found.suspects}
    kept = [_doubt(row, suspects[row.file]) if row.file in suspects else row for row in earlier]
    known = {row.file for row in earlier}
    return kept + [
        Row(
            file=suspect.file,
            label_name=suspect.label_name,
            suggested=suspect.suggested,
            action=mark,
            split=suspect.split,
            suspicion=f"{suspect.suspicion:.3f}",
        )
        for suspect in found.suspects
        if suspect.file not in known
    ]


def _doubt(row: Row, suspect: Suspect) -> Row:
    """An earlier correction whose new label looks wrong: it stays, with what is likelier beside it."""
    new_label = (row.new_label or row.suggested) if row.action == "relabel" else row.new_label
    return replace(row, new_label=new_label, suggested=suspect.suggested, suspicion=f"{suspect.suspicion:.3f}")
