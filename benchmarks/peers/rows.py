"""From what a side printed to its row, and from rows to the table."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.peers.environments import last_words
from benchmarks.peers.measuring import Measured
from vitrine.wilson import wilson

RESULT = "result:"  # as in sides/telling.py, which must not need this file


@dataclass(frozen=True)
class Row:
    """Training with one library; figures are None where it failed.

    Attributes:
        name: of the side.
        failure: why there are no figures.
        versions: of its packages.
        images_per_second: in training alone.
        seconds_to_accuracy: from the start of the program to the end of the first epoch with the stated validation
            accuracy; None where none had it.
        seconds: of the program, from start to end.
        peak_megabytes: of the process tree.
        accuracy: on the test pictures, with the interval that holds the true one with 95 % confidence.
        note: what must be known beside it.
    """

    name: str
    failure: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    images_per_second: float | None = None
    seconds_to_accuracy: float | None = None
    seconds: float | None = None
    peak_megabytes: float | None = None
    accuracy: tuple[float, float, float] | None = None
    note: str = ""


def read_line(measured: Measured) -> dict[str, Any] | None:
    """What a side said of itself; None where it said nothing."""
    lines = [line for line in measured.output.splitlines() if line.startswith(RESULT)]
    return json.loads(lines[-1].removeprefix(RESULT)) if lines else None


def make_row(name: str, measured: Measured, line: dict[str, Any] | None, stated: float) -> Row:
    """The row of a side that ran.

    Args:
        name: of the side.
        measured: from outside.
        line: what it said of itself, see `Record.say` of sides/telling.py.
        stated: validation accuracy that the seconds are counted to.
    """
    if measured.exit_code is None:
        return Row(name, f"stopped after {measured.seconds / 60:.0f} minutes")
    if measured.exit_code or line is None:
        return Row(name, f"ended with code {measured.exit_code}: {last_words(measured.errors)}")
    reached = [moment for moment, accuracy in line["epochs"] if accuracy >= stated]
    share = line["right"] / line["total"]
    return Row(
        name,
        versions=line["versions"],
        images_per_second=line["images_per_second"],
        seconds_to_accuracy=reached[0] - measured.begun if reached else None,
        seconds=measured.seconds,
        peak_megabytes=measured.peak_megabytes,
        accuracy=(share, *wilson(share, line["total"])),
        note=line["note"],
    )


def write_table(rows: Sequence[Row], stated: float) -> str:
    """The rows as a table of Markdown; those that failed say why."""
    head = ("side", "images/s", f"seconds to {stated:g}", "seconds in all", "peak MB", "test accuracy (95 %)", "with")
    return join([head, ["---"] * len(head), *(write_cells(row) for row in rows)])


def write_cells(row: Row) -> list[str]:
    if row.failure or row.accuracy is None:
        return [row.name, *["-"] * 5, escape(row.failure)]
    share, low, high = row.accuracy
    reached = "not reached" if row.seconds_to_accuracy is None else f"{row.seconds_to_accuracy:.0f}"
    made_with = ", ".join(f"{name} {version}" for name, version in row.versions.items())
    figures = [f"{row.images_per_second:.1f}", reached, f"{row.seconds:.0f}", f"{row.peak_megabytes:.0f}"]
    notes = "; ".join(filter(None, (made_with, row.note)))
    return [row.name, *figures, f"{share:.3f} [{low:.3f}, {high:.3f}]", escape(notes)]


def join(lines: Sequence[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def escape(text: str) -> str:
    return text.replace("|", "\\|")


def to_json(rows: Sequence[Any]) -> list[dict[str, Any]]:
    return [asdict(row) for row in rows]
