"""Finds the files that a table names, as it writes them or as people would read them, and nothing outside a folder."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from functools import cached_property
from pathlib import Path

from vitrine.data.sources.files import walk_files
from vitrine.data.sources.names import KnownNames, print_alike, spell_differences
from vitrine.errors import UserError

ADDRESS = "an address, not a file; download it first"
LOOKED_AT = 1000  # paths of a table, to find out where it was made
FEWEST_OF_A_START = 0.01  # share of them


class NamedFiles:
    """The files below a root, by the paths that a table has for them.

    A path that leads to no file is looked for once more with other capitals and with accents stored otherwise; where
    none leads to one, see `look_elsewhere`.
    """

    def __init__(self, table: Path, root: Path) -> None:
        self._table, self._root = table, root
        self._starts = (root.absolute(), table.parent.absolute())
        # As written, and without links: an absolute path in the table may be either.
        self._limits = tuple(Path(os.path.normpath(limit)) for limit in (root.absolute(), root.resolve()))
        self._beginnings: tuple[str, ...] = ()
        self._longer: dict[str, str] = {}

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Everything below the root, as `walk_files` gives it."""
        return tuple(walk_files(self._root))

    def find(self, named: str) -> tuple[str, str]:
        """Returns the path from the root with forward slashes and "", or "" and the reason.

        Raises:
            UserError: the path could be that of several files.
        """
        if not named.strip():
            return "", "no file name in the table"
        if "://" in named:
            return "", ADDRESS
        if "\0" in named:
            return "", "a name that no file can have"
        plain = self._longer.get(_plain(named)) or self._without_beginning(_plain(named))
        # The plain spelling is the last one, so that it counts where no file is there.
        for spelling in (named, named.strip(), plain):
            for file in self._places_within(spelling):
                if os.path.isdir(self._root / file):  # noqa: PTH112 (Path.is_dir raises where a name is too long)
                    return "", "a folder, not a file"
                if exists(self._root / file):
                    return file, ""
        expected = list(self._places_within(plain))
        for file in expected:
            if alike := self._known.find(file):
                return self._only(named, alike), ""
        return (expected[0], "") if expected else ("", "its path leads out of the image folder")

    def look_elsewhere(self, named: Sequence[str]) -> bool:
        """Compares the ends of paths with the files here, for a table of another machine; False: none agrees.

        The beginnings that the paths have there are left out from now on. Where paths are shorter than those of the
        files, and each is the end of one file alone, they lead there; in one folder, `data.image_folder` says it.

        Args:
            named: paths of a table, of which none leads to a file.
        """
        plain = [_plain(path) for path in named if path.strip()]
        counts = Counter(begin for path in plain[:LOOKED_AT] if (begin := self._find_beginning(path)))
        fewest = FEWEST_OF_A_START * sum(counts.values())
        self._beginnings = tuple(sorted((begin for begin, count in counts.items() if count >= fewest), key=len))
        if not counts:
            longer = self._find_longer(set(plain))
            folders = {file.removesuffix(path) for path, file in longer.items()}
            self._longer = longer if len(folders) > 1 else {}
        return bool(self._beginnings or self._longer)

    def _find_longer(self, paths: Set[str]) -> dict[str, str]:
        """The file that ends in each path; nothing where a path is the end of several."""
        found: dict[str, str] = {}
        for file in self.files:
            parts = file.split("/")
            for place in range(1, len(parts)):
                end = "/".join(parts[place:])
                if end in paths and found.setdefault(end, file) != file:
                    return {}
        return found

    def _find_beginning(self, path: str) -> str:
        """What stands before the longest end of a path that is a file here."""
        parts = path.split("/")
        for place in range(1, len(parts)):
            if self._known.find_only("/".join(parts[place:])):
                return "/".join(parts[:place])
        return ""

    def _without_beginning(self, path: str) -> str:
        ends = [path[len(begin) + 1 :] for begin in self._beginnings if path.startswith(f"{begin}/")]
        return next((end for end in ends if self._known.find(end)), ends[0] if ends else path)

    @cached_property
    def _known(self) -> KnownNames:
        return KnownNames(file for file in self.files if not file.endswith("/"))

    def _only(self, named: str, alike: Sequence[str]) -> str:
        if len(alike) == 1:
            return alike[0]
        shown = spell_differences(alike) if print_alike(alike) else [f"'{file}'" for file in alike]
        raise UserError(
            f"{self._table}: '{named}' is not a file below {self._root}, and could be {' or '.join(shown)}; write the "
            "name of the right one into the table, or rename the other file"
        )

    def _places_within(self, named: str) -> Iterator[str]:
        for start in self._starts:
            place = Path(os.path.normpath(start / named))
            for limit in self._limits:
                if place.is_relative_to(limit):
                    yield place.relative_to(limit).as_posix()


def _plain(named: str) -> str:
    return named.strip().replace("\\", "/")


def exists(path: Path) -> bool:
    """Whether something is there; also where a name is too long for the disk."""
    return os.path.exists(path)  # noqa: PTH110 (Path.exists raises where a name is too long)
