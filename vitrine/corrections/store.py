"""Where judgments are kept: a SQLite file that nothing but adds to, and pictures beside it.

Each call opens the file anew. A judgment costs a few milliseconds more so, but nothing is left open when the process
is killed, the folder is renamed or its disk was full for a while, and several servers may share a folder.
"""

import errno
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import Literal

from vitrine.corrections.judgment import WITHDRAWN, Judgment
from vitrine.errors import UserError

DATABASE = "corrections.sqlite"
FORMAT = 1  # PRAGMA user_version
PATIENCE_SECONDS = 10.0  # that a call waits for another server that writes
RETRY_SECONDS = 0.005
COLUMNS = tuple(field.name for field in fields(Judgment))
TEXT_COLUMNS = ",\n  ".join(f"{name} TEXT NOT NULL" for name in COLUMNS if name not in ("blind", "id"))
SCHEMA = f"""
CREATE TABLE judgments (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  blind INTEGER NOT NULL CHECK (blind IN (0, 1)),
  {TEXT_COLUMNS},
  CHECK (kind IN ('label', 'new', 'none', 'withdrawn'))
);
CREATE INDEX judgments_by_picture ON judgments (sha256);
CREATE INDEX judgments_by_reviewer ON judgments (reviewer);
CREATE TRIGGER nothing_is_changed BEFORE UPDATE ON judgments BEGIN SELECT RAISE(ABORT, 'judgments are kept'); END;
CREATE TRIGGER nothing_is_deleted BEFORE DELETE ON judgments BEGIN SELECT RAISE(ABORT, 'judgments are kept'); END;
"""
INSERT = f"INSERT INTO judgments ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
SELECT = f"SELECT {', '.join(COLUMNS)} FROM judgments"  # noqa: S608 (the names are ours)
# A picture may be named by its hash, by its name, or by both: who names it otherwise must not be missing.
OF_SEVERAL = """
WHERE sha256 IN (SELECT sha256 FROM shared) AND sha256 <> '' OR file IN (SELECT file FROM shared) AND file <> ''"""
SHARED = """
WITH hashes AS (SELECT sha256 FROM judgments WHERE sha256 <> '' GROUP BY sha256 HAVING count(DISTINCT reviewer) > 1),
  names AS (SELECT file FROM judgments WHERE file <> '' GROUP BY file HAVING count(DISTINCT reviewer) > 1),
  shared AS (SELECT sha256, file FROM judgments WHERE sha256 IN hashes OR file IN names)
"""

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

Reason = Literal["full", "unwritable", "busy", "damaged"]
REASONS: dict[str, Reason] = {
    "SQLITE_FULL": "full",
    "SQLITE_BUSY": "busy",
    "SQLITE_LOCKED": "busy",
    "SQLITE_NOTADB": "damaged",
    "SQLITE_CORRUPT": "damaged",
}
ADVICE: dict[Reason, str] = {
    "full": "the disk is full; make room",
    "unwritable": "it cannot be written; give another folder with --corrections, or the right to write there",
    "busy": "another program holds it; try again",
    "damaged": "it is not a store of corrections, or is damaged; restore it from a copy, or give another folder",
}


def is_store(folder: Path) -> bool:
    """Whether a folder keeps corrections."""
    return (folder / DATABASE).is_file()


class StoreError(UserError):
    """Nothing was stored.

    Args:
        path: of what could not be read or written.
        reason: of it.
        detail: what the system says.
    """

    def __init__(self, path: Path, reason: Reason, detail: object) -> None:
        super().__init__(f"{path}: {ADVICE[reason]} ({detail}). Nothing was lost of what had been stored")
        self.reason = reason


