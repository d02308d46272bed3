"""A model at hand in Python: load it, and ask it about pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import overload

from PIL import Image, ImageOps

from vitrine.data.images.decoding import ImageError, Rendering
from vitrine.data.sources import places
from vitrine.data.sources.opening import open_place
from vitrine.data.sources.unlabeled_source import find_unlabeled
from vitrine.errors import UserError
from vitrine.models.calibration.selective import Decision, describe
from vitrine.predict.batches import Unreadable, predict_batches
from vitrine.predict.images import NamedImage, from_files
from vitrine.predict.predictor import Predictor
from vitrine.records import folder as run_folder
from vitrine.workflows.notebook import TEXTS, bar, small_image, table, titled
from vitrine.workflows.parameters import Place, short_name
from vitrine.workflows.run import Run

AS_SEEN = Rendering(color_profiles="apply")  # as any viewer shows a file
TOP_K = 5  # classes that a notebook shows

Source = Place | Image.Image


@dataclass(frozen=True, repr=False)
class ImagePrediction:
    """What a model says of one picture.

    Attributes:
        file: the picture's name; "" of one that came as an image.
        ranking: every class with its calibrated probability, highest first; () where the picture cannot be read.
        decision: what follows: an answer, unsure between two, or none of these; None where it cannot be read.
        similarity: mean cosine similarity to the nearest training pictures; None where the model does not measure it.
        problem: why the picture cannot be read; "" where it can.
    """

    file: str
    ranking: tuple[tuple[str, float], ...] = ()
    decision: Decision | None = None
    similarity: float | None = None
    problem: str = ""
    _picture: places.Place | Image.Image | None = field(default=None, compare=False)

    @property
    def label_name(self) -> str:
        """The likeliest class, whether the model is sure of it or not; "" where the picture cannot be read."""
        return self.ranking[0][0] if self.ranking else ""

    @property
    def probability(self) -> float:
        """Of the likeliest class, calibrated; 0 where the picture cannot be read."""
        return self.ranking[0][1] if self.ranking else 0.0

    @property
    def answer(self) -> str:
        """In words: "pug", "unsure: pug or corgi", "none of my classes"; or why the picture cannot be read."""
        return self.problem if self.decision is None else describe(self.decision)

    def __repr__(self) -> str:
        likeliest = ", ".join(f"{name} {TEXTS.percent(share, 1)}" for name, share in self.ranking[:2])
        where = f" in {self.file}" if self.file else ""
        return f"ImagePrediction({self.answer!r}{': ' * bool(likeliest)}{likeliest}{where})"

    def _repr_html_(self) -> str:
        rows = [(name, bar(share), TEXTS.percent(share, 1)) for name, share in self.ranking[:TOP_K]]
        return titled(self.answer, self._show_picture(), table(rows) if rows else "", self.file)

    def _show_picture(self) -> str:
        if isinstance(self._picture, Image.Image):
            return small_image(self._picture)
        if self._picture is None or self.problem:
            return ""
        try:
            return small_image(open_place(self._picture, rendering=AS_SEEN))
        except ImageError:  # it could be read a moment ago
            return ""


@dataclass(frozen=True, repr=False)
class Model:
    """A loaded model, as `vitrine.load` gives it.

    Attributes:
        predictor: computes probabilities and decisions.
    """

    predictor: Predictor

    @property
    def label_names(self) -> tuple[str, ...]:
        """The classes that it knows."""
        return self.predictor.label_names

    @property
    def name(self) -> str:
        """For folders and people: of a run's model, the run."""
        return short_name(self.predictor.model_id)

    @overload
    def predict(self, pictures: Image.Image) -> ImagePrediction: ...

    @overload
    def predict(self, pictures: Place) -> ImagePrediction | list[ImagePrediction]: ...

    @overload
    def predict(self, pictures: list[Source] | tuple[Source, ...]) -> list[ImagePrediction]: ...

    def predict(self, pictures: Source | list[Source] | tuple[Source, ...]) -> ImagePrediction | list[ImagePrediction]:
        """Asks the model about a picture, or about many.

        Args:
            pictures: a file or a PIL image; a folder, archive or table of pictures; or a list of files and images.

        Returns:
            One `ImagePrediction` for a picture; a list for a folder, archive, table or list, in which a picture that
            cannot be read has its reason in `problem`.

        Raises:
            UserError: there is no such file, or the one picture cannot be read.

        Example:
            >>> import vitrine
            >>> model = vitrine.load("runs/colours/latest")
            >>> prediction = model.predict("pictures/colours/red/000.png")
            >>> prediction.label_name in model.label_names
            True
            >>> [round(sum(share for _, share in one.ranking), 3) for one in model.predict("pictures/colours")[:2]]
            [1.0, 1.0]
        """
        if isinstance(pictures, Image.Image):
            return self._ask([self._name(pictures)], [pictures])[0]
        if isinstance(pictures, list | tuple):
            sources = [one if isinstance(one, Image.Image) else Path(one).expanduser() for one in pictures]
            return self._ask([self._name(one) for one in pictures], sources)
        return self._ask_path(Path(pictures).expanduser())

    def _ask_path(self, path: Path) -> ImagePrediction | list[ImagePrediction]:
        with places.keeping_nothing(), TemporaryDirectory(prefix="vitrine-") as workspace:
            found = find_unlabeled([path], Path(workspace))
            is_one = len(found) == 1 and found[0].path == path
            pictures = from_files(found, self.predictor.rendering)
            predictions = self._ask(pictures, [file.path for file in found])
        if not is_one:
            return predictions
        if predictions[0].problem:
            raise UserError(f"{path}: {predictions[0].problem}")
        return predictions[0]

    def _ask(
        self, pictures: Sequence[NamedImage], sources: Sequence[places.Place | Image.Image]
    ) -> list[ImagePrediction]:
        answered: list[ImagePrediction] = []
        for batch in predict_batches(self.predictor, pictures):
            for (file, said), source in zip(batch.in_order(), sources[len(answered) :], strict=False):
                if isinstance(said, Unreadable):
                    answered.append(ImagePrediction(file, problem=said.reason))
                else:
                    answered.append(ImagePrediction(file, said.ranking, said.decision, said.similarity, "", source))
        return answered

    def _name(self, picture: Source) -> NamedImage:
        if isinstance(picture, Image.Image):
            upright = ImageOps.exif_transpose(picture)  # as the same picture out of a file
            return NamedImage("", upright.copy)
        return NamedImage(str(picture), partial(_open_file, Path(picture).expanduser(), self.predictor))

    def __repr__(self) -> str:
        return f"Model({self.predictor.model_id!r}: {TEXTS.quote(self.label_names)})"

    def _repr_html_(self) -> str:
        metadata = self.predictor.metadata
        rows = [("classes", TEXTS.quote(self.label_names, 20)), ("folder", str(self.predictor.folder))]
        if metadata is not None:
            rows.insert(0, ("network", f"{metadata.backbone}, {metadata.image_size} x {metadata.image_size} pixels"))
        return titled(self.name, table(rows))


def _open_file(path: Path, predictor: Predictor) -> Image.Image:
    if not path.exists():
        raise ImageError("there is no such file")
    if not path.is_file():  # opening a pipe would wait for ever
        raise ImageError("a folder, pipe or device, not a file")
    return predictor.open_image(path)


def load(model: "Model | Run | Place", /) -> Model:
    """Loads a model to ask it about pictures.

    Args:
        model: a run, or the folder of one; a model folder, an id on the Hugging Face Hub, or an ONNX file.

    Raises:
        UserError: it is none of them, is a run that is not finished, or cannot be loaded.

    Example:
        >>> import vitrine
        >>> run = vitrine.Run.open("runs/colours/latest")
        >>> model = vitrine.load(run)
        >>> model.label_names
        ('blue', 'green', 'red')
    """
    if isinstance(model, Model):
        return model
    if not isinstance(model, Run) and (Path(model).expanduser() / run_folder.RECIPE).is_file():
        model = Run.open(model)
    return Model(Predictor.load(str(model.model if isinstance(model, Run) else model)))
