"""Reading a model folder; torch computes it, and transformers' image processor makes its input."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torchvision.transforms.v2.functional import pil_to_tensor
from transformers import PreTrainedModel, ViTImageProcessor
from transformers.image_processing_utils import BaseImageProcessor

from vitrine.data.images.resizing import cut_ends, shrink_first
from vitrine.models.backbones.build import place, read_label_names
from vitrine.models.backbones.outputs import compute_outputs
from vitrine.models.calibration.ood import NEIGHBORS, ReferenceFeatures, load_reference
from vitrine.models.folder import load_model, normalize_images
from vitrine.models.quiet import silence_transformers
from vitrine.predict.preprocessing import Pixels, Settings
from vitrine.predict.runtimes.full_float32 import full_float32
from vitrine.predict.runtimes.network import Loaded, Outputs


@dataclass(frozen=True)
class TorchNetwork:
    """A network of torch.

    Attributes:
        model: in evaluation mode, placed.
        temperature: by which its logits are still to be divided; 1 where it is in the weights.
        reference: None where familiarity is not measured.
        neighbors: see `Trust`.
        name: of the runtime.
    """

    model: PreTrainedModel
    temperature: float = 1.0
    reference: ReferenceFeatures | None = None
    neighbors: int = NEIGHBORS
    name: str = "torch"

    @property
    def on_processor(self) -> bool:
        """Whether the cores of this machine compute it."""
        return self.model.device.type == "cpu"

    @full_float32()
    @torch.inference_mode()
    def run(self, pixel_values: Pixels) -> Outputs:
        """Computes the outputs of pixels `[pictures, 3, height, width]`."""
        pixels = torch.as_tensor(pixel_values).to(self.model.device, memory_format=torch.channels_last)
        if self.reference is None:
            return Outputs(self._scale(self.model(pixel_values=pixels).logits), None)
        logits, features = compute_outputs(self.model, pixels)
        return Outputs(self._scale(logits), self.reference.similarity(features.cpu().numpy(), self.neighbors))

    def count_threads(self) -> int:
        """How many threads compute one batch together."""
        return torch.get_num_threads()

    def use_threads(self, count: int) -> None:
        """Has batches that the calling thread asks for, and all later threads, computed by so many threads."""
        torch.set_num_threads(count)

    def _scale(self, logits: torch.Tensor) -> npt.NDArray[np.float32]:
        scaled: npt.NDArray[np.float32] = (logits.float() / self.temperature).cpu().numpy()
        return scaled


@dataclass(frozen=True)
class OneThreadPreprocessing:
    """Beside another runtime: after each resize the other threads of torch would spin on the cores that it wants.

    Attributes:
        usual: how it is done.
        threads: of torch elsewhere in this process.
    """

    usual: "TorchPreprocessing"
    threads: int

    @property
    def settings(self) -> Settings:
        """See `Preprocessing`."""
        return self.usual.settings

    def __call__(self, images: Sequence[Image.Image], preprocessed: bool = False) -> Pixels:
        """See `Preprocessing`."""
        torch.set_num_threads(1)
        try:
            return self.usual(images, preprocessed)
        finally:
            torch.set_num_threads(self.threads)


@dataclass(frozen=True)
class TorchPreprocessing:
    """A processor of transformers, be it ours or another's.

    Attributes:
        processor: of the model.
    """

    processor: BaseImageProcessor

    @cached_property
    def settings(self) -> Settings:
        """What `preprocessor_config.json` says."""
        settings: Settings = json.loads(self.processor.to_json_string())
        return settings

    def __call__(self, images: Sequence[Image.Image], preprocessed: bool = False) -> Pixels:
        """See `Preprocessing`."""
        if preprocessed:
            return normalize_images(self.processor, torch.stack([pil_to_tensor(image) for image in images])).numpy()
        if getattr(self.processor, "do_center_crop", False):
            images = [cut_ends(image) for image in images]
        elif isinstance(self.processor, ViTImageProcessor):
            side = self.processor.size["height"]  # None where the shorter side is made to fit
            images = [cut_ends(image) if side is None else shrink_first(image, side) for image in images]
        pixels: Pixels = self.processor(images=list(images), return_tensors="pt")["pixel_values"].numpy()
        return pixels


def load_torch(model_id: str) -> Loaded:
    """Opens a model folder or an id on the Hugging Face Hub; on a GPU where there is one.

    Raises:
        UserError: it is none of both, is damaged, or cannot be loaded.
    """
    silence_transformers()
    model, processor, metadata, folder = load_model(model_id)
    trust = metadata.trust if metadata else None
    network = TorchNetwork(
        model=place(model, "cuda" if torch.cuda.is_available() else "cpu"),
        temperature=1.0 if trust is None or trust.in_weights else trust.temperature,
        reference=load_reference(folder) if trust and trust.neighbors else None,
        neighbors=(trust.neighbors if trust else None) or NEIGHBORS,
    )
    return Loaded(folder, read_label_names(model.config), metadata, network, TorchPreprocessing(processor))
