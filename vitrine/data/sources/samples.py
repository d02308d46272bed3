"""Sample pictures for pages: files that a person names, or a few of each class of a source."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from vitrine.config.data import DataSection, LabelsSection
from vitrine.data.images.decoding import ImageError, open_image
from vitrine.data.images.preprocessing import Preparation
from vitrine.data.labels.mapping import map_labels
from vitrine.data.sources.file_columns import FileColumns
from vitrine.data.sources.opening import open_found
from vitrine.data.sources.source import FoundFile, open_source
from vitrine.errors import UserError


@dataclass(frozen=True)
class Sample:
    """A picture to show.

    Attributes:
        name: its file, as people know it.
        label_name: its class, or "".
        picture: upright, 8-bit RGB.
    """

    name: str
    label_name: str
    picture: Image.Image


def open_given(pictures: Sequence[Path], max_megapixels: int, preparation: Preparation) -> list[Sample]:
    """Opens the files that `--pictures` names.

    Args:
        pictures: files.
        max_megapixels: larger ones are refused.
        preparation: its rendering of colours.

    Raises:
        UserError: one of them cannot be shown.
    """
    samples = []
    for path in pictures:
        try:
            picture = open_image(path, max_megapixels, preparation.rendering)
        except ImageError as error:
            raise UserError(f"--pictures: {path} cannot be shown: {error}") from error
        samples.append(Sample(path.name, "", picture))
    return samples


def choose_samples(
    data: DataSection,
    labels: LabelsSection,
    preparation: Preparation,
    workspace: Path,
    per_class: int,
    at_most: int,
) -> list[Sample]:
    """The first sound pictures of each class, fewer of each where there are many classes.

    Args:
        data: names the source.
        labels: its classes.
        preparation: whose fill colour lies behind transparent parts.
        workspace: empty folder for what has to be unpacked; it may go afterwards.
        per_class: pictures of each class.
        at_most: pictures in all; where the classes are more, they are spread from the first to the last.

    Raises:
        UserError: the source cannot be read, or has no picture that can be shown.
    """
    usable = map_labels(open_source(data, workspace).files, labels).files.where(lambda shared: not shared.left_out)
    names = sorted({shared.label_name for shared, _ in usable.count_shared()})
    count = min(len(names), at_most)
    chosen = [names[round(place * (len(names) - 1) / max(1, count - 1))] for place in range(count)]
    per_class = max(1, min(per_class, at_most // max(1, count)))
    samples = [
        sample for name in chosen for sample in _first_sound(_of_class(usable, name), per_class, data, preparation)
    ]
    if not samples:
        raise UserError(f"data.source: {data.source} has no picture that can be shown; give some with --pictures")
    return samples


def _of_class(files: FileColumns, name: str) -> FileColumns:
    return files.where(lambda shared: shared.label_name == name)


def _first_sound(
    files: Iterable[FoundFile], number: int, data: DataSection, preparation: Preparation
) -> Iterator[Sample]:
    for file in files:
        if number == 0:
            return
        try:
            picture = open_found(file, data.max_megapixels, preparation.rendering)
        except ImageError:  # data_prep.py names it with its reason
            continue
        number -= 1
        yield Sample(file.file, file.label_name, picture)
