"""From a table that names pictures and classes to files: each row and each picture of the folder is accounted for."""

import os
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path, PurePosixPath

from vitrine.config.data import ColumnsSection
from vitrine.data.sources.file_columns import FileColumns
from vitrine.data.sources.files import SPLIT_NAMES, FoundFile, printable, reason_by_name
from vitrine.data.sources.named_files import NamedFiles, exists
from vitrine.data.sources.names import KnownNames
from vitrine.data.sources.places import FileBelow
from vitrine.data.sources.table_rows import Row, read_rows
from vitrine.errors import ParameterError, UserError

START_HERE = "the paths in the table must be whole, or start from its folder"


def find_table_files(
    table: Path,
    columns: ColumnsSection | None = None,
    separator: str | None = None,
    image_folder: Path | None = None,
    needs_label: bool = True,
    encoding: str | None = None,
) -> FileColumns:
    """Lists the files that a table names, and, where labels matter, those below the image folder that it does not name.

    Args:
        table: CSV, TSV, Parquet or JSON lines.
        columns: names of its columns; None, and each that is null, takes the usual ones.
        separator: of a CSV; None finds it out.
        image_folder: where the paths in the table start; also the limit that none may leave. None means the table's
            own folder, or, of whole paths without labels, the folder above all of them. A path that is not there is
            also looked for from the table's folder.
        needs_label: whether the classes matter; without them, rows without one are as good as others, and files that no
            row names are of no interest.
        encoding: code page of a table that is not in UTF-8; None finds it out.

    Returns:
        By name: one for each file that is named or found, whether it exists or not, and one for each row that names
        no file of its own ("<file> (row <number>)"), with the reason why it is left out.

    Raises:
        UserError: the table cannot be read, an unknown column or split, or none of its files is there.
    """
    rows = read_rows(table, columns, separator, needs_label, encoding)
    if not rows:
        raise UserError(f"{table}: has no rows below the names of its columns")
    root = image_folder or (None if needs_label else _above_all(rows)) or table.parent
    files = NamedFiles(table, root)
    found, by_file = _match_rows(table, rows, files)
    paths = [row.image for row in rows]
    if not any(exists(root / file) for file in by_file) and files.look_elsewhere(paths):
        found, by_file = _match_rows(table, rows, files)
    if not any(exists(root / file) for file in by_file):
        raise _nothing_there(table, root, paths, files)
    described = (one for file, same in by_file.items() for one in _describe_rows(table, root, file, same, needs_label))
    unnamed = _describe_unnamed(root, files.files, by_file) if needs_label else ()
    return FileColumns(chain(found, described, unnamed)).sorted()


def _describe_unnamed(root: Path, files: Iterable[str], named: Container[str]) -> Iterator[FoundFile]:
    """The files that no row names."""
    for file in files:
        if file not in named:
            reason = reason_by_name(root, file)
            if not reason and not file.endswith("/"):  # a folder that cannot be listed is not a picture to be left out
                reason = "no row of the table names it"
            yield FoundFile(FileBelow(str(root), file), printable(file), "", "", reason)


def _above_all(rows: Sequence[Row]) -> Path | None:
    """The folder above all files of a table of whole paths; None of other tables, and where they share no folder."""
    folders = {os.path.dirname(row.image.strip()) for row in rows if row.image.strip()}  # noqa: PTH120 (they are text)
    if not folders or not all(map(os.path.isabs, folders)):
        return None
    folder = Path(os.path.commonpath(folders))
    return folder if folder != folder.parent and folder.is_dir() else None


def _match_rows(table: Path, rows: Sequence[Row], files: NamedFiles) -> tuple[list[FoundFile], dict[str, list[Row]]]:
    """The rows that name no file, and the others by the file that they name."""
    found = []
    by_file: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        file, reason = files.find(row.image)
        if reason:
            shown = printable(f"{row.image} (row {row.number})".strip())
            found.append(FoundFile(table, shown, printable(row.label), _to_split(table, row), reason))
        else:
            by_file[file].append(row)
    return found, by_file


