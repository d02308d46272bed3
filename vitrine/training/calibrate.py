"""What a trained network's answers to validation pictures say about how far to trust it, and putting that into it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.image_processing_utils import BaseImageProcessor

from vitrine.data.loading.loaders import build_evaluation_loader
from vitrine.evaluation.selective import choose_trust
from vitrine.evaluation.temperature import fit_temperature
from vitrine.models.backbones.build import choose_memory_format, head_modules, read_label_names
from vitrine.models.backbones.features import compute_features
from vitrine.models.backbones.outputs import compute_outputs, measure_head_input
from vitrine.models.calibration.ood import NEIGHBORS, ReferenceFeatures, build_reference, choose_rows
from vitrine.models.calibration.temperature import fold_temperature
from vitrine.models.folder import normalize_images
from vitrine.predict.predictions import Predictions
from vitrine.records.calibration import Remark
from vitrine.records.model import Trust
from vitrine.training.head.features import HeadInputs
from vitrine.training.loop.methods import TrainingData, TrainingOptions
from vitrine.training.machine.devices import Precision

Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Known:
    """What a network makes of the pictures that it was fitted with.

    Attributes:
        logits: its own, of the validation pictures, `[pictures, labels]`.
        features: what its head received for them, `[pictures, width]`; None where that is no single vector.
        label_ids: `[pictures]`.
        reference: features of a sample of the training pictures; None likewise.
    """

    logits: Numbers
    features: Numbers | None
    label_ids: npt.NDArray[np.int64]
    reference: ReferenceFeatures | None


@dataclass(frozen=True)
class Trusted:
    """Thresholds, and what they were chosen from.

    Attributes:
        trust: goes with the model.
        remark: see `fit_temperature`.
        validation: calibrated; the logits are float32.
    """

    trust: Trust
    remark: Remark | None
    validation: Predictions


def from_cached_features(model: PreTrainedModel, inputs: HeadInputs, seed: int) -> Known:
    """From the features that a head was trained on; no picture is looked at again.

    Args:
        model: trained, on its device.
        inputs: the features.
        seed: of the sample of training pictures.
    """
    width = inputs.validation.shape[1]
    rows = choose_rows(inputs.train_label_ids, width, seed)
    model.eval()
    with torch.inference_mode():
        logits = nn.Sequential(*head_modules(model))(torch.from_numpy(inputs.validation).to(model.device))
    return Known(
        logits=logits.float().cpu().numpy(),
        features=inputs.validation,
        label_ids=inputs.validation_label_ids,
        reference=build_reference(inputs.train[0][rows], inputs.train_label_ids[rows]),
    )


def look_again(
    model: PreTrainedModel,
    processor: BaseImageProcessor,
    data: TrainingData,
    options: TrainingOptions,
    side: int,
    precision: Precision = "fp32",
) -> Known:
    """Looks once at the validation pictures, in float32, and at a sample of the training pictures.

    Args:
        model: trained, on its device.
        processor: that it will be saved with.
        data: what it was trained on.
        options: of its training; gives batch size, seed of the sample and whether pictures are whitened.
        side: of the pictures, in pixels.
        precision: for the training pictures.
    """
    model.eval()
    width = measure_head_input(model, side)
    logits, features = [], []
    memory_format = choose_memory_format(model)
    with torch.inference_mode():
        for batch in build_evaluation_loader(data.validation, options.batch_size, workers=0):
            pixels = normalize_images(processor, batch["pixels"]).to(model.device, memory_format=memory_format)
            outputs = compute_outputs(model, pixels)
            logits.append(outputs[0].cpu().numpy())
            features.append(outputs[1].cpu().numpy())
    reference = None
    if width is not None:
        label_ids = np.asarray(data.train["label"], np.int64)
        rows = choose_rows(label_ids, width, options.seed)
        batches = build_evaluation_loader(data.train.select(rows), options.batch_size, workers=0, side=side)
        sample = compute_features(model, batches, data.normalization, precision, whitens=options.whitens)
        reference = build_reference(sample, label_ids[rows])
    return Known(
        logits=np.concatenate(logits),
        features=None if width is None else np.concatenate(features),
        label_ids=np.asarray(data.validation["label"], np.int64),
        reference=reference,
    )


def build_trust(
    model: PreTrainedModel, known: Known, validation_files: Sequence[str], precision: float, side: int
) -> Trusted:
    """Fits temperature and thresholds, and calibrates the network itself where its last layer allows it.

    Args:
        model: its last layer is divided by the temperature.
        known: of the network as it is.
        validation_files: names of the validation pictures, `[pictures]`.
        precision: wanted share of right answers.
        side: of the pictures, in pixels.

    Raises:
        UserError: the network's answers are not numbers.
    """
    temperature, remark = fit_temperature(known.logits, known.label_ids)
    in_weights = fold_temperature(model, temperature, side)
    similarity = None
    if known.reference is not None and known.features is not None:
        similarity = known.reference.similarity(known.features, NEIGHBORS)
    validation = Predictions(
        ids=validation_files,
        logits=known.logits / np.float32(temperature),
        label_names=read_label_names(model.config),
        label_ids=known.label_ids,
        similarities=similarity,
    )
    trust = choose_trust(validation, precision, temperature, in_weights, NEIGHBORS)
    return Trusted(trust, remark, replace(validation, trust=trust))
