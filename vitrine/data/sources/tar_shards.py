"""A folder of tar archives whose neighbouring entries make up samples (WebDataset): `key.jpg` beside `key.cls`.

Pictures are read where they lie: nothing is unpacked. The class of a sample is what its `cls`, a field of its `json`,
or its `txt` says. Where none says anything, the folders within the archives are classes, as in a folder of pictures,
or each archive is one.
"""

import json
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path, PurePosixPath
from typing import IO, cast

from vitrine.config.data import ColumnsSection
from vitrine.data.sources.archives import ShortReads, check_end
from vitrine.data.sources.class_folders import label_by_folders
from vitrine.data.sources.file_columns import FileColumns
from vitrine.data.sources.files import (
    SPLIT_NAMES,
    FoundFile,
    printable,
    reason_by_name,
    reason_by_suffix,
    walk_files,
)
from vitrine.data.sources.folder_layout import Layout, may_be_picture, words_of
from vitrine.data.sources.hidden import is_hidden, reason_hidden
from vitrine.data.sources.places import LARGEST_BYTES, TOO_LARGE, TarMember
from vitrine.data.sources.table_formats import USUAL_NAMES
from vitrine.errors import UserError
from vitrine.listing import suggest

SHARD_SUFFIX = ".tar"
LOOKED_AT = 100  # samples, for what they say
ROLES = ("label", "split", "group", "subgroup")
TEXTS, FIELDS = (".cls", ".txt"), ".json"  # what says something of the picture beside it
LARGEST_TEXT = 1_000_000  # bytes of such a file
SECOND_PICTURE = "a second picture of its sample: data.columns.image names the one that is meant by its extension"
DAMAGE = (tarfile.TarError, OSError, EOFError)


@dataclass
class Sample:
    """What stands in a shard under one key.

    Attributes:
        pictures: all entries that are no words, usable or not.
        words: what is said of them: cls, txt, and the fields of the json.
        fault: why its words cannot be read, or "".
    """

    pictures: list[FoundFile] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    fault: str = ""


def are_shards(files: Iterable[str]) -> bool:
    """Whether what lies in a folder are tar archives, and no pictures beside them.

    Args:
        files: paths below it; no more are taken than it needs.
    """
    shards = False
    for file in files:
        if is_hidden(file):
            continue
        if file.endswith(SHARD_SUFFIX):
            shards = True
        elif may_be_picture(file):
            return False
    return shards


def find_shard_files(folder: Path, columns: ColumnsSection, layout: Layout = "auto") -> FileColumns:
    """Lists the labelled pictures in the tar archives of a folder.

    Args:
        folder: with archives, which may lie in folders of their own.
        columns: `label`: cls, txt, or a field of the json; `split`, `group` and `subgroup`: fields of the json;
            `image`: extension of the picture, where samples hold several.
        layout: whether folders within the archives are splits, where folders are the classes.

    Returns:
        One for each picture, named `archive/entry`, and for whatever else is there, with the reason why it is left out.

    Raises:
        UserError: there is no such field, or the classes cannot be told.
    """
    shards, others = _tell_apart(folder)
    splits = _split_by_name(shards)
    samples = ((splits[shard], sample) for shard in shards for sample in read_samples(folder, shard))
    start = list(islice(samples, LOOKED_AT))
    fields = {name for _, sample in start for name in sample.words}
    names = {role: _choose_field(role, getattr(columns, role), fields, folder) for role in ROLES}
    every = chain(start, samples)
    if names["label"]:
        described = (_describe(sample, names, split, columns.image) for split, sample in every)
        return FileColumns(chain(others, chain.from_iterable(described)))
    pictures = FileColumns(replace(file, split=split) for split, sample in every for file in sample.pictures)
    labeled = label_by_folders(pictures, _names_in_a_folder(pictures), layout, folder)
    return FileColumns(chain(others, labeled))