def find_image_folder(table: Path, image_folder: str) -> Path:
    """The folder `data.image_folder`, from the table's folder or from the current one.

    Raises:
        UserError: there is none, or both are there.
    """
    given = Path(image_folder).expanduser()
    places = {place.resolve(): place for place in (table.parent / given, given) if place.is_dir()}
    if not places:
        raise UserError(
            f"data.image_folder: {given} is there neither beside {table} nor from the current folder; "
            "give the folder that the paths in the table start from"
        )
    if len(places) > 1:
        raise UserError(
            f"data.image_folder: may be {' or '.join(map(str, places))}; give the whole path of the right one"
        )
    return next(iter(places.values()))


def _describe_rows(table: Path, root: Path, file: str, rows: list[Row], needs_label: bool) -> Iterator[FoundFile]:
    """One for the file, and one for each further row that names it.

    Two labels, or two splits, contradict each other: none of the rows is taken.
    """
    labels = {row.label for row in rows if row.label} if needs_label else set()
    splits = {split for row in rows if (split := _to_split(table, row))}
    contradiction = (
        "two labels in the table" if len(labels) > 1 else "two splits in the table" if len(splits) > 1 else ""
    )
    missing = "" if labels or not needs_label else "no label in the table"
    used = next((row for row in rows if row.label), rows[0])
    split = next(iter(splits), "")
    group, subgroup = (
        next((value for row in rows if (value := getattr(row, role))), "") for role in ("group", "subgroup")
    )
    shown, path = printable(file), FileBelow(str(root), file)
    if contradiction:
        split = ""
    label_name, reason = printable(used.label) if needs_label else "", contradiction or missing
    yield FoundFile(path, shown, label_name, split, reason, group, printable(subgroup))
    for row in rows:
        if row is not used:
            unlabeled = needs_label and not row.label
            reason = contradiction or ("no label in the table" if unlabeled else "named twice in the table")
            label_name = printable(row.label) if needs_label else ""
            yield FoundFile(path, f"{shown} (row {row.number})", label_name, split, reason, group)


def _to_split(table: Path, row: Row) -> str:
    word = row.split.strip().lower()
    if word and word not in SPLIT_NAMES:
        raise UserError(
            f"data.columns.split: {table} says '{row.split}' in row {row.number}; "
            f"splits are {', '.join(SPLIT_NAMES)}, or empty where Vitrine chooses"
        )
    return SPLIT_NAMES.get(word, "")


def _nothing_there(table: Path, root: Path, named: Sequence[str], files: NamedFiles) -> UserError:
    """The error that none of the files exists, with the folder where they seem to be."""
    example = next((name for name in named if name.strip()), "")
    if example and all("://" in name for name in named if name.strip()):
        return UserError(
            f"data.columns.image: the column of {table} holds addresses (for example '{example}'), not files; download "
            "the pictures and name their files in a column, or name another column"
        )
    what = f"none of the files that {table} names is below {root} (for example '{example}')"
    name = PurePosixPath(example.replace("\\", "/")).name
    for file in files.files:
        path = PurePosixPath(file)
        if name and path.stem == name:
            ends = f"there is {root / file}: the paths in the table must end in {path.suffix}"
            below = path.parent != PurePosixPath()
            return ParameterError(
                "data.image_folder",
                what,
                ends + (f", and data.image_folder={root / path.parent}" if below else ""),
                ends + (f", and start with {path.parent}/" if below else ""),
            )
        if name and KnownNames([path.name]).find(name):
            where = _start_of(root / file, example)
            there = f"there is {root / file}"
            return ParameterError("data.image_folder", what, f"{there}: {where}", f"{there}: {START_HERE}")
    return ParameterError(
        "data.image_folder", what, "give the folder that the paths in the table start from", START_HERE
    )


def _start_of(file: Path, named: str) -> str:
    """What to do, where a path of the table is the end of a file's."""
    end = named.strip().replace("\\", "/").removeprefix("./")
    if file.as_posix().endswith(f"/{end}"):
        return f"set data.image_folder={file.as_posix().removesuffix(f'/{end}')}"
    return "give the folder that the paths start from, or write the paths from there into the table"
