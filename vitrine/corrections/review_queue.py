"""The pictures that a person should look at, the most urgent first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from PIL import Image

Reason = Literal["contradiction", "wrong_label", "unsure", "near_duplicate", "worst"]


@dataclass(frozen=True)
class QueuedPicture:
    """A picture with what speaks for looking at it.

    Attributes:
        file: its name in the manifest.
        sha256: of the file.
        label_name: the label that it has.
        split: train, validation or test.
        reasons: the strongest first.
        suggested: a label that is likelier, where one was found; else "".
        suspicion: that its label is wrong, as text; "" where that was not examined.
        beside: files of pictures to compare it with: copies and near-duplicates.
    """

    file: str
    sha256: str
    label_name: str
    split: str
    reasons: tuple[Reason, ...]
    suggested: str = ""
    suspicion: str = ""
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReviewQueue:
    """What there is to go through.

    Attributes:
        pictures: in the order in which they are shown.
        label_names: of the data set.
        open_picture: from a file's name to its picture, as the network sees it.
        show_picture: likewise, as people look at it.
    """

    pictures: Sequence[QueuedPicture]
    label_names: Sequence[str]
    open_picture: Callable[[str], Image.Image]
    show_picture: Callable[[str], Image.Image]
