"""Labelled pictures to measure a model on: the split of a prepared data set, or any source of pictures."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Literal, overload

import datasets
import numpy as np
from PIL import Image

from vitrine.config.data import DataSection, LabelsSection
from vitrine.data.images.decoding import Rendering
from vitrine.data.labels.mapping import map_labels
from vitrine.data.manifest.split_names import TEST
from vitrine.data.prepared.columns import read_column
from vitrine.data.prepared.dataset import PreparedDataset, open_prepared
from vitrine.data.prepared.groups import read_subgroups
from vitrine.data.prepared.local_copy import is_prepared_address
from vitrine.data.sources.files import FoundFile
from vitrine.data.sources.opening import open_found, reason_not_to_open
from vitrine.data.sources.source import open_source
from vitrine.errors import UserError
from vitrine.records.prepared import FACTS, PreparedFacts

Part = Literal["test", "all"]
LONGEST_PROPORTION = 8  # longer side by shorter side of a preprocessed image that gets its proportions back


@dataclass(frozen=True)
class LabeledImage:
    """A picture whose class is known.

    Attributes:
        file: its name in the source.
        label_name: its class.
        open: decodes it, upright and in RGB; raises `ImageError`.
        open_preprocessed: gives the stored image where a data set was prepared; None elsewhere.
        size: width and height of the original in pixels, where it was prepared; None elsewhere.
        subgroup: what `data.columns.subgroup` says of it; "" without one.
        found: the file of a source; None where it was prepared.
    """

    file: str
    label_name: str
    open: Callable[[], Image.Image]
    open_preprocessed: Callable[[], Image.Image] | None = None
    size: tuple[int, int] | None = None
    subgroup: str = ""
    found: FoundFile | None = None


@dataclass(frozen=True)
class LabeledImages(Sequence[LabeledImage]):
    """Labelled pictures that are made when they are asked for: there may be millions.

    Attributes:
        numbers: of the pictures.
        make: gives the picture of a number.
    """

    numbers: range
    make: Callable[[int], LabeledImage]

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, place: int) -> LabeledImage: ...
    @overload
    def __getitem__(self, place: slice) -> "LabeledImages": ...
    def __getitem__(self, place: int | slice) -> "LabeledImage | LabeledImages":
        if isinstance(place, slice):
            return LabeledImages(self.numbers[place], self.make)
        return self.make(self.numbers[place])


@dataclass(frozen=True)
class LabeledData:
    """What there is to measure on.

    Attributes:
        name: of the data set, for people.
        part: which pictures were taken.
        pictures: by file name, at least one.
        left_out: (file, reason) of what is not looked at.
        elsewhere: pictures of other splits, which were not asked for.
        facts: of a prepared data set; None elsewhere.
    """

    name: str
    part: Part
    pictures: Sequence[LabeledImage]
    left_out: Sequence[tuple[str, str]]
    elsewhere: int
    facts: PreparedFacts | None


def open_labeled(
    data: DataSection,
    labels: LabelsSection,
    part: Part | None,
    workspace: Path,
    rendering: Rendering,
    fetched: Path | None = None,
) -> LabeledData:
    """Lists the labelled pictures of `data.source`.

    Args:
        data: its source may be a prepared data set too, or the address of one.
        labels: from what the source calls its classes to their names.
        part: "test": the test split alone; "all": every picture; None: the test split where there is one, else all.
        workspace: an empty folder for what must be unpacked, to be kept while pictures are opened.
        rendering: of their colours.
        fetched: see `open_source`.

    Raises:
        UserError: it cannot be read, has no such part, or no picture with a class.
    """
    folder = Path(data.source).expanduser()
    if (folder / FACTS).is_file() or is_prepared_address(data.source):
        return _open_prepared(open_prepared(folder), part)
    found = map_labels(open_source(data, workspace, fetched=fetched).files, labels).files
    left_out = {place: (file.file, reason) for place, file in enumerate(found) if (reason := _reason(file))}
    is_usable = np.ones(len(found), bool)
    is_usable[list(left_out)] = False
    usable = found.choose(is_usable)
    tested = usable.where(lambda shared: shared.split == TEST)
    if part == TEST and not tested:
        raise UserError(f"--split: {data.source} has no test split; leave --split out, or take --split all")
    chosen = usable if part == "all" or not tested else tested
    if not chosen:
        raise UserError(f"{data.source} has no picture with a class; {_advise(found)}")
    return LabeledData(
        name=folder.name or data.source,
        part="test" if tested and part != "all" else "all",
        pictures=LabeledImages(range(len(chosen)), partial(_label, chosen, data.max_megapixels, rendering)),
        left_out=list(left_out.values()),
        elsewhere=len(usable) - len(chosen),
        facts=None,
    )


def _label(files: Sequence[FoundFile], max_megapixels: int, rendering: Rendering, number: int) -> LabeledImage:
    file = files[number]
    return LabeledImage(
        file.file,
        file.label_name,
        partial(open_found, file, max_megapixels, rendering),
        subgroup=file.subgroup,
        found=file,
    )


def _reason(file: FoundFile) -> str:
    return reason_not_to_open(file) or ("" if file.label_name else "no class")


def _advise(found: Sequence[FoundFile]) -> str:
    if not found:
        return "it is empty"
    return "give one folder per class, or a table that names the class of each picture"


def _open_prepared(prepared: PreparedDataset, part: Part | None) -> LabeledData:
    splits = tuple(prepared.splits) if part == "all" else (TEST,)
    pictures = _chain([list_images(prepared, split) for split in splits])
    if not pictures:
        raise UserError(f"{prepared.folder} has no test pictures; take --split all")
    return LabeledData(
        name=prepared.facts.name,
        part="test" if part is None else part,
        pictures=pictures,
        left_out=[],
        elsewhere=sum(len(rows) for rows in prepared.splits.values()) - len(pictures),
        facts=prepared.facts,
    )


def _chain(parts: Sequence[LabeledImages]) -> LabeledImages:
    """The pictures of several parts, one behind the other."""
    ends = list(accumulate(map(len, parts)))

    def make(number: int) -> LabeledImage:
        part = bisect_right(ends, number)
        return parts[part][number - ends[part]]  # counted from the end of the part

    return LabeledImages(range(ends[-1]), make)


def list_images(prepared: PreparedDataset, split: str) -> LabeledImages:
    """The pictures of one split in its order."""
    rows = prepared.splits[split]
    stored = rows.select_columns(["image"])
    files = read_column(rows, "file").to_pylist()
    label_ids, widths, heights = (
        read_column(rows, name).to_numpy().astype(np.int64) for name in ("label", "width", "height")
    )
    subgroups = read_subgroups(prepared.folder, files)

    def make(number: int) -> LabeledImage:
        return LabeledImage(
            file=files[number],
            label_name=prepared.label_names[label_ids[number]],
            open=partial(_show, prepared, split, number),
            open_preprocessed=partial(_read_stored, stored, number),
            size=(int(widths[number]), int(heights[number])),
            subgroup=subgroups[number],
        )

    return LabeledImages(range(len(rows)), make)


def spread_evenly(pictures: Sequence[LabeledImage], at_most: int) -> list[LabeledImage]:
    """So many of them at equal distances, since the first of a list by name are of the first classes; all where few.

    Args:
        pictures: in the order of their names.
        at_most: how many to take.
    """
    count = min(len(pictures), at_most)
    return [pictures[number * len(pictures) // count] for number in range(count)]


def _show(prepared: PreparedDataset, split: str, number: int) -> Image.Image:
    """Stretched back so that the shorter side has as many pixels as the square."""
    row = prepared.splits[split][number]
    shorter, longer = sorted((row["width"], row["height"]))
    return prepared.show(row, round(row["image"].width * min(longer / shorter, LONGEST_PROPORTION)))


def _read_stored(stored: datasets.Dataset, number: int) -> Image.Image:
    image: Image.Image = stored[number]["image"]
    return image
