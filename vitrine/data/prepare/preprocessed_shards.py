"""The squares of a data set in shards, each a unit of work whose result is a file as the data set will hold it.

Such a file is named by all that decides its content, and takes its place in the data set when all are there. So doing
one twice changes nothing, whoever does it, and squares that were broken off go on from the last whole file.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from threadpoolctl import threadpool_limits
from torchvision.transforms.v2 import functional as F  # noqa: N812 (torchvision's own name for it)

from vitrine.data.images.decoding import ImageError
from vitrine.data.images.preprocessing import Preparation, preprocess_image
from vitrine.data.prepared.shards import ShardFile, read_side
from vitrine.data.sources.files import FoundFile
from vitrine.data.sources.opening import open_place
from vitrine.data.sources.places import SourceLostError
from vitrine.records.atomic import new_file
from vitrine.records.prepared import Settings
from vitrine.work.journal import NO_ITEM
from vitrine.work.part import OneFile, name_ends
from vitrine.work.unit import TOO_LITTLE_MEMORY, StuckError


class PictureLostError(SourceLostError):
    """A picture could be read and cannot be any more: it was changed or removed, or its disk or store failed.

    Attributes:
        file: its name in the source.
    """

    def __init__(self, found: FoundFile, reason: str) -> None:
        """Of a picture, and why it cannot be read."""
        super().__init__(
            f"{found.path} changed while it was read ({reason}); give the same command again: what was done is kept, "
            "and this picture is looked at anew"
        )
        self.file = found.file
        self._made_of = (found, reason)

    def __reduce__(self) -> tuple[type[Self], tuple[FoundFile, str]]:
        """So that it goes from process to process as what it is."""
        return type(self), self._made_of


@dataclass(frozen=True, kw_only=True)
class PreprocessedShard(OneFile):
    """Pictures of a split that follow each other, as many as one file holds.

    Attributes:
        digest: of all that decides the content.
        files: in the order of the manifest, as any process finds them, wherever it was started.
        label_ids: of the files, `[files]`.
        sizes: width and height of their upright originals, in pixels, `[files, 2]`.
        stored: by place, the file and the row of a square that an earlier preparation made.
        side: of the squares, in pixels.
        label_names: in the order of the label ids.
        settings: of the data set.
    """

    ending: ClassVar[str] = ".arrow"
    digest: str
    files: Sequence[FoundFile]
    label_ids: npt.NDArray[np.int32] = field(compare=False)
    sizes: npt.NDArray[np.int32] = field(compare=False)
    stored: Mapping[int, tuple[Path, int]] = field(compare=False)
    side: int
    label_names: tuple[str, ...]
    settings: Settings

    @property
    def name(self) -> str:
        """Made of all that decides the content."""
        return self.digest

    @property
    def title(self) -> str:
        """The names of its first and last file."""
        return name_ends(self.files)

    def write(self, note: Callable[[int], None]) -> None:
        """Makes the squares in one thread, and holds as many as are written together.

        Raises:
            PictureLostError: a picture that was scanned cannot be read any more.
        """
        with threadpool_limits(1), new_file(self.path) as temporary:
            shard = ShardFile(temporary, self.label_names, self.side)
            for place, square in enumerate(self._make_squares(note)):
                width, height = self.sizes[place].tolist()
                shard.write(square, int(self.label_ids[place]), self.files[place].file, width, height)
            shard.close()

    def _make_squares(self, note: Callable[[int], None]) -> Iterator[bytes]:
        shards: dict[Path, pa.ChunkedArray] = {}
        for place, file in enumerate(self.files):
            note(place)
            square = self._read_stored(place, shards) or preprocess_file(file, self.side, self.settings)
            note(NO_ITEM)  # should writing end the process, no picture is to blame
            yield square

    def _read_stored(self, place: int, shards: dict[Path, pa.ChunkedArray]) -> bytes | None:
        """The square that an earlier preparation made, where it is as large as it must be.

        Args:
            place: of the picture.
            shards: those that were opened before; is added to.
        """
        if place not in self.stored:
            return None
        path, row = self.stored[place]
        if path not in shards:
            shards[path] = pa.ipc.open_stream(pa.memory_map(str(path))).read_all()["image"]
        square: bytes = shards[path][row].as_py()["bytes"]
        return square if read_side(square) == self.side else None

    def blame(self) -> Self:
        """See `Work.blame`.

        Raises:
            StuckError: its processes keep dying; of a picture that was read once before none can be left out.
        """
        blamed = super().blame()
        for place in blamed.deaths.culprits:
            raise StuckError(
                f"two processes ended while they made a square of {self.files[place].path}; {TOO_LITTLE_MEMORY}, or "
                "move that picture elsewhere"
            )
        return blamed


def preprocess_file(file: FoundFile, side: int, settings: Settings) -> bytes:
    """The picture as PPM, a header and the plain pixels: lossless, and read without decoding (PNG: 500 a second).

    Args:
        file: of a source.
        side: of the square, in pixels.
        settings: of the data set.

    Raises:
        PictureLostError: it cannot be read.
    """
    preparation = Preparation.from_section(settings.preparation)
    try:
        picture = open_place(file.path, settings.data.max_megapixels, preparation.rendering)
        preprocessed = F.to_pil_image(preprocess_image(picture, side, preparation))
    except (ImageError, OSError) as error:
        raise PictureLostError(file, str(error)) from error
    stream = BytesIO()
    preprocessed.save(stream, "PPM")
    return stream.getvalue()
