"""Which folders are splits and which are classes: by their names and by what they hold, or the person is asked."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Literal

from vitrine.data.sources.files import SPLIT_NAMES, TABLE_EXTENSIONS, reason_by_suffix
from vitrine.data.sources.hidden import FOLDERS_KEPT, is_hidden
from vitrine.errors import UserError
from vitrine.listing import list_names

Layout = Literal["auto", "classes", "splits"]
SHOWN = 4
# Pictures to be named, which competitions put beside those with classes.
_UNLABELED_WORDS = frozenset({"pred", "predict", "prediction", "predictions", "unlabeled", "unlabelled", "submission"})


@dataclass(frozen=True)
class FolderLayout:
    """Where the classes of a folder tree are.

    Attributes:
        wrapper: names of the folders, one in the other, around everything.
        splits: split by the name of its folder, in the wrapper; empty where these folders are the classes.
        inner: number of folders around the classes within each split.
        class_first: the splits are within the classes (`cat/train`), not around them.
    """

    wrapper: tuple[str, ...]
    splits: dict[str, str]
    inner: int
    class_first: bool = False

    def place(self, folders: Sequence[str]) -> tuple[str, str, tuple[str, ...]]:
        """Split and class of what lies in folders, each "" where there is none, and the folders within the class."""
        depth = len(self.wrapper)
        inside = tuple(folders[depth:]) if tuple(folders[:depth]) == self.wrapper else ()
        if self.class_first:
            inside = (*inside[1:2], *inside[:1], *inside[2:])
        split = self.splits.get(inside[0], "") if inside else ""
        if self.splits:
            inside = inside[1 + self.inner :] if split else ()
        return split, inside[0] if inside else "", inside[1:]


def find_layout(shown: Path | str, files: Iterable[str], layout: Layout) -> FolderLayout:
    """Tells splits from classes, and looks through folders that hold nothing but one other folder.

    Folders called `train` or `test` may be classes (vehicles, exams). Names alone do not decide; where the contents
    do not either, the person is asked.

    Args:
        shown: what messages call the source.
        files: everything in it, as `walk_files` gives it; gone through once.
        layout: what the person says.

    Raises:
        UserError: both layouts are possible.
    """
    pictures, tables = _find_folders(files)
    wrapper = _find_wrapper(tables, pictures, layout)
    if len({folders[: len(wrapper) + 1] for folders in pictures}) < 2 and not _named_exactly(pictures, len(wrapper)):
        wrapper = ()  # one class in the end, and the first folder has its name
    pictures = [folders[len(wrapper) :] for folders in pictures]
    splits = {} if layout == "classes" else _name_splits({folders[0] for folders in pictures if folders})
    if layout != "classes" and not splits and _have_splits_within(shown, pictures, layout):
        return FolderLayout(wrapper, _split_folders(pictures, 1), 0, class_first=True)
    tables = [file for file in tables if not folders_of(file)]
    if layout == "auto" and not splits and (hinted := _hint_at_splits(pictures)):
        raise _ask(shown, {folders[0] for folders in pictures}, hinted, tables)
    if layout == "auto" and splits and not _are_splits(shown, pictures, splits, tables):
        splits = {}
    if layout == "splits" and not splits:
        splits = dict(SPLIT_NAMES)  # none is there, and every file is outside of them
    return FolderLayout(wrapper, splits, _count_inner([one for one in pictures if one and one[0] in splits]))


def _find_folders(files: Iterable[str]) -> tuple[list[tuple[str, ...]], list[str]]:
    """The folders that hold pictures themselves, each as those around it and its own name, once; and the tables."""
    folders: dict[tuple[str, ...], None] = {}
    tables = []
    for file in files:
        if may_be_picture(file):
            folders[folders_of(file)] = None
        elif file.lower().endswith(TABLE_EXTENSIONS):
            tables.append(file)
    return list(folders), tables


def _have_splits_within(shown: Path | str, pictures: Sequence[tuple[str, ...]], layout: Layout) -> bool:
    """Whether the folders are classes that hold `train`, `test`, ... each.

    Raises:
        UserError: some do, and others hold something else.
    """
    classes = {folders[0] for folders in pictures if folders}
    divided = {name: _split_folders([one for one in pictures if one[:1] == (name,)], 1) for name in classes}
    with_splits = sorted(name for name, splits in divided.items() if len(set(splits.values())) > 1)
    if not with_splits or len(classes) < 2:
        return False
    outside = sorted({one[0] for one in pictures if one and one[1:2] not in {(split,) for split in divided[one[0]]}})
    if outside and layout == "auto":
        raise UserError(
            f"data.source: {shown}: {list_names(with_splits, SHOWN)} {'hold' if len(with_splits) > 1 else 'holds'} "
            f"{', '.join(sorted(divided[with_splits[0]]))}, but {list_names(outside, SHOWN)} "
            f"{'hold' if len(outside) > 1 else 'holds'} pictures elsewhere. Set data.layout=splits if these are splits "
            "(pictures elsewhere are left out), data.layout=classes if all within a class is divided anew"
        )
    return True


def _split_folders(pictures: Sequence[tuple[str, ...]], depth: int) -> dict[str, str]:
    """The split of each folder at a depth that is called like one."""
    names = {folders[depth] for folders in pictures if len(folders) > depth}
    return {name: SPLIT_NAMES[name.lower()] for name in names if name.lower() in SPLIT_NAMES}


def folders_of(file: str) -> tuple[str, ...]:
    """The folders above a file; of a folder (slash at its end), itself too."""
    return _parts_of(file.rpartition("/")[0])


@lru_cache(FOLDERS_KEPT)
def _parts_of(folder: str) -> tuple[str, ...]:
    return PurePosixPath(folder).parts


def may_be_picture(file: str) -> bool:
    """Whether a file of this name is neither hidden nor of another kind."""
    return not is_hidden(file) and not reason_by_suffix(file)


def _find_wrapper(tables: Sequence[str], pictures: Sequence[tuple[str, ...]], layout: Layout) -> tuple[str, ...]:
    """The folders around everything: each the only one with pictures, and with none beside its folders.

    A table beside them may hold the classes, so that nothing is looked through then.
    """
    wrapper: tuple[str, ...] = ()
    while True:
        beside = [file for file in tables if folders_of(file) == wrapper]
        name = _only_folder(pictures, len(wrapper))
        if beside:
            return ()
        if name is None or (layout != "classes" and name.lower() in SPLIT_NAMES):
            return wrapper
        wrapper += (name,)


def _only_folder(pictures: Sequence[tuple[str, ...]], depth: int) -> str | None:
    """The name of the only folder at a depth, where it holds folders and no picture itself."""
    names = {folders[depth : depth + 1] for folders in pictures}
    if len(names) != 1 or any(len(folders) < depth + 2 for folders in pictures):
        return None
    ((name,),) = names
    return name


def _named_exactly(pictures: Sequence[tuple[str, ...]], depth: int) -> bool:
    return any(folders[depth].lower() in SPLIT_NAMES for folders in pictures if len(folders) > depth)


def _count_inner(pictures: Sequence[tuple[str, ...]]) -> int:
    """How many folders of each split hold nothing but one other, in all splits alike, until there are classes."""
    by_split: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for folders in pictures:
        by_split[folders[0]].append(folders)
    depth = 1
    while by_split and all(_only_folder(inside, depth) is not None for inside in by_split.values()):
        depth += 1
    several = len({folders[depth] for folders in pictures if len(folders) > depth}) > 1
    return depth - 1 if several else 0


def _name_splits(names: set[str]) -> dict[str, str]:
    """The split that each of some folders is named after: `train`, or else `seg_train`, `Train set` beside a second."""
    exact = {name: SPLIT_NAMES[name.lower()] for name in names if name.lower() in SPLIT_NAMES}
    if exact:
        return exact
    by_rest: dict[tuple[str, ...], dict[str, str]] = defaultdict(dict)
    for name in names:
        words = words_of(name)
        splits = [word for word in words if word in SPLIT_NAMES]
        if len(splits) == 1:
            by_rest[tuple(word for word in words if word not in splits)][name] = SPLIT_NAMES[splits[0]]
    pairs = [named for named in by_rest.values() if len(set(named.values())) > 1]
    return {name: split for named in pairs for name, split in named.items()}


def words_of(name: str) -> list[str]:
    """The words of a file or folder name, small: `seg_trainSet2` gives seg, train, set, 2."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[^\W\d_])(?=\d)", " ", name)
    return [word for word in re.split(r"[\W_]+", spaced.lower()) if word]


