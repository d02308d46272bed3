"""Requests that arrive together are answered together: one pass of the network costs less than one for each."""

import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import cpu_count

import numpy as np
from PIL import Image

from vitrine.errors import UserError
from vitrine.predict.predictions import Prediction
from vitrine.predict.predictor import Predictor
from vitrine.predict.preprocessing import Pixels

MOST = 8  # pictures in one pass: on a processor larger ones gain nothing more
DEADLINE_SECONDS = 0.02  # that a picture waits at most for others whose preparation is under way
PATIENCE_SECONDS = 120.0  # for one pass: the largest networks take some ten seconds for it on a busy machine


class NoAnswerError(UserError):
    """A pass of the network does not end, so that nobody behind it can be answered."""


@dataclass
class _Request:
    pixels: Pixels
    prediction: Prediction | None = None
    error: Exception | None = None
    woken: threading.Event = field(default_factory=threading.Event)  # it is answered, or its thread is to ask for all

    @property
    def is_answered(self) -> bool:
        return self.prediction is not None or self.error is not None


class Batcher:
    """Asks a model for many threads at once; each prepares its own picture, one of them asks for all that wait.

    A picture that comes alone is not kept waiting.

    Args:
        predictor: the model.
        most: pictures in one pass of the network.
        deadline_seconds: that a picture waits for others, at most.
        patience_seconds: that one pass may take before those behind it give up.
    """

    def __init__(
        self,
        predictor: Predictor,
        most: int = MOST,
        deadline_seconds: float = DEADLINE_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self.predictor = predictor
        self.most = most
        self.deadline_seconds = deadline_seconds
        self.patience_seconds = patience_seconds
        self._waiting: list[_Request] = []
        self._coming = 0  # requests whose pictures are being prepared
        # Sixty threads that resize at once take turns at the interpreter's lock so often that all take twice as long.
        self._preparing = threading.BoundedSemaphore(cpu_count() or 1)
        self._changed = threading.Condition()
        self._is_asking = False  # whether a thread asks the model, or was woken to do so
        self._begun = 0.0  # when it was, for the pass at work
        self._sizes: Counter[int] = Counter()

    @property
    def sizes(self) -> Mapping[int, int]:
        """How many passes held how many pictures, by the number of pictures."""
        with self._changed:
            return dict(sorted(self._sizes.items()))

    def predict(self, image: Image.Image, preprocessed: bool = False) -> Prediction:
        """What the model says of a picture; arguments as for `Predictor.predict_images`.

        Raises:
            ImageError: as `Predictor.pixels`.
            NoAnswerError: the network has been at work on others' pictures for longer than it can take.
        """
        request = self._enter(image, preprocessed)
        with self._changed:
            asks = not (self._is_asking or request.is_answered)
            if asks:
                self._is_asking, self._begun = True, time.monotonic()
        if not asks:
            self._wait(request)
        if not request.is_answered:
            self._ask_until_answered(request)
        if request.error is not None:
            raise request.error
        assert request.prediction is not None  # noqa: S101 (for mypy)
        return request.prediction

    def _wait(self, request: _Request) -> None:
        """Until it is answered, or its thread is to ask for all; not behind a pass that hangs."""
        while True:
            with self._changed:
                left = self._begun + self.patience_seconds - time.monotonic()
                if left <= 0 and not request.woken.is_set():
                    self._waiting = [one for one in self._waiting if one is not request]
                    raise NoAnswerError(
                        f"the model has been at work on one answer for more than {self.patience_seconds:.0f} seconds, "
                        "so it seems to hang; come again later, or start the app again"
                    )
            if request.woken.wait(max(left, 0)):
                return

    def _ask_until_answered(self, request: _Request) -> None:
        """Asks for all that wait, until the own request is among them; then the thread of the oldest one goes on.

        Nobody waits for a lock: among sixty threads it would go to one after another that is answered already, while
        the network has nothing to do.
        """
        try:
            while not request.is_answered:
                batch = self._collect()
                self._answer(batch)
                for one in batch:
                    one.woken.set()
        finally:
            with self._changed:
                self._is_asking, self._begun = bool(self._waiting), time.monotonic()
                if self._waiting:
                    self._waiting[0].woken.set()

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

    def _collect(self) -> list[_Request]:
        """The oldest request, with others of its size."""
        until = time.monotonic() + self.deadline_seconds
        with self._changed:
            while self._coming and len(self._waiting) < self.most and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)
            shape = self._waiting[0].pixels.shape
            batch = [request for request in self._waiting if request.pixels.shape == shape][: self.most]
            self._waiting = [request for request in self._waiting if not any(request is one for one in batch)]
            self._sizes[len(batch)] += 1
            self._begun = time.monotonic()
        return batch

    def _answer(self, batch: list[_Request]) -> None:
        ids = [str(number) for number in range(len(batch))]
        try:
            answers = list(self.predictor.predict_pixels(ids, np.concatenate([request.pixels for request in batch])))
        except Exception as error:  # whatever it is, it is an answer, too; the next batch is asked all the same
            if len(batch) == 1:
                batch[0].error = error
            else:  # one picture's fault is not the others'
                for request in batch:
                    self._answer([request])
            return
        for request, answer in zip(batch, answers, strict=True):
            request.prediction = answer
