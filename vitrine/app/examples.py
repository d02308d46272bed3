"""The test pictures that a model brings along, by class and by what it says of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final, Literal

from gradio.processing_utils import save_file_to_cache

from vitrine.app.uploads import upload_folder
from vitrine.models.calibration.selective import Answer, Unsure
from vitrine.models.hub_files import is_inside
from vitrine.predict.predictions import Prediction
from vitrine.predict.predictor import Predictor

Outcome = Literal["right", "wrong", "unsure"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("right", "wrong", "unsure")
ALL: Final = ""  # classes, or outcomes


@dataclass(frozen=True)
class ExampleImage:
    """A test picture of the model.

    Attributes:
        name: by which a link means it.
        path: where Gradio may show it.
        label_name: its true class.
        prepared: whether it is preprocessed, as the network sees it.
    """

    name: str
    path: Path
    label_name: str
    prepared: bool = False


class Examples:
    """Chooses among test pictures.

    Args:
        images: all of them.
        predict: asks the model about one; is asked once for each, when the first outcome is chosen.
    """

    def __init__(self, images: Sequence[ExampleImage], predict: Callable[[ExampleImage], Prediction]) -> None:
        self.images = images
        self._predict = predict

    def find(self, name: str) -> int | None:
        """The number of the picture with a name; None where there is none."""
        return next((number for number, image in enumerate(self.images) if image.name == name), None)

    def choose(self, label_name: str = ALL, outcome: Outcome | Literal[""] = ALL) -> list[int]:
        """Numbers of the pictures of a class, and of an outcome."""
        chosen = [number for number, image in enumerate(self.images) if label_name in (ALL, image.label_name)]
        return [number for number in chosen if outcome in (ALL, self._outcomes[number])] if outcome else chosen

    @property
    def label_names(self) -> list[str]:
        """Classes of which there is a picture, in the order of the pictures."""
        return list(dict.fromkeys(image.label_name for image in self.images))

    @cached_property
    def _outcomes(self) -> list[Outcome]:
        return [_judge(self._predict(image), image.label_name) for image in self.images]


def _judge(prediction: Prediction, label_name: str) -> Outcome:
    """A known picture that is said to be of no class is a mistake, too."""
    if isinstance(prediction.decision, Unsure):
        return "unsure"
    is_right = isinstance(prediction.decision, Answer) and prediction.decision.label_name == label_name
    return "right" if is_right else "wrong"


def example_images(predictor: Predictor) -> tuple[ExampleImage, ...]:
    """Copies of the test pictures that lie in the model folder, where Gradio may show them.

    A model of the Hub is somebody else's: what leads out of its folder, by its name or by a link, is passed over.
    """
    if predictor.metadata is None:
        return ()
    return tuple(
        ExampleImage(
            PurePosixPath(example.file).stem,
            Path(save_file_to_cache(predictor.folder / example.file, str(upload_folder()))),
            example.label_name,
            example.prepared,
        )
        for example in predictor.metadata.examples
        if is_inside(predictor.folder, example.file) and (predictor.folder / example.file).is_file()
    )