def list_shard_pictures(folder: Path, shown: str) -> Iterator[FoundFile]:
    """Every picture in the tar archives of a folder, without labels.

    Args:
        folder: whose files `are_shards`.
        shown: name of the folder, with which those of its files begin.
    """
    shards, others = _tell_apart(folder)
    found = (file for shard in shards for sample in read_samples(folder, shard) for file in sample.pictures)
    return (replace(file, file=f"{shown}/{file.file}") for file in chain(found, others))


def read_samples(folder: Path, shard: str) -> Iterator[Sample]:
    """The samples of one archive, in the order of their first entries.

    Args:
        folder: of the archives.
        shard: path of the archive below it.

    Yields:
        Each sample, and for what cannot be used one with its reason: a key without a picture, or, at the end, an
        archive that is damaged from there on.
    """
    path = folder / shard
    samples: dict[str, Sample] = {}
    damage = ""
    try:
        modified_ns = path.stat().st_mtime_ns
        with path.open("rb") as raw:
            stream = cast("IO[bytes]", ShortReads(raw))
            with tarfile.open(fileobj=stream, mode="r:") as tar:
                while (info := tar.next()) is not None:
                    tar.members.clear()  # type: ignore[attr-defined]  # each takes a kilobyte
                    if not info.isdir():
                        key, extension = _split_name(info.name)
                        _add(samples.setdefault(key, Sample()), tar, info, extension, (folder, shard, modified_ns))
                check_end(stream, tar.offset)
    except DAMAGE as error:
        damage = f"damaged or compressed after {len(samples):,} samples ({error}): what may follow is not known"
    for key, sample in samples.items():
        yield sample if sample.pictures else _only(path, f"{shard}/{key}", sample.fault or "no picture in the sample")
    if damage:
        yield _only(path, shard, damage)


def _add(
    sample: Sample, tar: tarfile.TarFile, info: tarfile.TarInfo, extension: str, place: tuple[Path, str, int]
) -> None:
    """Takes an entry into its sample; `place`: folder, shard and its time of change."""
    folder, shard, modified_ns = place
    if info.isreg() and extension in (*TEXTS, FIELDS):
        try:
            sample.words |= _read_words(tar, info, extension)
        except (TypeError, ValueError) as error:
            sample.fault = f"its {extension} cannot be read ({error})"
        return
    name = f"{shard}/{info.name}"
    reason = _reason(info)
    path = TarMember(folder / shard, info.offset_data, info.size, modified_ns)
    sample.pictures.append(FoundFile(path, printable(name), "", "", reason))


def _reason(info: tarfile.TarInfo) -> str:
    """Why an entry is not looked at, or ""."""
    if hidden := reason_hidden(info.name):
        return hidden
    if not info.isreg() or info.issparse():
        return "a link, which is not followed in an archive" if info.issym() or info.islnk() else "a pipe or device"
    if info.size > LARGEST_BYTES:
        return TOO_LARGE
    return reason_by_suffix(info.name)


def _read_words(tar: tarfile.TarFile, info: tarfile.TarInfo, extension: str) -> dict[str, str]:
    """What a file beside a picture says, by field; raises ValueError or TypeError where it says nothing."""
    if info.size > LARGEST_TEXT:
        raise ValueError(f"more than {LARGEST_TEXT // 10**6} MB")
    content = cast("IO[bytes]", tar.extractfile(info)).read().decode("utf-8-sig")
    if extension in TEXTS:
        return {extension[1:]: printable(content.strip())}
    fields = json.loads(content)
    if not isinstance(fields, dict):
        raise TypeError("not an object")
    return {str(name): _to_text(value) for name, value in fields.items() if isinstance(value, str | int | float)}


def _to_text(value: str | float) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return printable(str(int(value) if whole else value).strip())


