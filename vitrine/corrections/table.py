"""Reads tables of corrections into judgments: those that a store wrote, exactly, and those of a spreadsheet."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args
from uuid import NAMESPACE_URL, uuid5

from vitrine.corrections.export import HISTORY, SHARED, YES
from vitrine.corrections.judgment import LABEL, NEW, NONE, WITHDRAWN, Judgment, Kind
from vitrine.corrections.kept_pictures import PLACE, SHA256
from vitrine.data.labels.corrections import read_corrections, read_rows, refuse_faults
from vitrine.data.sources.table_rows import read_cells
from vitrine.errors import UserError
from vitrine.invocation import command_line
from vitrine.records.corrections import ADD, REMOVE, STORE_MARK
from vitrine.records.spreadsheet import unguard_cell

ID = re.compile("[0-9a-f]{32}")


def read_table(path: Path, reviewer: str = "", hashes: Mapping[str, str] | None = None) -> list[Judgment]:
    """Judgments of a table.

    Args:
        path: a CSV file, of a store or as `python -m vitrine corrections RUN` writes it.
        reviewer: who marked the rows of a table that names no reviewers.
        hashes: SHA-256 of pictures by their names in a manifest, for such a table.

    Returns:
        Of a store's table every row; of another those with an action. Such a row has the same id whenever it is read,
        so that a table can be imported twice.

    Raises:
        UserError: it cannot be read, or which row is not clear, or adds a picture.
    """
    if not path.is_file():
        raise UserError(f"{path}: there is no such table")
    names, cells = read_cells(path)
    if STORE_MARK not in names:
        return list(_marked_rows(path, reviewer, hashes or {}))
    missing = [name for name in HISTORY if name not in names]
    if missing:
        raise UserError(f"{path}: the column {missing[0]} is missing, so the table cannot be imported whole")
    return [_read(path, line, names, row) for line, row in cells]


def _marked_rows(path: Path, reviewer: str, hashes: Mapping[str, str]) -> Iterator[Judgment]:
    rows = dict(read_rows(path))
    advice = f"take the row out here, and give the table itself to `{command_line('retrain')}`"
    added = [line for line, row in rows.items() if row.action == ADD]
    refuse_faults(
        path, [f"line {line}: add brings a picture, which no store takes from a table; {advice}" for line in added]
    )
    for one in read_corrections(path):
        row = rows[one.line]
        kind: Kind = NONE if row.action == REMOVE else NEW if one.adds_class else LABEL
        content = "\n".join((one.file, one.label_name, row.action, one.new_label, reviewer))
        yield Judgment(
            hashes.get(one.file, ""),
            kind,
            label=one.new_label,
            reviewer=reviewer,
            file=one.file,
            label_name=one.label_name,
            answer=row.suggested,
            split=row.split,
            suspicion=row.suspicion,
            id=uuid5(NAMESPACE_URL, content).hex,
        )


def _read(path: Path, line: int, names: Sequence[str], row: Sequence[str]) -> Judgment:
    cells = {name: unguard_cell(cell) for name, cell in zip(names, row, strict=True)}
    fault = _find_fault(cells)
    if fault:
        raise UserError(f"{path}, line {line}: {fault}; export the table again, or take the row out")
    own = {name: cells[name] for name in Judgment.__dataclass_fields__ if name in cells}
    own |= {name: cells[name] for name in SHARED}
    made = datetime.fromisoformat(cells["time"])
    if made.utcoffset():  # as a store writes it, and else exactly as it stands there
        own["time"] = made.astimezone(UTC).isoformat(timespec="milliseconds")
    return Judgment(**own | {"answer": cells["suggested"], "blind": cells["blind"] == YES})  # type: ignore[arg-type]


def _find_fault(cells: Mapping[str, str]) -> str:
    """What of a row no store writes; it may come from anybody, and the path of a picture is opened."""
    if cells["kind"] not in get_args(Kind):
        return f"kind must be one of {', '.join(get_args(Kind))} (got '{cells['kind']}')"
    if (cells["kind"] in (LABEL, NEW)) != bool(cells["label"]):
        return f"a row of kind {cells['kind']} has the label '{cells['label']}'"
    if (cells["kind"] == WITHDRAWN) != bool(cells["withdraws"]):
        return f"a row of kind {cells['kind']} withdraws '{cells['withdraws']}'"
    if not ID.fullmatch(cells["id"]):
        return f"id must be 32 hexadecimal digits (got '{cells['id']}')"
    if not (SHA256.fullmatch(cells["sha256"]) or (not cells["sha256"] and cells["file"])):
        return f"sha256 must be 64 hexadecimal digits (got '{cells['sha256']}')"
    if cells["kept"] and not PLACE.fullmatch(cells["kept"]):
        return f"kept is not where a store keeps pictures (got '{cells['kept']}')"
    return "" if _has_zone(cells["time"]) else f"time must be as in 2026-11-29T12:00:00+00:00 (got '{cells['time']}')"


def _has_zone(time: str) -> bool:
    try:
        return datetime.fromisoformat(time).tzinfo is not None
    except ValueError:
        return False
