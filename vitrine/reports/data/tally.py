"""What the report of a prepared data set counts, in one pass over the parts of its manifest, however long it is."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from vitrine.data.manifest.scan import KEPT, LEFT_OUT, QUARANTINED
from vitrine.records.manifest import read_parts

COLUMNS = (
    *("file", "label_name", "split", "status", "reason", "copy_of"),
    *("width", "height", "mode", "format", "size_bytes"),
)
SIZES = ("width", "height", "size_bytes")  # kept of every picture, in 16 bytes, for the median
UNUSED = ("file", "status", "reason")


@dataclass(frozen=True)
class Tally:
    """Counts of a manifest, and the little of it that the page lists.

    Attributes:
        label_ids: of every row, int32 `[files]`, places in the label names; -1 of files that are not kept.
        sizes: of the kept pictures: width and height in pixels, size_bytes.
        modes: how many kept pictures have each mode of Pillow, the most frequent first.
        formats: likewise, of files.
        copies: the columns copy_of and split of kept pictures that are there more than once.
        reasons: how many files are not used for which reason, the most frequent first.
        unused: the first files that are not used, unreadable ones before those left out, by name.
    """

    label_ids: npt.NDArray[np.int32]
    sizes: pd.DataFrame
    modes: dict[str, int]
    formats: dict[str, int]
    copies: pd.DataFrame
    reasons: dict[str, int]
    unused: pd.DataFrame


def count_manifest(folder: Path, label_names: Sequence[str], most_unused: int) -> Tally:
    """Reads the manifest of a prepared data set once.

    Args:
        folder: of the data set.
        label_names: its classes.
        most_unused: how many files that are not used are listed.

    Raises:
        UserError: as `read_manifest`.
    """
    counting = _Counting({name: label_id for label_id, name in enumerate(label_names)}, most_unused)
    for part in read_parts(folder, COLUMNS):
        counting.add(part)
    return counting.end()


@dataclass
class _Counting:
    id_of: dict[str, int]
    most_unused: int
    label_ids: list[npt.NDArray[np.int32]] = field(default_factory=list)
    sizes: list[pd.DataFrame] = field(default_factory=list)
    modes: "Counter[str]" = field(default_factory=Counter)
    formats: "Counter[str]" = field(default_factory=Counter)
    copies: list[pd.DataFrame] = field(default_factory=list)
    reasons: dict[str, "Counter[str]"] = field(default_factory=lambda: {QUARANTINED: Counter(), LEFT_OUT: Counter()})
    unused: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(UNUSED)))

    def add(self, part: pd.DataFrame) -> None:
        is_kept = (part["status"] == KEPT).to_numpy(bool)
        kept = part[is_kept]
        self.label_ids.append(np.where(is_kept, part["label_name"].map(self.id_of).fillna(-1), -1).astype(np.int32))
        self.sizes.append(kept[list(SIZES)].reset_index(drop=True))
        self.modes.update(kept["mode"])
        self.formats.update(kept["format"])
        self.copies.append(kept.loc[kept["copy_of"] != "", ["copy_of", "split"]])
        if not is_kept.all():
            self._add_unused(part[~is_kept])

    def _add_unused(self, unused: pd.DataFrame) -> None:
        for status, reasons in self.reasons.items():
            reasons.update(unused.loc[unused["status"] == status, "reason"])
        first = unused[list(UNUSED)] if self.unused.empty else pd.concat([self.unused, unused[list(UNUSED)]])
        self.unused = first.sort_values(["status", "file"], ascending=[False, True]).head(self.most_unused)

    def end(self) -> Tally:
        reasons: Counter[str] = Counter()
        for counted in self.reasons.values():
            reasons.update(counted)
        return Tally(
            label_ids=np.concatenate(self.label_ids),
            sizes=pd.concat(self.sizes, ignore_index=True),
            modes=dict(self.modes.most_common()),
            formats=dict(self.formats.most_common()),
            copies=pd.concat(self.copies, ignore_index=True),
            reasons=dict(reasons.most_common()),
            unused=self.unused,
        )
