"""The answers to many pictures on disk, so that memory does not grow with them: written once, read page by page."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vitrine.predict.answers.rows import KINDS, Kind

Order = Literal["doubtful", "given"]
_SCHEMA = """
CREATE TABLE answers (
    place INTEGER PRIMARY KEY, file TEXT NOT NULL, path TEXT NOT NULL, kind INTEGER NOT NULL, confidence REAL,
    cells TEXT NOT NULL, thumbnail BLOB
);
CREATE INDEX by_doubt ON answers (kind, confidence, place);
"""
_COLUMNS = "file, path, kind, confidence, cells"
_ORDERS = {"doubtful": "kind, confidence, place", "given": "place"}


@dataclass(frozen=True)
class AnswerRow:
    """A file of a batch.

    Attributes:
        file: its name, as people know it.
        path: where it lies.
        kind: of its answer.
        confidence: probability of the likeliest class; None where it could not be read.
        cells: as `answer_cells` gives them.
        thumbnail: a small JPEG; None where it could not be read, and where rows are gone through.
    """

    file: str
    path: Path
    kind: Kind
    confidence: float | None
    cells: Mapping[str, str]
    thumbnail: bytes | None = None


class AnswerTable:
    """Rows in the order of their pictures; each call opens the file, so that any thread may make it.

    Args:
        path: a new file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._open() as database:
            # It lives no longer than the session: a cut in the power need not be survived.
            database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;" + _SCHEMA)

    def add(self, rows: Iterable[AnswerRow]) -> None:
        """Appends rows, all or none."""
        kept = [
            (
                row.file,
                str(row.path),
                KINDS.index(row.kind),
                row.confidence,
                json.dumps(dict(row.cells)),
                row.thumbnail,
            )
            for row in rows
        ]
        with self._open() as database:
            database.executemany(
                f"INSERT INTO answers ({_COLUMNS}, thumbnail) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608 (our words)
                kept,
            )

    def count(self) -> dict[Kind, int]:
        """How many rows there are of each kind."""
        with self._open() as database:
            found = dict(database.execute("SELECT kind, COUNT(*) FROM answers GROUP BY kind").fetchall())
        return {kind: found.get(number, 0) for number, kind in enumerate(KINDS)}

    def page(self, order: Order, kind: Kind | None, number: int, size: int) -> list[AnswerRow]:
        """A page of rows.

        Args:
            order: "doubtful": unsure ones first, each kind from its least sure answer on; "given": as they came.
            kind: of the rows; None: all.
            number: of the page, from 0.
            size: rows of a page.
        """
        where, values = ("WHERE kind = ?", [KINDS.index(kind)]) if kind else ("", [])
        query = f"SELECT {_COLUMNS}, thumbnail FROM answers {where} ORDER BY {_ORDERS[order]} LIMIT ? OFFSET ?"  # noqa: S608 (our words)
        with self._open() as database:
            return [_read(row) for row in database.execute(query, (*values, size, number * size))]

    def __iter__(self) -> Iterator[AnswerRow]:
        """All rows as they came, a few in memory at once."""
        with self._open() as database:
            query = f"SELECT {_COLUMNS}, NULL FROM answers ORDER BY place"  # noqa: S608 (our words)
            yield from map(_read, database.execute(query))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path)) as database, database:
            yield database


def _read(row: tuple[str, str, int, float | None, str, bytes | None]) -> AnswerRow:
    file, path, kind, confidence, cells, thumbnail = row
    return AnswerRow(file, Path(path), KINDS[kind], confidence, json.loads(cells), thumbnail)
