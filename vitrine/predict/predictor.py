"""A loaded model, and what it says of decoded pictures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

import numpy as np
from PIL import Image

from vitrine.data.images.decoding import MAX_MEGAPIXELS, ImageError, Rendering, open_image, reduce_large, to_rgb
from vitrine.data.images.resizing import FillColor
from vitrine.errors import UserError, first_line, needing_packages
from vitrine.predict.predictions import Predictions
from vitrine.predict.preprocessing import Pixels, Preprocessing, read_rendering
from vitrine.predict.runtimes.network import Network, Outputs
from vitrine.records.model import ModelMetadata, Trust
from vitrine.records.onnx_checksum import has_onnx_suffix
from vitrine.records.runtime import RuntimeChoice


@dataclass(frozen=True)
class Predictor:
    """A loaded model.

    Attributes:
        model_id: what it was loaded by.
        folder: local folder of its files.
        label_names: class names in the order of the label ids.
        metadata: our facts about it; None for a model that Vitrine did not make.
        network: computes its numbers.
        preprocess: makes its input of pictures.
        choice: what was measured to choose its runtime; None where that was asked for.
    """

    model_id: str
    folder: Path
    label_names: tuple[str, ...]
    metadata: ModelMetadata | None
    network: Network
    preprocess: Preprocessing
    choice: RuntimeChoice | None = None

    @classmethod
    def load(
        cls, model_id: str, threads: int | None = None, open_onnx: Callable[[Path, int | None], Network] | None = None
    ) -> Self:
        """Loads a model folder, an id on the Hugging Face Hub, or an ONNX file that `python -m vitrine export` wrote.

        Args:
            model_id: of the model.
            threads: that compute an ONNX file; None: one for each core. Those of torch are set by who asks.
            open_onnx: another runtime than ONNX Runtime for an ONNX file, given the file and the threads.

        Raises:
            UserError: it is none of them, or cannot be loaded.
        """
        # Each of the two is slow to import, and neither needs the other's libraries.
        if has_onnx_suffix(model_id) and not Path(model_id).is_dir():
            with needing_packages("an ONNX file"):
                from vitrine.predict.runtimes.onnx import load_onnx

            loaded = load_onnx(Path(model_id).expanduser(), threads, open_onnx)
        else:
            with needing_packages("a model folder"):
                from vitrine.predict.runtimes.pytorch import load_torch

            loaded = load_torch(model_id)
        return cls(model_id, loaded.folder, loaded.label_names, loaded.metadata, loaded.network, loaded.preprocess)

    @property
    def fill_color(self) -> FillColor:
        """The colour behind transparent parts that the model was trained with."""
        return self.rendering.fill_color

    @property
    def rendering(self) -> Rendering:
        """How the colours of files become the RGB that the model was trained with."""
        return read_rendering(self.preprocess.settings)

    @property
    def trust(self) -> Trust | None:
        """Its thresholds; None for a model that has none and always answers."""
        return self.metadata.trust if self.metadata else None

    def open_image(self, source: Path | str | IO[bytes], max_megapixels: int = MAX_MEGAPIXELS) -> Image.Image:
        """Decodes a picture as the model's training pictures were; see `vitrine.data.images.decoding.open_image`.

        Raises:
            ImageError: the reason in words.
        """
        return open_image(source, max_megapixels, self.rendering)

    def predict_images(self, images: Sequence[Image.Image], preprocessed: bool = False) -> Predictions:
        """What the model says of decoded pictures.

        Args:
            images: of any size and mode, upright; at least one. Their ids are their numbers.
            preprocessed: whether they are as the network sees them, all of its size: no step is done again.
        """
        ids = [str(number) for number in range(len(images))]
        return self.predict_pixels(ids, self.pixels(images, preprocessed))

    def predict_pixels(self, ids: Sequence[str], pixels: Pixels) -> Predictions:
        """What the model says of pictures as the network sees them; `pixels` as the method of this name gives them.

        Raises:
            UserError: an answer is not a number.
        """
        outputs = self.network.run(pixels)
        _check_numbers(self.model_id, self.network, ids, outputs)
        return Predictions(ids, outputs.logits, self.label_names, similarities=outputs.similarity, trust=self.trust)

    def pixels(self, images: Sequence[Image.Image], preprocessed: bool = False) -> Pixels:
        """What the network sees, `[pictures, 3, height, width]`; arguments as for `predict_images`.

        Raises:
            ImageError: the model's preparation cannot take one of them, as that of some models a picture of one pixel.
        """
        try:
            return self.preprocess([reduce_large(to_rgb(image, self.fill_color)) for image in images], preprocessed)
        except UserError:
            raise
        except Exception as error:  # processors of others raise whatever they meet
            sizes = ", ".join(dict.fromkeys(f"{image.width} x {image.height}" for image in images))
            reason = first_line(error)
            raise ImageError(f"this model's preparation cannot take {sizes} pixels ({reason})") from error

    def predict(self, image: Image.Image, top_k: int = 5, preprocessed: bool = False) -> list[tuple[str, float]]:
        """The `top_k` likeliest classes of one picture with their probabilities, highest first."""
        return list(self.predict_images([image], preprocessed)[0].ranking[:top_k])


def _check_numbers(model_id: str, network: Network, ids: Sequence[str], outputs: Outputs) -> None:
    """No comparison with NaN is true, so that it would pass every threshold as "none of my classes"."""
    values = outputs.logits if outputs.similarity is None else np.column_stack([outputs.logits, outputs.similarity])
    bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if len(bad):
        raise UserError(
            f"{model_id}: what it says of the picture {ids[bad[0]]} is not a number (NaN or infinite), "
            f"{_say_who_fails(model_id, network.name)}"
        )


def _say_who_fails(model_id: str, runtime: str) -> str:
    damaged = "the model is damaged; get it again whole, or train it again"
    if runtime == "torch":
        return f"so {damaged}"
    other = "the model folder that it was exported from" if has_onnx_suffix(model_id) else "--runtime torch"
    return f"as {runtime} computes it; try {other}: where that answers, {runtime} is at fault, else {damaged}"
