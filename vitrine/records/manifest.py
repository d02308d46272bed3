"""The manifest of a prepared data set: one row per file found, with every column that it has and what it may hold."""

import mmap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Annotated, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vitrine.errors import UserError
from vitrine.records.prepared import MANIFEST
from vitrine.records.schema import Record

Status = Literal["kept", "quarantined", "left_out"]

REMEDY = "run python data_prep.py again"
ROWS_OF_A_GROUP = 100_000  # of the Parquet file: one is held while it is written
ROWS_AT_ONCE = 10_000  # that are read of it


@dataclass(frozen=True)
class Column:
    """How a column is stored.

    Attributes:
        dtype: of pandas.
    """

    dtype: str


Text = Annotated[str, Column("string")]
Whole = Annotated[int, Column("int64")]


class ManifestRow(Record):
    """One file that was found.

    Attributes:
        file: path below the source, or name of the row.
        label_name: class that it was given in the end.
        source_label: what the source called it.
        split: train, validation or test; empty where it is in none.
        group: of pictures that stay together in the split; empty without one.
        fold: in k-fold cross-validation; -1 without.
        status: kept, quarantined (broken) or left out (sound, but of no use).
        reason: why it is not kept; empty of kept files.
        copy_of: first file of the same picture, itself included; empty where there is no other.
        compared: whether near-duplicates of it were looked for.
        sha256: of the content; empty where it could not be opened.
        perceptual_hash: of the picture; empty where it was not decoded.
        contrast: standard deviation of the grey levels, 0 to 255.
        width: of the upright picture in pixels; 0 where it was not decoded.
        height: likewise.
        mode: of the picture, as Pillow calls it.
        format: likewise.
        size_bytes: of the file.
        modified_ns: when the file was last changed, in nanoseconds since 1970.
        taken: when the photograph was taken, ISO 8601; empty where no camera noted it, or an earlier build looked.
        note: what was ignored or assumed to read it; empty of most.
        subgroup: kind of picture that has figures of its own; empty without one.
    """

    file: Text
    label_name: Text
    source_label: Text
    split: Text
    group: Text
    fold: Annotated[int, Column("int8")] = -1
    status: Annotated[Status, Column("string")] = "kept"
    reason: Text = ""
    copy_of: Text = ""
    compared: Annotated[bool, Column("bool")] = False
    sha256: Text = ""
    perceptual_hash: Text = ""
    contrast: Annotated[float, Column("float32")] = 0.0
    width: Annotated[int, Column("int32")] = 0
    height: Annotated[int, Column("int32")] = 0
    mode: Text = ""
    format: Text = ""
    size_bytes: Whole = 0
    modified_ns: Whole = 0
    taken: Text = ""
    note: Text = ""
    subgroup: Text = ""


ADDED = ("taken", "note", "subgroup")  # columns that manifests of earlier builds lack
COLUMNS = {
    name: next(part.dtype for part in field.metadata if isinstance(part, Column))
    for name, field in ManifestRow.model_fields.items()
}


def as_manifest(columns: dict[str, list[object]]) -> pd.DataFrame:
    """A manifest of its columns, each with its type.

    Args:
        columns: values by name, for every column of `COLUMNS`.
    """
    return pd.DataFrame(columns).astype(COLUMNS)[list(COLUMNS)]


class ManifestBuilder:
    """A manifest that grows part by part; its texts stay in a file, which has no name and goes with this process.

    Args:
        scratch: folder for that file; None: memory.
        schema: of another table that is to lie like this; None: that of a manifest.
    """

    def __init__(self, scratch: Path | None, schema: pa.Schema | None = None) -> None:
        self._schema = _SCHEMA if schema is None else schema
        self._file: IO[bytes] = BytesIO() if scratch is None else TemporaryFile(dir=scratch)  # noqa: SIM115 (kept open)
        self._writer = pa.ipc.new_stream(self._file, self._schema)

    def add(self, part: pd.DataFrame) -> None:
        """Takes the next rows.

        Args:
            part: columns as in `COLUMNS`, or as in the schema.

        Raises:
            OSError: the disk has no room.
        """
        self._writer.write_table(pa.Table.from_pandas(part, self._schema, preserve_index=False))

    def build(self) -> pd.DataFrame:
        """All rows, in their order; called once."""
        manifest: pd.DataFrame = self.build_table().to_pandas(types_mapper={pa.large_string(): pd.StringDtype()}.get)
        return manifest

    def build_table(self) -> pa.Table:
        """What `build` gives, as it lies in the file; one of both is called once."""
        self._writer.close()
        content: bytes | mmap.mmap
        if isinstance(self._file, BytesIO):
            content = self._file.getvalue()
        else:
            self._file.flush()
            content = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        table = pa.ipc.open_stream(pa.py_buffer(content)).read_all()
        self._file.close()
        return table


_SCHEMA = pa.schema({name: pa.large_string() if dtype == "string" else dtype for name, dtype in COLUMNS.items()})


