"""The prepared data set as a notebook shows it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from vitrine.data.prepared.dataset import PreparedDataset, open_prepared
from vitrine.data.prepared.local_copy import make_local
from vitrine.errors import UserError
from vitrine.records.prepared import FACTS, REPORT
from vitrine.workflows.notebook import TEXTS, Page, table, titled
from vitrine.workflows.parameters import Place

MOST_ROWS = 20  # classes of a notebook's table


@dataclass(frozen=True, repr=False)
class DataSet(PreparedDataset):
    """A prepared data set, as `prepare` gives it: pictures in splits, each with its class, and a report."""

    @classmethod
    def open(cls, folder: Place) -> Self:
        """Opens a prepared data set; of one at an address (`s3://bucket/prepared/dogs`), a copy on this machine.

        Raises:
            UserError: there is none, or parts of it are missing.
        """
        place = make_local(Path(folder).expanduser())
        if not (place / FACTS).exists():
            raise UserError(f"{place} is not a prepared data set; vitrine.prepare makes one of a folder of pictures")
        prepared = open_prepared(place)
        return cls(prepared.folder, prepared.facts, prepared.splits)

    @property
    def name(self) -> str:
        """Names its runs and studies."""
        return self.facts.name

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Pictures by split and class."""
        return self.facts.counts

    @property
    def report(self) -> Page:
        """The page with everything that was found."""
        return Page(self.folder / REPORT)

    def __repr__(self) -> str:
        return f"DataSet({str(self.folder)!r}: {self._summary()})"

    def __len__(self) -> int:
        return self.facts.files_kept

    def _summary(self) -> str:
        totals = {split: sum(counts.values()) for split, counts in self.counts.items()}
        parts = [f"{TEXTS.number(total)} {TEXTS(f'common.splits.{split}')}" for split, total in totals.items()]
        pictures = TEXTS("common.pictures", count=sum(totals.values()))
        classes = f"{len(self.label_names)} class{'es' * (len(self.label_names) != 1)}"
        return f"{pictures} of {classes} ({', '.join(parts)})"

    def _repr_html_(self) -> str:
        splits = list(self.counts)
        rows = [
            (name, *(TEXTS.number(self.counts[split][name]) for split in splits))
            for name in self.label_names[:MOST_ROWS]
        ]
        more = max(0, len(self.label_names) - MOST_ROWS)
        headings = ["class", *(TEXTS(f"common.splits.{split}") for split in splits)]
        return titled(
            f"{self.name}: {self._summary()}",
            table(rows, headings),
            f"and {TEXTS('common.more', count=more)}" if more else "",
            f"report: {self.report}",
        )


def as_data_set(data: PreparedDataset | Place) -> PreparedDataset:
    """A data set as it is, or opened from its folder.

    Raises:
        UserError: there is none in that folder.
    """
    return data if isinstance(data, PreparedDataset) else DataSet.open(data)
