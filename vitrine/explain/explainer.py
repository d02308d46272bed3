"""Explaining a model's answers: one call for a map, one for its score."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Literal, cast, get_args

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitrine.errors import UserError
from vitrine.explain.class_maps import class_activation_map, tells_its_map
from vitrine.explain.faithfulness import Verdict, compare_maps, judge
from vitrine.explain.occlusion import occlusion_map
from vitrine.explain.overlay import levels_of, overlay, what_the_map_is_about
from vitrine.explain.perturbation import USUAL, Perturbation, Probabilities
from vitrine.explain.shap_values import Levels, shap_map
from vitrine.listing import suggest
from vitrine.predict.predictions import Prediction
from vitrine.predict.predictor import Predictor
from vitrine.predict.preprocessing import Pixels

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Activations = Literal["hirescam", "layercam"]
Method = Literal["hirescam", "layercam", "occlusion", "shap"]
Map = npt.NDArray[np.float32]

METHODS: tuple[Method, ...] = get_args(Method)
ACTIVATIONS = get_args(Activations)
DEFAULT: Method = "hirescam"


@dataclass(frozen=True)
class Explanation:
    """What an answer rests on.

    Attributes:
        prediction: the model's answer to the picture.
        label_id: of the class that the map is about.
        label_name: its name.
        pixels: what the network saw, `[3, side, side]`.
        importance: of each pixel of it for the class, `[side, side]`, 0 to 1.
        method: how the map was made.
    """

    prediction: Prediction
    label_id: int
    label_name: str
    pixels: Pixels
    importance: Map
    method: Method


@dataclass(frozen=True)
class Explainer:
    """Explains the answers of a loaded model.

    Attributes:
        predictor: the model.
    """

    predictor: Predictor

    @property
    def default_method(self) -> Method:
        """By activations where the runtime tells them, else by covering parts."""
        network = self.predictor.network
        return DEFAULT if hasattr(network, "model") or tells_its_map(network) else "occlusion"

    @property
    def usual_methods(self) -> tuple[Method, ...]:
        """What is tried where no method is asked for, until a map stands its checks: the quickest, then occlusion."""
        return ("occlusion",) if self.default_method == "occlusion" else (self.default_method, "occlusion")

    def explain(
        self,
        image: Image.Image,
        label_name: str | None = None,
        method: Method | None = None,
        *,
        preprocessed: bool = False,
        options: Perturbation = USUAL,
    ) -> Explanation:
        """What speaks for a class in a picture.

        Args:
            image: as `Predictor.open_image` gives it.
            label_name: of the class; None: the likeliest one.
            method: see `activation_maps`, `occlusion` and `shap_values`. An ONNX file knows hirescam where its head
                is linear on the average of a feature map, and layercam never. None: the default.
            preprocessed: whether the picture is as the network sees it.
            options: of occlusion and shap.

        Raises:
            UserError: there is no such class or method, or this model cannot be explained so.
        """
        method = method or self.default_method
        pixels = self.predictor.pixels([image], preprocessed)
        (prediction,) = self.predictor.predict_pixels(["0"], pixels)
        label_id = self._label_id(label_name or prediction.ranking[0][0])
        if method == "occlusion":
            importance = occlusion_map(partial(self._ask, label_id), pixels[0], options)
        elif method == "shap":
            importance = self._shap_map(pixels[0], label_id, options)
        elif method in METHODS:
            importance = self._activation_map(None, pixels, label_id, method)
        else:
            raise UserError(f"there is no method called '{method}'; there are {', '.join(METHODS)}")
        return Explanation(prediction, label_id, self.predictor.label_names[label_id], pixels[0], importance, method)

    def explain_and_judge(
        self,
        image: Image.Image,
        label_name: str | None = None,
        method: Method | None = None,
        *,
        preprocessed: bool = False,
        options: Perturbation = USUAL,
    ) -> tuple[Explanation, Verdict]:
        """The map of a method; without one the first of `usual_methods` that is to be trusted, else the last of them.

        Arguments and errors as for `explain`.
        """
        for each in (method,) if method else self.usual_methods:
            found = self.explain(image, label_name, each, preprocessed=preprocessed, options=options)
            verdict = self.judge(found)
            if verdict.is_trusted and found.importance.any():
                break
        return found, verdict

    def judge(self, explanation: Explanation) -> Verdict:
        """Whether a map is better than two that know nothing, and another than with random weights.

        Takes about 150 answers of the network.
        """
        ask = partial(self._ask, explanation.label_id)
        verdict = judge(ask, explanation.pixels, explanation.importance)
        if explanation.method not in ACTIVATIONS or not hasattr(self.predictor.network, "model"):
            return verdict  # an ONNX file has no weights to exchange; its map is that of its model folder
        forgetful = self._activation_map(
            self._forgetful_model,
            explanation.pixels[None],
            explanation.label_id,
            cast("Activations", explanation.method),
        )
        return replace(verdict, random_weights=compare_maps(explanation.importance, forgetful))

    def draw(self, image: Image.Image, explanation: Explanation) -> Image.Image:
        """The map over the picture that it is about, or over the part of it that the network sees."""
        about = what_the_map_is_about(image, explanation.pixels, self.predictor.preprocess.settings)
        return overlay(about, explanation.importance)

    def _ask(self, label_id: int, pixels: Pixels) -> Probabilities:
        asked = self.predictor.predict_pixels([str(number) for number in range(len(pixels))], pixels)
        shares: Probabilities = asked.probabilities[:, label_id]
        return shares

    def _shap_map(self, pixels: Pixels, label_id: int, options: Perturbation) -> Map:
        def ask(pictures: Levels) -> Probabilities:
            images = [Image.fromarray(picture) for picture in pictures]
            return self._ask(label_id, self.predictor.pixels(images, preprocessed=True))

        return shap_map(ask, levels_of(pixels, self.predictor.preprocess.settings), options)

    def _label_id(self, label_name: str) -> int:
        names: Sequence[str] = self.predictor.label_names
        if label_name not in names:
            raise UserError(f"the model knows no class '{label_name}'{suggest(label_name, names)}")
        return names.index(label_name)

    @property
    def _model(self) -> "PreTrainedModel":
        model = getattr(self.predictor.network, "model", None)
        if model is None:
            raise UserError(
                f"{self.predictor.model_id}: this ONNX file does not tell the activations that are asked for; give the "
                f"model folder, or take the method {self.default_method}"
            )
        return cast("PreTrainedModel", model)

    @cached_property
    def _forgetful_model(self) -> "PreTrainedModel":
        from vitrine.explain.randomization import with_random_weights

        return with_random_weights(self._model)

    def _activation_map(
        self, model: "PreTrainedModel | None", pixels: Pixels, label_id: int, method: Activations
    ) -> Map:
        """A map of another network than that of the predictor, or of this one."""
        network = self.predictor.network
        if model is None and method == "hirescam" and tells_its_map(network):
            return class_activation_map(network, pixels, label_id)
        import torch  # only where torch has loaded the model

        from vitrine.explain.activation_maps import activation_maps

        model = model or self._model
        importance: Map = activation_maps(model, torch.as_tensor(pixels).to(model.device), [label_id], method)[0]
        return importance