def write_manifest(manifest: pd.DataFrame, path: Path) -> None:
    """Writes a manifest, its columns in the order of the schema."""
    manifest.astype(COLUMNS)[list(COLUMNS)].to_parquet(path, index=False, row_group_size=ROWS_OF_A_GROUP)


def read_manifest(folder: Path, columns: Sequence[str] = tuple(COLUMNS)) -> pd.DataFrame:
    """One row per file found.

    Args:
        folder: of a prepared data set.
        columns: of `ManifestRow`, in the order wanted; all of them take 280 bytes a file.

    Raises:
        UserError: there is no manifest, it cannot be read, or its columns are not those of this version.
    """
    path = folder / MANIFEST
    with _explained(path):
        there = _check_columns(path, pq.read_schema(path).names)
        manifest = pd.read_parquet(path, columns=[name for name in columns if name in there])
    return _complete(manifest, columns, path)


def map_manifest(folder: Path, scratch: Path | None) -> pa.Table:
    """What `read_manifest` gives, in a file that is mapped into memory and goes with this process.

    Args:
        folder: of a prepared data set.
        scratch: folder for that file; None: memory.

    Raises:
        UserError: as `read_manifest`.
    """
    path, builder = folder / MANIFEST, ManifestBuilder(scratch)
    for part in _read_parts(path, tuple(COLUMNS)):
        builder.add(_complete(part.to_pandas(), tuple(COLUMNS), path))
    return builder.build_table()


def read_unused(folder: Path, columns: Sequence[str]) -> pd.DataFrame:
    """The rows of the files that are not kept; the manifest is read by parts.

    Args:
        folder: of a prepared data set.
        columns: of `ManifestRow`, in the order wanted.

    Raises:
        UserError: as `read_manifest`.
    """
    path, needed = folder / MANIFEST, tuple(dict.fromkeys((*columns, "status")))
    parts = [part.filter(pc.field("status") != "kept").to_pandas() for part in _read_parts(path, needed)]
    unused = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(needed))
    return _complete(unused, columns, path)


def read_parts(folder: Path, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
    """What `read_manifest` gives, some rows at a time; the index goes on from part to part. At least one part.

    Args:
        folder: of a prepared data set.
        columns: of `ManifestRow`, in the order wanted.

    Raises:
        UserError: as `read_manifest`.
    """
    path, start = folder / MANIFEST, 0
    for part in _read_parts(path, columns):
        yield _complete(part.to_pandas(), columns, path).set_axis(range(start, start + len(part)))
        start += len(part)
    if not start:
        yield read_manifest(folder, columns)


def read_rows(folder: Path, columns: Sequence[str], rows: Iterable[int]) -> pd.DataFrame:
    """Some rows, by their numbers, which become their index; the manifest is read by parts.

    Args:
        folder: of a prepared data set.
        columns: of `ManifestRow`, in the order wanted.
        rows: from 0, in any order, each once or several times.

    Raises:
        UserError: as `read_manifest`.
    """
    wanted = pd.Index(sorted(set(rows)))
    return pd.concat([part.loc[part.index.intersection(wanted)] for part in read_parts(folder, columns)])


def _read_parts(path: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Some rows at a time, of the columns that are there.

    Raises:
        UserError: as `read_manifest`.
    """
    with _explained(path), pq.ParquetFile(path) as file:
        there = _check_columns(path, file.schema_arrow.names)
        yield from file.iter_batches(ROWS_AT_ONCE, columns=[name for name in columns if name in there])


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Says what is wrong with a manifest that cannot be read, and what to do."""
    try:
        yield
    except FileNotFoundError:
        raise UserError(f"{path} is missing; {REMEDY}") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path} is damaged; {REMEDY}") from error


def _check_columns(path: Path, names: Sequence[str]) -> set[str]:
    """The columns of a manifest, which must be those of this version.

    Raises:
        UserError: they are not.
    """
    there = {name for name in names if not name.startswith("__index_level_")}  # as pandas calls an index without a name
    missing = [name for name in COLUMNS if name not in there and name not in ADDED]
    unknown = [name for name in names if name in there and name not in COLUMNS]
    if missing:
        raise UserError(f"{path}: another version of Vitrine wrote it (the column {missing[0]} is missing); {REMEDY}")
    if unknown:
        raise UserError(
            f"{path}: a later version of Vitrine wrote it (this one does not know the column {unknown[0]}); update "
            "Vitrine to read it"
        )
    return there


def _complete(manifest: pd.DataFrame, columns: Sequence[str], path: Path) -> pd.DataFrame:
    """The columns with their types and in their order, those that earlier builds did not write with their defaults."""
    added = {name: ManifestRow.model_fields[name].default for name in columns if name not in manifest}
    try:
        return manifest.assign(**added)[list(columns)].astype({name: COLUMNS[name] for name in columns})
    except (TypeError, ValueError) as error:
        raise UserError(f"{path}: a column does not hold what it should ({error}); {REMEDY}") from error
