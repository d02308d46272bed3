"""Requests that arrive together are answered together: one pass of the network costs less than one for each."""

import threading
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from os import cpu_count

import numpy as np
from PIL import Image

from vitrine.predict.predictions import Prediction
from vitrine.predict.predictor import Predictor
from vitrine.predict.preprocessing import Pixels

MOST = 8  # pictures in one pass: on a processor larger ones gain nothing more
DEADLINE_SECONDS = 0.02  # that a picture waits at most for others whose preparation is under way


@dataclass
class _Request:
    pixels: Pixels
    answer: Future[Prediction] = field(default_factory=Future)


class Batcher:
    """Asks a model for many threads at once; each prepares its own picture, and one thread asks for all that wait.

    It is always the same one: OpenMP's threads that compute a network for one caller wait asleep at every layer as soon
    as another caller has threads of its own, which doubles the time of a small network (findings). A picture that comes
    alone is not kept waiting.

    Args:
        predictor: the model.
        most: pictures in one pass of the network.
        deadline_seconds: that a picture waits for others, at most.
    """

    def __init__(self, predictor: Predictor, most: int = MOST, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self.predictor = predictor
        self.most = most
        self.deadline_seconds = deadline_seconds
        self._waiting: list[_Request] = []
        self._coming = 0  # requests whose pictures are being prepared
        # Sixty threads that resize at once take turns at the interpreter's lock so often that all take twice as long.
        self._preparing = threading.BoundedSemaphore(cpu_count() or 1)
        self._changed = threading.Condition()
        self._asking = ThreadPoolExecutor(1, "answers")
        self._sizes: Counter[int] = Counter()

    @property
    def sizes(self) -> Mapping[int, int]:
        """How many passes held how many pictures, by the number of pictures."""
        with self._changed:
            return dict(sorted(self._sizes.items()))

    def predict(self, image: Image.Image, preprocessed: bool = False) -> Prediction:
        """What the model says of a picture; arguments as for `Predictor.predict_images`."""
        request = self._enter(image, preprocessed)
        self._asking.submit(self._answer_waiting)
        return request.answer.result()

    def _enter(self, image: Image.Image, preprocessed: bool) -> _Request:
        with self._changed:
            self._coming += 1
        request = None
        try:
            with self._preparing:
                request = _Request(self.predictor.pixels([image], preprocessed))
            return request
        finally:
            with self._changed:
                self._coming -= 1
                if request is not None:
                    self._waiting.append(request)
                self._changed.notify_all()

    def _answer_waiting(self) -> None:
        """Called once for each request; an earlier call may have answered it with others."""
        batch = self._collect()
        if not batch:
            return
        ids = [str(number) for number in range(len(batch))]
        try:
            predictions = self.predictor.predict_pixels(ids, np.concatenate([request.pixels for request in batch]))
        except Exception as error:  # whatever it is, it is the answer to all; the next batch is asked all the same
            for request in batch:
                request.answer.set_exception(error)
            return
        for request, prediction in zip(batch, predictions, strict=True):
            request.answer.set_result(prediction)

    def _collect(self) -> list[_Request]:
        """The oldest request, with others of its size; none where nobody waits."""
        until = time.monotonic() + self.deadline_seconds
        with self._changed:
            if not self._waiting:
                return []
            while self._coming and len(self._waiting) < self.most and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)
            shape = self._waiting[0].pixels.shape
            batch = [request for request in self._waiting if request.pixels.shape == shape][: self.most]
            self._waiting = [request for request in self._waiting if not any(request is one for one in batch)]
            self._sizes[len(batch)] += 1
        return batch
