"""Rows that a store of corrections wrote, beside one data set: a store may serve several models and data sets.

Nobody can mend or delete what it keeps, so a row about something else is passed over where one of a person is refused.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Self

import pandas as pd

from vitrine.data.labels.added import NAME, name_added
from vitrine.data.labels.corrections import is_picture
from vitrine.data.manifest.scan import KEPT
from vitrine.data.sources.names import KnownNames
from vitrine.records.corrections import ADD, RELABEL, Row

KNOWN_COLUMNS = ("file", "sha256", "label_name", "source_label", "split", "status")


@dataclass(frozen=True)
class KnownPictures:
    """What tells whether a row is about a data set.

    Attributes:
        hashes: SHA-256 of its pictures, by their names.
        labels: of those that are kept, as the data set was prepared.
        source_labels: likewise, before corrections; of those of which that is known.
        splits: of those that are kept.
    """

    hashes: Mapping[str, str]
    labels: Mapping[str, str]
    source_labels: Mapping[str, str]
    splits: Mapping[str, str]

    @classmethod
    def of(cls, manifest: pd.DataFrame, label_sources: Mapping[str, Sequence[str]]) -> Self:
        """Those of a manifest.

        Args:
            manifest: of the data set, with `KNOWN_COLUMNS`.
            label_sources: what the source calls the classes.
        """
        kept = manifest[manifest["status"] == KEPT]
        labels, sources, splits = (
            dict(zip(kept["file"], kept[column], strict=True)) for column in ("label_name", "source_label", "split")
        )
        mapped = {source: label for label, names in label_sources.items() for source in names}
        source_labels = {file: mapped[source] for file, source in sources.items() if source in mapped}
        return cls(dict(zip(manifest["file"], manifest["sha256"], strict=True)), labels, source_labels, splits)

    def spell(self, row: Row) -> Row:
        """A row about a picture, which it names as the data set does: nobody goes round the gate by other capitals."""
        if row.action == ADD:
            return row
        return replace(row, file=self._names.find_only(row.file) or row.file)

    @cached_property
    def _names(self) -> KnownNames:
        return KnownNames(self.hashes)

    def choose(self, rows: Iterable[Row], model: str) -> tuple[list[Row], int]:
        """The rows about the data set and its model, and how many were about others.

        Args:
            rows: about pictures, of a store or of a person, whose rows are all taken.
            model: name of the model, which those after it keep; what was asked of another is not added.
        """
        rows = list(rows)
        chosen = [row for row in rows if not row.of_store or self._concerns(row, model)]
        return chosen, len(rows) - len(chosen)

    def _concerns(self, row: Row, model: str) -> bool:
        if row.action == ADD:
            return row.model in ("", model)
        return row.file in self.hashes and is_picture(row.sha256, self.hashes[row.file])

    def relabel_brought(self, row: Row) -> list[Row]:
        """A row as it is; of a picture that somebody brought and the source has too, rows that relabel it there.

        Added as well it would be there under two labels, and be left out for it.

        Args:
            row: in the names that the classes have in this data set.
        """
        files = self._files.get(row.sha256, ()) if row.action == ADD and row.of_store else ()
        if not files:
            return [row]
        labels = {file: self.labels[file] for file in files if self.labels[file] != row.label}
        changed = {"action": RELABEL, "new_label": row.label}
        return [replace(row, file=file, label_name=label, **changed) for file, label in labels.items()]

    @cached_property
    def _files(self) -> Mapping[str, Sequence[str]]:
        """Pictures of the source that are used, by their hashes."""
        found = defaultdict(list)
        for file in self.labels:
            if self.hashes[file] and not NAME.fullmatch(file):
                found[self.hashes[file]].append(file)
        return found

    def was_applied(self, row: Row) -> bool:
        """Whether the data set was prepared with a row of before.

        Those of a store may have been passed over then, and its table may have been written anew since.

        Args:
            row: about a picture; the path of one that is added is absolute.
        """
        if not row.of_store:
            return True
        file = name_added(Path(row.file)) if row.action == ADD else row.file
        return file in self.hashes and self.labels.get(file, row.label) == row.label
