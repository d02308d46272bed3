"""What happens when somebody goes through the review queue; where they are comes in with each event."""

from collections.abc import Container, Sequence, Set
from dataclasses import dataclass, replace

from PIL import Image

from vitrine.app.classifier import Classifier
from vitrine.app.corrections import model_side
from vitrine.corrections.judgment import LABEL, NEW, NONE, Judgment, Kind, Picture
from vitrine.corrections.opinions import current, needs_a_look
from vitrine.corrections.review_queue import QueuedImage, QueuedPicture, ReviewQueue
from vitrine.corrections.store import CorrectionStore
from vitrine.data.images.decoding import ImageError
from vitrine.predict.predictions import Prediction

MOST_CHOICES = 9  # as many as there are digits


@dataclass(frozen=True)
class Place:
    """Where a visitor is.

    Attributes:
        number: of the picture in the queue; as many as there are pictures when the visitor is through.
        mine: judgments of this visit with the numbers of their pictures, the latest last.
        seen: numbers of pictures whose label and suggestion this visitor was shown: what is said of them is not blind.
    """

    number: int = 0
    mine: tuple[tuple[str, int], ...] = ()
    seen: frozenset[int] = frozenset()


@dataclass(frozen=True)
class View:
    """What a visitor is shown.

    Attributes:
        picture: of the queue; None when all is done.
        opened: the picture; None where it cannot be opened.
        prediction: what the model says; None where it was not asked.
        choices: labels for the digits from 1 on.
    """

    picture: QueuedPicture | None
    opened: QueuedImage | None = None
    prediction: Prediction | None = None
    choices: Sequence[str] = ()


class Reviewing:
    """The queue, the model and the store.

    Args:
        classifier: of the page.
        queue: to go through.
        store: keeps what is said.
    """

    def __init__(self, classifier: Classifier, queue: ReviewQueue, store: CorrectionStore) -> None:
        self.classifier = classifier
        self.queue = queue
        self.store = store
        self._fits = queue.fits(classifier.predictor.metadata)

    @property
    def label_names(self) -> Sequence[str]:
        """What may be chosen: the classes of the data set, then those that only the model knows."""
        return tuple(dict.fromkeys([*self.queue.label_names, *self.classifier.predictor.label_names]))

    def look(self, place: Place, blind: bool) -> View:
        """What is to be seen at a place.

        Args:
            place: of the visitor.
            blind: whether suggestion and label are hidden; the digits then follow the order of the classes.
        """
        if place.number >= len(self.queue.pictures):
            return View(None)
        picture = self.queue.pictures[place.number]
        try:
            opened = self.queue.open_picture(picture.kept or picture.file)
            prediction = self.classifier.batcher.predict(opened.image, opened.is_preprocessed and self._fits)
        except ImageError:
            return View(picture)
        names = self.label_names if blind else _likeliest(prediction, picture, self.label_names)
        return View(picture, opened, prediction, tuple(names[:MOST_CHOICES]))

    def open_quietly(self, file: str) -> Image.Image | None:
        """A picture to show beside another; None where it cannot be opened."""
        try:
            return self.queue.open_picture(file).to_show
        except ImageError:
            return None

    def judge(self, place: Place, view: View, kind: Kind, label: str, reviewer: str, blind: bool) -> Place:
        """Keeps what is said of the picture at a place, and goes on: to one on which reviewers differ, else as `skip`.

        Args:
            place: of the visitor.
            view: of that place.
            kind: of the judgment.
            label: that is given.
            reviewer: who says it.
            blind: whether suggestion and label are hidden now.

        Raises:
            StoreError: it could not be kept.
        """
        picture = view.picture
        if picture is None:
            return place
        kept = self.store.add(
            Judgment(
                picture.sha256,
                kind,
                label,
                reviewer,
                file=picture.file,
                label_name=picture.label_name,
                split=picture.split,
                suspicion=picture.suspicion,
                blind=blind and place.number not in place.seen,
                **(model_side(self.classifier.predictor, view.prediction) if view.prediction else {}),
            )
        )
        gone_on = replace(place, mine=(*place.mine, (kept.id, place.number)))
        return replace(gone_on, number=self._most_urgent(place.number + 1, reviewer))

    def skip(self, place: Place, reviewer: str) -> Place:
        """The next picture that waits for the reviewer; after the last one, the first."""
        return replace(place, number=self._next(place.number + 1, self._waiting(reviewer)))

    def begin(self, place: Place, reviewer: str) -> Place:
        """Who comes back goes on with what reviewers differ on, else where there is something left."""
        return replace(place, number=self._most_urgent(place.number, reviewer))

    def undo(self, place: Place) -> Place:
        """Takes the latest judgment of this visit back and goes to its picture; without one, nothing happens.

        Raises:
            UserError: it was taken back already, or that could not be kept.
        """
        if not place.mine:
            return place
        *before, (judgment_id, number) = place.mine
        self.store.withdraw(judgment_id)
        return replace(place, number=number, mine=tuple(before))

    def done(self, reviewer: str) -> int:
        """How many pictures of the queue the reviewer has judged and need not look at again."""
        return len(self._judged(reviewer) - self._contested(reviewer))

    def _judged(self, reviewer: str) -> set[int]:
        return self._numbers(set(current(self.store.of_reviewer(reviewer))))

    def _contested(self, reviewer: str) -> set[int]:
        """Those on which reviewers differ since this one looked last."""
        opinions = current(self.store.of_several())
        named = {picture for picture, said in opinions.items() if needs_a_look(said, reviewer)}
        return self._numbers(named | {(sha256, file) for sha256, file in self._keys() if (sha256, "") in named})

    def _numbers(self, named: Set[Picture]) -> set[int]:
        """Those of the queue that are named, by all that is known of them."""
        contents = {sha256 for sha256, _ in named}
        return {
            number
            for number, (sha256, file) in enumerate(self._keys())
            if named & {(sha256, file), ("", file)} or (not file and sha256 in contents)
        }

    def _keys(self) -> list[Picture]:
        return [picture.key for picture in self.queue.pictures]

    def _waiting(self, reviewer: str) -> set[int]:
        judged = self._judged(reviewer)
        with_reason = {number for number, picture in enumerate(self.queue.pictures) if picture.reasons}
        return (with_reason - judged) | self._contested(reviewer)

    def _most_urgent(self, first: int, reviewer: str) -> int:
        return self._next(first, self._contested(reviewer) or self._waiting(reviewer))

    def _next(self, first: int, among: Container[int]) -> int:
        total = len(self.queue.pictures)
        order = [*range(first, total), *range(min(first, total))]
        return next((number for number in order if number in among), total)


def kind_of(label: str, label_names: Sequence[str]) -> Kind:
    """Whether a label is one of the classes, a new one, or none."""
    return NONE if not label else LABEL if label in label_names else NEW


def _likeliest(prediction: Prediction, picture: QueuedPicture, label_names: Sequence[str]) -> Sequence[str]:
    """The model's ranking, among whose first nine are the label that it has and the one that was suggested."""
    ranked = [label for label, _ in prediction.ranking]
    wanted = [label for label in (picture.suggested, picture.label_name) if label in label_names]
    first = ranked[: MOST_CHOICES - len(wanted)]
    return tuple(dict.fromkeys([*first, *wanted, *ranked]))