@dataclass(frozen=True)
class CorrectionStore:
    """Judgments in a folder, which is made with the first of them.

    Attributes:
        folder: that holds the database, and `pictures/` where somebody consented.
    """

    folder: Path

    def add(self, judgment: Judgment, picture: bytes | None = None) -> Judgment:
        """Keeps a judgment; when this returns, it is on the disk.

        Args:
            judgment: to add.
            picture: content of the picture's file, where the one who brought it consents to its being kept.

        Returns:
            The judgment as it was kept.

        Raises:
            StoreError: it could not be kept, and nothing of it is.
        """
        with self._writing() as connection:
            if picture is not None:
                from vitrine.corrections.kept_pictures import keep_picture  # needs Pillow, which --help can do without

                # Before the judgment: one that says that its picture is here tells the truth.
                judgment = replace(judgment, kept=keep_picture(self.folder, judgment.sha256, picture))
            connection.execute(INSERT, astuple(judgment))
        return judgment

    def withdraw(self, judgment_id: str) -> Judgment:
        """Takes a judgment back: what its reviewer had said before holds again. The history keeps both.

        Args:
            judgment_id: of it; whoever asks makes sure that it is the reviewer who takes it back.

        Returns:
            The judgment that was taken back.

        Raises:
            UserError: there is none, or it was taken back already.
            StoreError: it could not be kept.
        """
        found = self._select(" WHERE id = ? OR withdraws = ?", (judgment_id, judgment_id))
        if len(found) != 1 or found[0].kind == WITHDRAWN:
            raise UserError(f"there is no correction {judgment_id} that could be taken back")
        one = found[0]
        self.add(Judgment(one.sha256, WITHDRAWN, reviewer=one.reviewer, file=one.file, withdraws=one.id))
        return one

    def all(self) -> list[Judgment]:
        """Every judgment, in the order in which they were kept.

        Raises:
            StoreError: the file cannot be read.
        """
        return self._select("", ())

    def of_picture(self, sha256: str, file: str = "") -> list[Judgment]:
        """Those about one picture; otherwise as `all`.

        Args:
            sha256: of its file, in hexadecimal.
            file: its name in a data set, which leaves out what was said of its copies; "": all of its content.
        """
        is_it = "sha256 = :sha256 AND (file IN (:file, '') OR :file = '') OR sha256 = '' AND file = :file"
        return self._select(f" WHERE {is_it}", {"sha256": sha256, "file": file})

    def of_reviewer(self, reviewer: str) -> list[Judgment]:
        """Those of one reviewer, with what was taken back of them; otherwise as `all`.

        Args:
            reviewer: the name, as it was kept.
        """
        return self._select(" WHERE reviewer = ?", (reviewer,))

    def of_several(self) -> list[Judgment]:
        """All about pictures that more than one reviewer judged, and maybe of copies of them; otherwise as `all`."""
        return self._select(OF_SEVERAL, (), SHARED)

    def merge(self, judgments: Iterable[Judgment]) -> int:
        """Adds those that are not here yet, all or none.

        Args:
            judgments: of another store, in their order.

        Returns:
            How many were added.

        Raises:
            StoreError: they could not be kept.
        """
        with self._writing() as connection:
            known = {one for (one,) in connection.execute("SELECT id FROM judgments")}
            fresh = [one for one in judgments if one.id not in known]
            connection.executemany(INSERT, [astuple(one) for one in fresh])
        return len(fresh)

    def picture(self, judgment: Judgment) -> Path | None:
        """The picture that was kept with a judgment; None where there was no consent, or it was deleted since."""
        path = self.folder / judgment.kept
        return path if judgment.kept and path.is_file() else None

    def check(self) -> None:
        """Makes sure that judgments can be kept here; makes folder and file.

        Raises:
            StoreError: they cannot.
        """
        with self._writing():
            pass

    def _select(self, where: str, values: Sequence[str] | Mapping[str, str], tables: str = "") -> list[Judgment]:
        if not is_store(self.folder):
            return []
        with self._opened() as connection:
            rows = connection.execute(f"{tables}{SELECT}{where} ORDER BY number", values).fetchall()
        return [_judgment(row) for row in rows]

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """All that is done within is kept when it ends, or nothing of it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(self.folder, _reason_of(error), error) from error
        with self._opened() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        path = self.folder / DATABASE
        try:
            connection = sqlite3.connect(path, timeout=PATIENCE_SECONDS, isolation_level=None)
            try:
                _write_ahead(connection)
                connection.execute("PRAGMA synchronous = FULL")  # a judgment that was confirmed outlives a power cut
                _prepare(connection, path)
                yield connection
            finally:
                connection.close()
        except (sqlite3.Error, OSError) as error:
            raise StoreError(path, _reason_of(error), error) from error


def _write_ahead(connection: sqlite3.Connection) -> None:
    """So that readers and writers do not wait for each other; SQLite itself waits for nobody while it changes to it."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(RETRY_SECONDS)
        else:
            return


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Makes the tables of a new file; refuses one of a later version."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > FORMAT:
        raise UserError(f"{path}: a later version of Vitrine wrote it; update Vitrine to read it")
    if version == FORMAT:
        return
    # Two servers may open a new file at once: whoever comes second finds the tables there.
    connection.execute("BEGIN IMMEDIATE")
    try:
        if connection.execute("PRAGMA user_version").fetchone() == (0,):
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() != (0,):
                raise StoreError(path, "damaged", "it holds other tables")
            for statement in SCHEMA.split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _judgment(row: Sequence[object]) -> Judgment:
    values = dict(zip(COLUMNS, row, strict=True))
    return Judgment(**values | {"blind": bool(values["blind"])})  # type: ignore[arg-type]  # as they were inserted


def _reason_of(error: sqlite3.Error | OSError) -> Reason:
    if isinstance(error, OSError):
        return "full" if error.errno in FULL else "unwritable"
    name = str(getattr(error, "sqlite_errorname", ""))
    return next((reason for start, reason in REASONS.items() if name.startswith(start)), "unwritable")
