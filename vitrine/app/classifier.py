"""What happens when a picture is chosen on the page or sent to its API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from vitrine.app.beside import Beside
from vitrine.app.examples import ExampleImage, Examples, example_images
from vitrine.app.uploads import Upload, displayable, open_upload, refuse_picture, upload_folder
from vitrine.app.wording import EXAMPLE, Wording, name_with_network, notice
from vitrine.data.images.decoding import ImageError
from vitrine.errors import UserError
from vitrine.models.calibration.selective import Answer, NoneOfThese, Unsure, describe
from vitrine.predict.batcher import Batcher, NoAnswerError
from vitrine.predict.predictions import Prediction
from vitrine.predict.predictor import Predictor
from vitrine.ui.stored import translate
from vitrine.ui.texts import Texts, load_texts

KINDS = {Answer: "answer", Unsure: "unsure", NoneOfThese: "none"}  # in the API


@dataclass(frozen=True)
class Shown:
    """The last picture that was answered.

    Attributes:
        path: the file on display.
        name: its name.
        prediction: what the model says of it.
        label_name: the right answer, for a test picture.
        prepared: whether the file is preprocessed, as the network sees it.
        on_page: false once it was taken away. It is remembered all the same: dropping a file on a picture takes the
            picture away first, and if the file cannot be used, the picture shall come back.
        original: the file that was uploaded, where another one is on display.
        example: name of a test picture, which a link may show again; "" for an upload, which nobody else shall see.
        beside: what the second model says of it, where there is one; or why it says nothing.
    """

    path: Path
    name: str
    prediction: Prediction
    label_name: str | None = None
    prepared: bool = False
    on_page: bool = True
    original: Path | None = None
    example: str = ""
    beside: Prediction | UserError | None = None


class Classifier:
    """Answers the page's events; it keeps nothing between them, what a visitor sees comes in as `shown`.

    Args:
        predictor: the model.
        texts: of the page's language; programs that use the API are answered in English.
        batcher: that asks the model for others, too; None makes one.
        beside: a second model, whose answers stand beside those of the first.
    """

    def __init__(
        self, predictor: Predictor, texts: Texts, batcher: Batcher | None = None, beside: Beside | None = None
    ) -> None:
        self.predictor = predictor
        self.batcher = batcher or Batcher(predictor)
        self.beside = beside
        self.name = name_with_network(predictor.model_id, predictor.metadata)
        self.wording = Wording(texts)
        self.trust = predictor.trust
        self.examples = Examples(example_images(predictor), self._predict_example)

    def answer_api(self, picture: Mapping[str, Any] | None, top_k: float) -> dict[str, float]:
        """The `/predict` endpoint: label name to probability, highest first."""
        count, prediction = self._predict_for_api(picture, top_k)
        return dict(prediction.ranking[:count])

    def decide_api(self, picture: Mapping[str, Any] | None, top_k: float) -> dict[str, Any]:
        """The `/decide` endpoint: the decision with what led to it."""
        count, prediction = self._predict_for_api(picture, top_k)
        return {
            "decision": KINDS[type(prediction.decision)],
            "words": describe(prediction.decision),
            "familiarity": prediction.similarity,
            "confidences": [{"label": label, "confidence": share} for label, share in prediction.ranking[:count]],
        }

    def describe_api(self) -> dict[str, Any]:
        """The `/model` endpoint: what computes the answers, and how many pictures it was asked about at a time."""
        return {
            "model": self.predictor.model_id,
            "runtime": self.predictor.network.name,
            "batch_sizes": {str(size): count for size, count in self.batcher.sizes.items()},
        }

    def _predict_for_api(self, picture: Mapping[str, Any] | None, top_k: float) -> tuple[int, Prediction]:
        if picture is None:
            raise gr.Error("No picture was sent; send one as `picture`.", print_exception=False)
        try:
            count = check_top_k(top_k)
            _, prediction = self._answer_upload(picture, load_texts("en"))
        except UserError as error:
            raise gr.Error(str(error), print_exception=False) from None
        return count, prediction

    def show_upload(self, picture: Mapping[str, Any], top_k: int, shown: Shown | None) -> tuple[Any, ...]:
        """A picture was chosen, photographed, pasted or dropped.

        Returns:
            Picture, message, answer, what is shown now. A file that cannot be used changes nothing but the message:
            the picture before it comes back.
        """
        try:
            upload, prediction = self._answer_upload(picture, self.wording.texts)
        except UserError as error:
            before = replace(shown, on_page=True) if shown is not None and shown.path.is_file() else None
            picture_before = str(before.path) if before else None
            return picture_before, notice(str(error)), self._answer(before, top_k), before
        new = Shown(
            displayable(upload, upload_folder()),
            upload.name,
            prediction,
            original=upload.path,
            beside=self._ask_beside(upload.path),
        )
        picture_again = gr.skip() if new.path == upload.path else str(new.path)
        return picture_again, notice(""), self._answer(new, top_k), new

    def show_nothing(self, shown: Shown | None) -> tuple[Any, ...]:
        """The picture was taken away. Returns message, answer, what is shown now."""
        gone = None if shown is None else replace(shown, on_page=False)
        return notice(""), self.wording.nothing_yet, gone

    def show_clicked(self, numbers: Sequence[int], top_k: int, event: gr.SelectData) -> tuple[Any, ...]:
        """A test picture was clicked, of those with these numbers. Returns as `show_upload` does."""
        return self.show_example(numbers[int(event.index)], top_k)

    def show_linked(self, top_k: int, request: gr.Request) -> tuple[Any, ...]:
        """The page was opened, maybe by a link to a test picture. Returns as `show_upload` does."""
        number = self.examples.find(str(dict(request.query_params).get(EXAMPLE, "")))
        return (gr.skip(),) * 4 if number is None else self.show_example(number, top_k)

    def show_example(self, number: int, top_k: int) -> tuple[Any, ...]:
        """A test picture. Returns as `show_upload` does."""
        example = self.examples.images[number]
        name = self.wording.texts("app.answer.test_picture", number=number + 1)
        new = Shown(
            example.path,
            name,
            self._predict_example(example),
            example.label_name,
            example.prepared,
            example=example.name,
            beside=self._ask_beside(example.path),
        )
        return str(example.path), notice(""), self._answer(new, top_k), new

    def show_bars(self, top_k: int, shown: Shown | None) -> str:
        """Another number of bars was chosen; the model need not be asked again."""
        return self._answer(shown, top_k)

    def _answer(self, shown: Shown | None, top_k: int) -> str:
        if shown is None or not shown.on_page:
            return self.wording.nothing_yet
        said = self.wording.answer(shown.name, shown.prediction, int(top_k), self.trust, shown.label_name)
        if self.beside is not None and shown.beside is not None:
            label_name = self.beside.known_label(shown.label_name)
            if isinstance(shown.beside, UserError):
                second = notice(translate(str(shown.beside), self.wording.texts))
            else:
                second = self.wording.answer(shown.name, shown.beside, int(top_k), self.beside.trust, label_name)
            said = self.wording.side_by_side([(self.name, said), (self.beside.name, second)])
        return said + self.wording.link(shown.example)

    def _predict(self, image: Image.Image, preprocessed: bool = False) -> Prediction:
        return self.batcher.predict(image, preprocessed)

    def _predict_example(self, example: ExampleImage) -> Prediction:
        return self._predict(self.predictor.open_image(example.path), example.prepared)

    def _ask_beside(self, path: Path) -> Prediction | UserError | None:
        try:
            return None if self.beside is None else self.beside.predict(path)
        except UserError as error:  # its preparation may take less than that of the first
            return error

    def _answer_upload(self, picture: Mapping[str, Any], texts: Texts) -> tuple[Upload, Prediction]:
        upload = self._open(picture, texts)
        try:
            return upload, self._predict(upload.image)
        except ImageError as error:
            raise UserError(refuse_picture(upload.name, error, texts)) from None
        except NoAnswerError:
            raise UserError(texts("app.no_answer")) from None

    def _open(self, picture: Mapping[str, Any], texts: Texts) -> Upload:
        return open_upload(picture, upload_folder(), texts, self.predictor.rendering)


def check_top_k(top_k: float) -> int:
    """Takes a whole number from 1 on; more than there are labels means all of them.

    Raises:
        UserError: the value found and what is allowed.
    """
    if isinstance(top_k, bool) or not isinstance(top_k, int | float) or top_k < 1 or top_k % 1:
        raise UserError(f"top_k must be a whole number from 1 on (got {top_k!r})")
    return int(top_k)
