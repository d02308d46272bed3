"""Labelled pictures to measure a model on: the split of a prepared data set, or any source of pictures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from PIL import Image

from vitrine.config.data import DataSection, LabelsSection
from vitrine.data.images.decoding import PictureError, open_picture
from vitrine.data.images.resizing import FillColor
from vitrine.data.labels.mapping import map_labels
from vitrine.data.manifest.split import SPLITS, TEST
from vitrine.data.prepared.dataset import PreparedDataset, open_prepared
from vitrine.data.sources.files import FoundFile
from vitrine.data.sources.source import open_source
from vitrine.errors import UserError
from vitrine.records.prepared import FACTS, PreparedFacts

Part = Literal["test", "all"]
LONGEST_PROPORTION = 8  # longer side by shorter side of a prepared picture that is stretched back


@dataclass(frozen=True)
class LabeledPicture:
    """A picture whose class is known.

    Attributes:
        file: its name in the source.
        label_name: its class.
        open: decodes it, upright and in RGB; raises `PictureError`.
        open_preprocessed: gives the stored square where a data set was prepared; None elsewhere.
        size: width and height of the original in pixels, where it was prepared; None elsewhere.
    """

    file: str
    label_name: str
    open: Callable[[], Image.Image]
    open_preprocessed: Callable[[], Image.Image] | None = None
    size: tuple[int, int] | None = None


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
    pictures: Sequence[LabeledPicture]
    left_out: Sequence[tuple[str, str]]
    elsewhere: int
    facts: PreparedFacts | None


def open_labeled(
    data: DataSection, labels: LabelsSection, part: Part | None, workspace: Path, fill_color: FillColor
) -> LabeledData:
    """Lists the labelled pictures of `data.source`.

    Args:
        data: its source may be a prepared data set too.
        labels: from what the source calls its classes to their names.
        part: "test": the test split alone; "all": every picture; None: the test split where there is one, else all.
        workspace: an empty folder for what must be unpacked, to be kept while pictures are opened.
        fill_color: colour behind transparent parts.

    Raises:
        UserError: it cannot be read, has no such part, or no picture with a class.
    """
    folder = Path(data.source).expanduser()
    if (folder / FACTS).is_file():
        return _open_prepared(open_prepared(folder), part)
    found = map_labels(open_source(data, workspace).files, labels).files
    usable = [file for file in found if not _reason(file)]
    tested = [file for file in usable if file.split == TEST]
    if part == TEST and not tested:
        raise UserError(f"--split: {data.source} has no test split; leave --split out, or take --split all")
    chosen = usable if part == "all" or not tested else tested
    if not chosen:
        raise UserError(f"{data.source} has no picture with a class; {_advise(found)}")
    return LabeledData(
        name=folder.name or data.source,
        part="test" if tested and part != "all" else "all",
        pictures=[
            LabeledPicture(file.file, file.label_name, partial(_open, file, data.max_megapixels, fill_color))
            for file in chosen
        ],
        left_out=[(file.file, reason) for file in found if (reason := _reason(file))],
        elsewhere=len(usable) - len(chosen),
        facts=None,
    )


def _reason(file: FoundFile) -> str:
    if file.left_out:
        return file.left_out
    if file.file.endswith("/"):
        return "a folder that cannot be listed"
    return "" if file.label_name else "no class"


def _advise(found: Sequence[FoundFile]) -> str:
    if not found:
        return "it is empty"
    return "give one folder per class, or a table that names the class of each picture"


def _open(file: FoundFile, max_megapixels: int, fill_color: FillColor) -> Image.Image:
    if file.path.exists() and not file.path.is_file():  # opening a pipe would wait for ever
        raise PictureError("a pipe or device, not a file")
    return open_picture(file.path, max_megapixels, fill_color)


def _open_prepared(prepared: PreparedDataset, part: Part | None) -> LabeledData:
    splits = SPLITS if part == "all" else (TEST,)
    names = prepared.label_names
    pictures = []
    for split in splits:
        rows = prepared.splits[split]
        columns = zip(*(rows[column][:] for column in ("file", "label", "width", "height")), strict=True)
        for number, (file, label_id, *size) in enumerate(columns):
            show = partial(_show, prepared, split, number)
            preprocessed = partial(_open_preprocessed, prepared, split, number)
            pictures.append(LabeledPicture(file, names[label_id], show, preprocessed, (size[0], size[1])))
    if not pictures:
        raise UserError(f"{prepared.folder} has no test pictures; take --split all")
    return LabeledData(
        name=prepared.facts.name,
        part="test" if part is None else part,
        pictures=pictures,
        left_out=[],
        elsewhere=sum(len(prepared.splits[split]) for split in SPLITS) - len(pictures),
        facts=prepared.facts,
    )


def _show(prepared: PreparedDataset, split: str, number: int) -> Image.Image:
    """Stretched back so that the shorter side has as many pixels as the square."""
    row = prepared.splits[split][number]
    shorter, longer = sorted((row["width"], row["height"]))
    return prepared.show(row, round(row["image"].width * min(longer / shorter, LONGEST_PROPORTION)))


def _open_preprocessed(prepared: PreparedDataset, split: str, number: int) -> Image.Image:
    preprocessed: Image.Image = prepared.splits[split][number]["image"]
    return preprocessed
