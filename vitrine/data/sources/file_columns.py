"""Files of a source as columns: there may be millions, and the objects would take 230 bytes each.

What many files share is kept once. Names and numbers lie in temporary files where they are many.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, pairwise, repeat
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import numpy as np
import numpy.typing as npt

from vitrine.data.sources.files import FoundFile
from vitrine.data.sources.origins import NO_NUMBERS, Origin, find_origin
from vitrine.data.sources.places import Place, make_absolute
from vitrine.records.scratch import scratch_array
from vitrine.records.text_column import AT_ONCE, TextColumn

if TYPE_CHECKING:
    import pyarrow as pa

Rows = range | npt.NDArray[np.int64]


class Shared(NamedTuple):
    """What many files have alike; see `FoundFile`.

    Attributes:
        label_name: likewise.
        split: likewise.
        left_out: likewise.
        subgroup: likewise.
        origin: makes the place of a file of its name; None where each place is kept.
    """

    label_name: str
    split: str
    left_out: str
    subgroup: str
    origin: Origin | None


class FileColumns(Sequence[FoundFile]):
    """Gives files; each is made when it is asked for.

    A slice, and what the methods give, are columns again that hold the same ones. To another process they travel as a
    tuple of files.

    Args:
        files: are gone through once, and need not be kept.
    """

    def __init__(self, files: Iterable[FoundFile]) -> None:
        building = _Building()
        self._names = TextColumn(building.take(files))
        self._shared = [Shared(*words) for words in building.shared]
        self._kinds = _join(building.kinds)
        self._groups = TextColumn(building.groups)
        self._group_numbers = _join(building.group_numbers) if len(self._groups) > 1 else None
        self._numbers = building.join_numbers()
        self._places: dict[int, Place] = building.places
        self._rows: Rows = range(len(self._names))

    @classmethod
    def of(cls, files: Iterable[FoundFile]) -> "FileColumns":
        """Files as columns; the very same where they are some."""
        return files if isinstance(files, FileColumns) else cls(files)

    def __reduce__(self) -> tuple[Any, ...]:
        return tuple, (tuple(self),)

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[FoundFile]:
        for rows in self._parts():
            yield from self._make(rows)

    @overload
    def __getitem__(self, row: int) -> FoundFile: ...
    @overload
    def __getitem__(self, row: slice) -> "FileColumns": ...
    def __getitem__(self, row: int | slice) -> "FoundFile | FileColumns":
        if isinstance(row, slice):
            return self._with(_rows=self._rows[row])
        at = int(self._rows[row])
        return self._make(range(at, at + 1))[0]

    def names(self) -> Iterator[str]:
        """The names of all, without the files, which take ten times as long."""
        for rows in self._parts():
            yield from self._names.take(rows)

    def count_shared(self) -> Iterator[tuple[Shared, int]]:
        """What files share, and how many share it; the same may come more than once."""
        counts = np.zeros(len(self._shared), np.int64)
        for rows in self._parts():
            counts += np.bincount(_select(self._kinds, rows), minlength=len(counts))
        return (pair for pair in zip(self._shared, counts.tolist(), strict=True) if pair[1])

    def label_names(self) -> "pa.Array":
        """The class of each file."""
        import pyarrow as pa  # who lists a folder may do without it

        texts = pa.array([one.label_name for one in self._shared], pa.large_string())
        return texts.take(pa.array(_select(self._kinds, self._rows)))

    def change(self, change: Callable[[Shared], Shared]) -> "FileColumns":
        """The same files; `change`: gives what they share from what they shared."""
        return self._with(_shared=list(map(change, self._shared)))

    def anywhere(self) -> "FileColumns":
        """The same files for a process that is started in another folder."""
        there = self.change(lambda one: one._replace(origin=one.origin and one.origin.anywhere()))
        return there._with(_places={row: make_absolute(place) for row, place in self._places.items()})

    def where(self, is_wanted: Callable[[Shared], bool]) -> "FileColumns":
        """The files for which something holds that many share."""
        wanted = np.fromiter(map(is_wanted, self._shared), bool, len(self._shared))
        return self.choose(wanted[_select(self._kinds, self._rows)])

    def choose(self, is_wanted: npt.NDArray[np.bool_]) -> "FileColumns":
        """Some of the files; `is_wanted`: of each, `[files]`."""
        return self if is_wanted.all() else self._with(_rows=_join([np.asarray(self._rows)[is_wanted]]))

    def take(self, places: npt.NDArray[np.int64]) -> "FileColumns":
        """The files at some places, in any order."""
        rows = self._rows
        return self._with(_rows=rows.start + places * rows.step if isinstance(rows, range) else rows[places])

    def are_ascending(self) -> bool:
        """Whether they are in the order of their names, each name once."""
        if isinstance(self._rows, range) and self._names.is_ascending:
            return True
        return all(name < other for name, other in pairwise(self.names()))

    def sorted(self) -> "FileColumns":
        """In the order of their names; those of one name stay in their order."""
        if self.are_ascending():
            return self
        is_whole = isinstance(self._rows, range) and len(self) == len(self._names)
        order = (self._names if is_whole else TextColumn(self.names())).order()
        return self._with(_rows=_join([np.asarray(self._rows)[order]]))

    def _with(self, **columns: object) -> "FileColumns":
        other = object.__new__(FileColumns)
        vars(other).update(vars(self) | columns)
        return other

    def _parts(self) -> Iterator[Rows]:
        return (self._rows[start : start + AT_ONCE] for start in range(0, len(self), AT_ONCE))

    def _make(self, rows: Rows) -> list[FoundFile]:
        names, kinds = self._names.take(rows), _select(self._kinds, rows).tolist()
        groups: Iterator[str] = repeat("")
        numbers: Iterator[tuple[int, int]] = repeat(NO_NUMBERS)
        if self._group_numbers is not None:
            groups = iter(self._groups.take(_select(self._group_numbers, rows)))
        if self._numbers is not None:
            numbers = iter(_select(self._numbers, rows).tolist())
        each = rows if isinstance(rows, range) else rows.tolist()
        return list(map(self._make_one, each, names, kinds, groups, numbers))

    def _make_one(self, row: int, name: str, kind: int, group: str, numbers: tuple[int, int]) -> FoundFile:
        label_name, split, left_out, subgroup, origin = self._shared[kind]
        path = self._places[row] if origin is None else origin.place(name, numbers)
        return FoundFile(path, name, label_name, split, left_out, group, subgroup)


class _Building:
    """Columns that grow.

    Attributes:
        shared: number of all that several files have alike.
        groups: number of each group.
        kinds: numbers of what the files share, some files at a time.
        group_numbers: likewise of their groups.
        places: by row, of what shares no origin.
    """

    def __init__(self) -> None:
        self.shared: dict[tuple[Any, ...], int] = {}
        self.groups: dict[str, int] = {"": 0}
        self.kinds: list[npt.NDArray[Any]] = []
        self.group_numbers: list[npt.NDArray[Any]] = []
        self.places: dict[int, Place] = {}
        self._numbers: list[npt.NDArray[np.int64]] = []
        self._count = 0

    def take(self, files: Iterable[FoundFile]) -> Iterator[str]:
        """Takes files, and yields their names."""
        rest = iter(files)
        while some := list(islice(rest, AT_ONCE)):
            self._add(some)
            yield from (one.file for one in some)

    def _add(self, some: list[FoundFile]) -> None:
        origins, numbers = zip(*map(find_origin, some), strict=True)
        words = (
            (one.label_name, one.split, one.left_out, one.subgroup, origin)
            for one, origin in zip(some, origins, strict=True)
        )
        self.kinds.append(_number(words, self.shared))
        self.group_numbers.append(_number((one.group for one in some), self.groups))
        have_numbers = numbers.count(NO_NUMBERS) < len(numbers)
        self._numbers.append(np.array(numbers, np.int64) if have_numbers else np.zeros((0, 2), np.int64))
        self.places |= {self._count + place: one.path for place, one in enumerate(some) if origins[place] is None}
        self._count += len(some)

    def join_numbers(self) -> npt.NDArray[np.int64] | None:
        """The two numbers of each file; None where none has any."""
        if not any(map(len, self._numbers)):
            return None
        none = ((0, len(kinds) - len(numbers)) for kinds, numbers in zip(self.kinds, self._numbers, strict=True))
        return _join([np.pad(numbers, (rows, (0, 0))) for rows, numbers in zip(none, self._numbers, strict=True)])


def _number(words: Iterable[Any], known: dict[Any, int]) -> npt.NDArray[np.integer]:
    """The number of each in those that are known; the others become known."""
    numbers = np.array([known.setdefault(word, len(known)) for word in words])
    return numbers.astype(np.min_scalar_type(len(known)))


def _join(parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """One behind the other, in a file where they are many."""
    if not parts:
        return np.zeros(0, np.uint8)
    room = scratch_array((sum(map(len, parts)), *parts[0].shape[1:]), np.result_type(*{part.dtype for part in parts}))
    return np.concatenate(parts, out=room)


def _select(column: npt.NDArray[Any], rows: Rows) -> npt.NDArray[Any]:
    return column[rows.start : rows.stop : rows.step] if isinstance(rows, range) else column[rows]
