"""The pictures that a person should look at, the most urgent first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from PIL import Image

from vitrine.corrections.judgment import Picture
from vitrine.records.model import ModelMetadata

Reason = Literal["contradiction", "wrong_label", "unsure", "near_duplicate", "worst"]


@dataclass(frozen=True)
class QueuedPicture:
    """A picture with what speaks for looking at it.

    Attributes:
        file: its name in the manifest.
        sha256: of the file.
        label_name: the label that it has.
        split: train, validation or test.
        reasons: the strongest first; none where only reviewers who differ bring it here.
        suggested: a label that is likelier, where one was found; else "".
        suspicion: that its label is wrong, as text; "" where that was not examined.
        beside: files of pictures to compare it with: copies and near-duplicates.
        kept: path of a visitor's picture, which no manifest has, below the folder of the corrections; else "".
    """

    file: str
    sha256: str
    label_name: str
    split: str
    reasons: tuple[Reason, ...]
    suggested: str = ""
    suspicion: str = ""
    beside: tuple[str, ...] = ()
    kept: str = ""

    @property
    def key(self) -> Picture:
        """By which judgments name it, as `Judgment.picture`."""
        return self.sha256, self.file


@dataclass(frozen=True)
class QueuedImage:
    """A queued picture, opened.

    Attributes:
        image: for the network.
        to_show: for people, in its own proportions where these are known.
        is_preprocessed: whether `image` is as the preparation of the data set left it.
    """

    image: Image.Image
    to_show: Image.Image
    is_preprocessed: bool


@dataclass(frozen=True)
class ReviewQueue:
    """What there is to go through.

    Attributes:
        pictures: in the order in which they are shown.
        label_names: of the data set.
        open_picture: opens a picture by its name in the manifest, or by its `kept`; raises ImageError.
        fits: whether the preparation of the data set is a model's own, so that nothing is done to its pictures again.
    """

    pictures: Sequence[QueuedPicture]
    label_names: Sequence[str]
    open_picture: Callable[[str], QueuedImage]
    fits: Callable[[ModelMetadata | None], bool]