def _describe(sample: Sample, names: Mapping[str, str | None], split: str, wanted: str | None) -> Iterator[FoundFile]:
    """The pictures of a sample with what its words say; one of them is used."""
    said = {role: sample.words.get(name, "") if name else "" for role, name in names.items()}
    word = said["split"].lower()
    if word and word not in SPLIT_NAMES:
        raise UserError(
            f"data.columns.split: the sample {sample.pictures[0].file} says '{said['split']}'; "
            f"splits are {', '.join(SPLIT_NAMES)}, or empty where Vitrine chooses"
        )
    fixed = SPLIT_NAMES.get(word, split)
    fault = sample.fault or ("" if said["label"] else f"no label in the sample ({names['label']})")
    usable = [file for file in sample.pictures if not file.left_out]
    ending = f".{wanted.lower().removeprefix('.')}" if wanted else ""
    chosen = next((file for file in usable if file.file.lower().endswith(ending)), None)
    others = SECOND_PICTURE if chosen else f"no picture of its sample ends in {ending}, which data.columns.image names"
    for file in sample.pictures:
        reason = file.left_out or (fault if file is chosen else others)
        yield replace(
            file, label_name=said["label"], split=fixed, left_out=reason, group=said["group"], subgroup=said["subgroup"]
        )


def _choose_field(role: str, wanted: str | None, fields: Set[str], folder: Path) -> str | None:
    """The field that a role is taken from; None where nothing says it.

    Raises:
        UserError: there is none of the name that is wanted.
    """
    if wanted is not None and wanted not in fields:
        raise UserError(
            f"data.columns.{role}: no '{wanted}' in the archives of {folder}{suggest(wanted, sorted(fields))}"
        )
    usual = ("cls", *USUAL_NAMES["label"], "txt") if role == "label" else USUAL_NAMES[role]
    return wanted or next((name for name in usual if name in fields), None)


def _names_in_a_folder(pictures: FileColumns) -> Callable[[FoundFile], str]:
    """How the entries of several archives, each with its split, would be called if all were unpacked into one folder.

    Entries that lie in no folder get one of the name of their archive: the class, as in the original ImageNet.
    """
    if any("/" in _entry_of(file)[1] for file in pictures if not file.left_out):
        return lambda file: "/".join(filter(None, (file.split, _entry_of(file)[1])))
    archives = dict.fromkeys(_entry_of(file)[0] for file in pictures)
    if all(SPLIT_NAMES.keys() & words_of(archive) for archive in archives):
        raise UserError(
            f"data.columns.label: no label lies beside the pictures of {next(iter(archives))}{SHARD_SUFFIX} (.cls, "
            ".json or .txt), they are in no folders of classes, and the archives are called as splits; put labels in"
        )
    return lambda file: "/".join(_entry_of(file))


def _entry_of(file: FoundFile) -> tuple[str, str]:
    """The archive of a picture, without its ending, and its name there."""
    archive, _, entry = file.file.partition(f"{SHARD_SUFFIX}/")
    return archive, entry


def _split_by_name(shards: Sequence[str]) -> dict[str, str]:
    """The split of each archive by the words of its name (`train-000.tar`, `val/0.tar`); "" where all are of one."""
    words = {shard: {SPLIT_NAMES[word] for word in words_of(shard) if word in SPLIT_NAMES} for shard in shards}
    splits = {shard: found.pop() if len(found) == 1 else "" for shard, found in words.items()}
    return splits if len(set(splits.values())) > 1 else dict.fromkeys(shards, "")


def _split_name(name: str) -> tuple[str, str]:
    """Key of a sample and extension of an entry: all before the first dot of its file name, and its last extension."""
    path = PurePosixPath(name)
    stem, _, _ = path.name.lstrip(".").partition(".")
    return str(path.with_name(stem or path.name)), path.suffix.lower()


def _tell_apart(folder: Path) -> tuple[list[str], list[FoundFile]]:
    """The archives of a folder, and what else lies there."""
    files = sorted(walk_files(folder))
    shards = [file for file in files if file.endswith(SHARD_SUFFIX) and not is_hidden(file)]
    apart = set(shards)
    return shards, [
        FoundFile(folder / file, printable(file), "", "", reason_by_name(folder, file))
        for file in files
        if file not in apart
    ]


def _only(path: Path, name: str, reason: str) -> Sample:
    return Sample([FoundFile(path, printable(name), "", "", reason)])
