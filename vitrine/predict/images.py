"""Pictures of any source, as `predict_batches` takes them: each has a name and can be opened."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from PIL import Image

from vitrine.data.images.decoding import Rendering
from vitrine.data.sources.files import FoundFile
from vitrine.data.sources.opening import open_found


class Picture(Protocol):
    """What can be opened; `LabeledImage` is one too."""

    @property
    def file(self) -> str:
        """Its name in the source: the id of its prediction."""

    @property
    def open(self) -> Callable[[], Image.Image]:
        """Decodes it, upright and in RGB; may raise `ImageError`."""

    @property
    def open_preprocessed(self) -> Callable[[], Image.Image] | None:
        """Gives it as it was prepared, where it was."""


@dataclass(frozen=True)
class NamedImage:
    """A picture of which nothing but its name is known; see `Picture`."""

    file: str
    open: Callable[[], Image.Image]
    open_preprocessed: Callable[[], Image.Image] | None = None


def from_files(files: Iterable[FoundFile], rendering: Rendering) -> list[NamedImage]:
    """Files of a source; those that the source left out raise the reason when they are opened.

    Args:
        files: of folders, archives or tables.
        rendering: of their colours, as the model needs it.
    """
    return [NamedImage(file.file, partial(open_found, file, rendering=rendering)) for file in files]
