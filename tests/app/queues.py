"""A small review queue for the tests of the app."""

from tests.app.models import LABELS, noise
from tests.corrections.examples import digest
from vitrine.corrections.review_queue import QueuedImage, QueuedPicture, ReviewQueue
from vitrine.data.images.decoding import ImageError

HTML_FILE = "<b>odd</b>/=1+1.png"


def open_noise(file: str) -> QueuedImage:
    if file == "gone.png":
        raise ImageError("it is gone")
    image = noise(len(file))
    return QueuedImage(image, image, is_preprocessed=False)


def queued(file: str, **values) -> QueuedPicture:
    values = {"label_name": "red", "split": "test", "reasons": ("wrong_label",)} | values
    return QueuedPicture(file, digest(file), **values)


def small_queue() -> ReviewQueue:
    pictures = (
        queued("a.png", suggested="é", suspicion="0.912", beside=("bb.png",)),
        queued("bb.png", reasons=("near_duplicate", "unsure")),
        queued(HTML_FILE, label_name="<b>green</b>"),
        queued("gone.png"),
    )
    return ReviewQueue(pictures, LABELS, open_noise, lambda _: False)