def name_table(source: Path | str, table: str) -> str:
    """What to do about a table in a folder or an archive, as the end of a sentence."""
    if Path(source).is_dir():
        return f"give it: data.source={Path(source) / table}"
    return f"unpack {Path(source).name} and give it: data.source=FOLDER/{table}"


def _are_splits(
    shown: Path | str, pictures: Sequence[tuple[str, ...]], splits: dict[str, str], tables: Sequence[str]
) -> bool:
    """Whether folders that are named as splits are some; tables beside them may hold the classes.

    Raises:
        UserError: that cannot be told.
    """
    nested: dict[str, set[bool]] = defaultdict(set)
    for folders in pictures:
        if folders:
            nested[folders[0]].add(len(folders) > 1)
    are_exact = any(name.lower() in SPLIT_NAMES for name in splits)
    others = [name for name in nested if name not in splits]
    if not are_exact:
        others = [name for name in others if not _UNLABELED_WORDS & set(words_of(name))]
    hold_classes = all(nested[name] == {True} for name in splits)
    if not others and hold_classes and (are_exact or _share_one_name(splits)):
        return True
    if others and are_exact and all(depths == {False} for depths in nested.values()):
        return False
    raise _ask(shown, set(nested), [name for name in nested if name in splits], tables)


def _hint_at_splits(pictures: Sequence[tuple[str, ...]]) -> list[str]:
    """Folders with a word for a split in their names, where all top folders hold folders of the same several names."""
    inside: dict[str, set[str]] = defaultdict(set)
    for folders in pictures:
        inside[folders[0] if folders else ""].add(folders[1] if len(folders) > 1 else "")
    common = set.intersection(*inside.values()) if len(inside) > 1 else set()
    if len(common - {""}) < 2 or "" in common:
        return []
    return sorted(name for name in inside if any(word in SPLIT_NAMES for word in words_of(name)))


def _ask(shown: Path | str, names: Set[str], doubtful: Sequence[str], tables: Sequence[str]) -> UserError:
    return UserError(
        f"data.source: {shown} holds the folders {', '.join(sorted(names))}. {', '.join(doubtful)} may be splits or "
        "classes. Set data.layout=classes if each of these folders is a class (labels.pattern cuts it out of a longer "
        "name), "
        f"data.layout=splits if each is a split with class folders in it ({', '.join(SPLIT_NAMES)} are names of splits)"
        + (f". If the table {tables[0]} names the classes, {name_table(shown, tables[0])}" if tables else "")
    )


def _share_one_name(splits: dict[str, str]) -> bool:
    """Whether the folders are called alike but for the split."""
    return len({tuple(word for word in words_of(name) if word not in SPLIT_NAMES) for name in splits}) == 1
