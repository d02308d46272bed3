"""Seeded, stratified splits and folds; what belongs together stays together; small classes follow one stated rule."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from vitrine.data.manifest.split_names import GATE, HELD_OUT, TEST, TRAIN, VALIDATION

KEY_BYTES = 32
Numbers = Sequence[int] | npt.NDArray[np.int64]
CONFLICT = ""  # in place of a split: copies of this picture lie on several sides already


@dataclass(frozen=True)
class SplitSizes:
    """How many pictures of each class are held out.

    Attributes:
        validation: share below 1, or number of pictures of each class.
        test: the same.
        gate: the same; 0 for none.
    """

    validation: float
    test: float
    gate: float = 0.0


@dataclass(frozen=True)
class _Group:
    """Pictures that stay on one side: a group, a cluster of copies, or mostly one picture."""

    key: bytes
    rows: list[int]
    label_names: Sequence[str]

    @cached_property
    def labels(self) -> Counter[str]:
        """Its pictures by class."""
        return Counter(self.label_names[row] for row in self.rows)


class _Groups:
    """All groups in the order of their hashes; a group's hash is the lowest of its files.

    Each is made when it is asked for: most are of one picture, and there may be millions.

    Args:
        files: names.
        label_names: class of each.
        groups: number of the group of each; None: each by itself.
        seed: of the hashes.
    """

    def __init__(self, files: Collection[str], label_names: Sequence[str], groups: Numbers | None, seed: int) -> None:
        self._label_names = label_names
        keys = np.fromiter((_shuffle_key(seed, file) for file in files), f"S{KEY_BYTES}", len(files))
        numbers = np.arange(len(files)) if groups is None else np.asarray(groups, np.int64)
        # The rows of a group lie one behind the other, in their order.
        self._rows = np.argsort(numbers, kind="stable")
        ordered = numbers[self._rows]
        self._starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(files) else np.empty(0, np.int64)
        self._ends = np.r_[self._starts[1:], len(files)]
        by_key = np.lexsort((keys[self._rows], ordered))
        self._keys = keys[self._rows[by_key]][self._starts]
        self._order = np.argsort(self._keys, kind="stable")

    def __iter__(self) -> Iterator[_Group]:
        for number in self._order.tolist():
            rows = self._rows[self._starts[number] : self._ends[number]].tolist()
            yield _Group(self._keys[number], rows, self._label_names)


def assign_splits(
    files: Collection[str],
    label_names: Sequence[str],
    fixed: Sequence[str],
    sizes: SplitSizes,
    seed: int,
    groups: Numbers | None = None,
    earlier: Sequence[str | None] | None = None,
) -> list[str]:
    """Gives every picture a split.

    Groups are ordered by a hash of (seed, file) and taken into the test split, then into validation, as long as that
    brings their classes nearer to what they lack there; the rest is for training. The order of the listing therefore
    changes nothing, and, without groups of several classes, neither do the other classes.

    Small classes: training comes first, then test, validation and gate, one picture each. A class whose groups are all
    larger than its share allows has its smallest one there.

    Args:
        files: identifying names.
        label_names: class of each.
        fixed: "train", "validation", "test" or "" for each, as the source says. Kept as it is; validation and test are
            only cut where the source gives none, and then from what is "" or "train".
        sizes: what is held out.
        seed: another seed, another split.
        groups: equal numbers stay on one side; None lets every picture stand alone.
        earlier: split of each file in an earlier preparation, None of new ones. They keep it; new files fill up what is
            missing, and follow the earlier files of their group.

    Returns:
        A split for each file, or `CONFLICT` for a new file whose group lies on several sides.
    """
    stated = frozenset(fixed)
    before = [None] * len(files) if earlier is None else earlier
    splits = [_decided(split, stated, side) for split, side in zip(fixed, before, strict=True)]
    gathered = _Groups(files, label_names, groups, seed)
    for group in gathered:
        _follow_earlier(group, splits, fixed)
    totals = Counter(name for name, split in zip(label_names, fixed, strict=True) if split in ("", TRAIN))
    wanted = {TEST: sizes.test, VALIDATION: sizes.validation, GATE: sizes.gate}
    wanted = {split: size for split, size in wanted.items() if split not in fixed and size > 0}
    for split, size in wanted.items():
        _fill(split, size, gathered, splits, label_names, totals)
    for split in wanted:  # at the end: no group moves that its share has placed
        _fill_empty(split, gathered, splits, label_names, totals)
    return [TRAIN if split is None else split for split in splits]


def assign_folds(
    files: Collection[str],
    label_names: Sequence[str],
    count: int,
    seed: int,
    groups: Numbers | None = None,
    earlier: Sequence[int] | None = None,
) -> list[int]:
    """Divides pictures into folds of nearly equal size and mix of classes; arguments as in `assign_splits`.

    Each group goes into the fold with the fewest pictures of its classes, the first of several. Where that leaves a
    fold empty, since every class has fewer groups than there are folds, the smallest of several takes it.

    Args:
        files: names.
        label_names: class of each file.
        count: of the folds.
        seed: of the draw.
        groups: number of the group of each file, which stays together; None: each by itself.
        earlier: fold of each file that keeps its own, -1 of the others.

    Returns:
        A number from 0 to `count` - 1 for each file; a fold is empty only where too few groups are left for it.
    """
    ordered = sorted(_Groups(files, label_names, groups, seed), key=lambda group: (-len(group.rows), group.key))
    known = [-1] * len(files) if earlier is None else earlier
    folds = _deal(ordered, known, count, by_size=False)
    return folds if len(set(folds)) == count else _deal(ordered, known, count, by_size=True)


def join_groups(copies: npt.NDArray[np.int64], groups: Iterable[str]) -> npt.NDArray[np.int64]:
    """One number for all that must stay on one side: copies of each other, and members of one group.

    Args:
        copies: equal numbers for pictures that are copies, `[rows]`.
        groups: name of the group of each, or "".

    Returns:
        Numbers from 0 on, in the order of the first row of each, `[rows]`.
    """
    rows, count = np.arange(len(copies)), len(copies)
    of_copies, contents = pd.factorize(np.asarray(copies))
    of_groups, names = pd.factorize(pd.Series(groups, dtype="string"))
    named = np.flatnonzero(np.asarray(names != "", bool)[of_groups])
    nodes = count + np.concatenate([of_copies, len(contents) + of_groups[named]])
    size = count + len(contents) + len(names)
    graph = coo_array((np.ones(len(nodes), np.int8), (np.concatenate([rows, named]), nodes)), shape=(size, size))
    joined: npt.NDArray[np.int64] = connected_components(graph, directed=False)[1][:count].astype(np.int64)
    return joined


def _decided(split: str, fixed: Collection[str], before: str | None) -> str | None:
    """The split of a file that is not open any more: held out by the source, or given earlier."""
    if split in (VALIDATION, TEST):
        return split
    if before == TRAIN or (before in HELD_OUT and before not in fixed):
        return before
    return None


def _follow_earlier(group: _Group, splits: list[str | None], fixed: Sequence[str]) -> None:
    """New pictures go where the others of their group are; what the source itself says to train on is not moved."""
    if len(group.rows) == 1:
        return
    sides = {splits[row] for row in group.rows} - {None}
    if not sides:
        return
    side = sides.pop() if len(sides) == 1 else CONFLICT
    for row in group.rows:
        if splits[row] is None:
            splits[row] = TRAIN if fixed[row] == TRAIN else side


def _deal(groups: Sequence[_Group], known: Sequence[int], count: int, by_size: bool) -> list[int]:
    """Deals groups out to folds; `known`: the fold of each row or -1, `by_size`: whether the smallest fold is first."""
    folds = list(known)
    filled: dict[str, list[int]] = defaultdict(lambda: [0] * count)
    sizes = [0] * count
    for group in groups:
        for row in group.rows:
            if folds[row] >= 0:
                filled[group.label_names[row]][folds[row]] += 1
                sizes[folds[row]] += 1
    for group in groups:
        own = [sum(filled[name][fold] for name in group.labels) for fold in range(count)]
        emptiest = min(range(count), key=lambda fold: (own[fold], sizes[fold] if by_size else 0))
        chosen = next((folds[row] for row in group.rows if folds[row] >= 0), emptiest)
        for row in group.rows:
            if folds[row] < 0:
                folds[row] = chosen
                filled[group.label_names[row]][chosen] += 1
                sizes[chosen] += 1
    return folds


def _fill(
    split: str,
    size: float,
    free: Iterable[_Group],
    splits: list[str | None],
    label_names: Sequence[str],
    totals: Mapping[str, int],
) -> None:
    """Takes groups into a split until its classes have what they need, but never the last training picture of one."""
    held = Counter(name for name, given in zip(label_names, splits, strict=True) if given == split)
    need = {name: _wanted(total, size) - held[name] for name, total in totals.items()}
    spare = Counter(name for name, given in zip(label_names, splits, strict=True) if given in (None, TRAIN))
    for group in free:
        if any(splits[row] is not None for row in group.rows):
            continue
        gain = sum(abs(need[name]) - abs(need[name] - count) for name, count in group.labels.items())
        if gain > 0 and all(count < spare[name] for name, count in group.labels.items()):
            for name, count in group.labels.items():
                need[name] -= count
                spare[name] -= count
            for row in group.rows:
                splits[row] = split


def _fill_empty(
    split: str, free: Iterable[_Group], splits: list[str | None], label_names: Sequence[str], classes: Iterable[str]
) -> None:
    """Gives each class that has nothing in a split its smallest group, but never its last training picture."""
    held = {name for name, given in zip(label_names, splits, strict=True) if given == split}
    spare = Counter(name for name, given in zip(label_names, splits, strict=True) if given in (None, TRAIN))
    lacking = {name for name in classes if name not in held and spare[name] > 1}
    if not lacking:
        return
    groups = [
        group
        for group in free
        if not lacking.isdisjoint(group.labels) and all(splits[row] is None for row in group.rows)
    ]
    for group in sorted(groups, key=lambda group: (len(group.rows), group.key)):
        if not lacking.isdisjoint(group.labels) and all(count < spare[name] for name, count in group.labels.items()):
            spare -= group.labels
            lacking -= group.labels.keys()
            for row in group.rows:
                splits[row] = split


def _wanted(total: int, size: float) -> int:
    """The rounded share of a class and at least one picture, or the number that was asked for."""
    return round(size) if size >= 1 else max(1, round(total * size))


def _shuffle_key(seed: int, file: str) -> bytes:
    return hashlib.sha256(f"{seed}:{file}".encode()).digest()
