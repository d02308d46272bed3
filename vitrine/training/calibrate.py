"""What a trained network's answers to unseen pictures say about how far to trust it, and putting that into it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from transformers import PreTrainedModel
from transformers.image_processing_utils import BaseImageProcessor

from vitrine.data.loading.loaders import build_evaluation_loader
from vitrine.data.prepared.columns import read_column
from vitrine.evaluation.selective import choose_trust
from vitrine.evaluation.temperature import fit_temperature
from vitrine.models.backbones.build import choose_memory_format, read_label_names
from vitrine.models.backbones.features import compute_features
from vitrine.models.backbones.outputs import compute_outputs, measure_head_input
from vitrine.models.calibration.ood import NEIGHBORS, ReferenceFeatures, build_reference, choose_rows
from vitrine.models.calibration.temperature import fold_temperature
from vitrine.models.folder import normalize_images
from vitrine.predict.predictions import Predictions
from vitrine.records.calibration import Basis, Remark
from vitrine.records.model import Trust
from vitrine.training.head.features import Numbers
from vitrine.training.head.fit import CachedHead
from vitrine.training.head.out_of_fold import UnseenAnswers
from vitrine.training.loop.methods import TrainingData, TrainingOptions
from vitrine.training.machine.devices import Precision


@dataclass(frozen=True)
class Known:
    """What a network makes of the pictures that it was fitted with.

    Attributes:
        validation: answers to the validation pictures by a network that did not learn them: this one, or the one before
            its head was fitted on them, too.
        reference: features of a sample of the pictures that it learned; None where the head receives no single vector.
        out_of_fold: what heads of the same kind answer to training and validation pictures; None where only the
            validation pictures have answers of a network that did not learn them.
    """

    validation: UnseenAnswers
    reference: ReferenceFeatures | None
    out_of_fold: UnseenAnswers | None = None


@dataclass(frozen=True)
class Trusted:
    """Thresholds, and what they were chosen from.

    Attributes:
        trust: goes with the model.
        remark: see `fit_temperature`.
        validation: see `Known`, calibrated; the logits are float32.
        chosen_on: the answers that temperature and thresholds were chosen on, calibrated: those to the validation
            pictures, or out-of-fold answers.
        basis: which of both.
    """

    trust: Trust
    remark: Remark | None
    validation: Predictions
    chosen_on: Predictions
    basis: Basis


def from_cached_features(head: CachedHead, seed: int) -> Known:
    """From the features that a head was trained on; no picture is looked at again.

    Args:
        head: with its features.
        seed: of the samples of pictures.
    """
    inputs = head.inputs
    reference = _sample(inputs.plain, inputs.train_label_ids, seed)
    validation = UnseenAnswers(
        logits=head.validation_logits,
        label_ids=inputs.validation_label_ids,
        similarities=reference.similarity(inputs.validation, NEIGHBORS),
    )
    if head.refitted:
        label_ids = np.concatenate([inputs.train_label_ids, inputs.validation_label_ids])
        reference = _sample(np.concatenate([inputs.plain, inputs.validation]), label_ids, seed)
    return Known(validation, reference, head.unseen)


def _sample(features: Numbers, label_ids: npt.NDArray[np.int64], seed: int) -> ReferenceFeatures:
    rows = choose_rows(label_ids, features.shape[1], seed)
    return build_reference(features[rows], label_ids[rows])


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
        label_ids = read_column(data.training_sample, "label").to_numpy()
        rows = choose_rows(label_ids, width, options.seed)
        batches = build_evaluation_loader(data.training_sample.select(rows), options.batch_size, workers=0, side=side)
        sample = compute_features(model, batches, data.normalization, precision, whitens=options.whitens)
        reference = build_reference(sample, label_ids[rows])
    validation = UnseenAnswers(
        logits=np.concatenate(logits),
        label_ids=np.asarray(data.validation["label"], np.int64),
        similarities=None if reference is None else reference.similarity(np.concatenate(features), NEIGHBORS),
    )
    return Known(validation, reference)


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
    unseen = known.validation if known.out_of_fold is None else known.out_of_fold
    temperature, remark = fit_temperature(unseen.logits, unseen.label_ids)
    in_weights = fold_temperature(model, temperature, side)
    label_names = read_label_names(model.config)
    validation = _calibrate(known.validation, temperature, validation_files, label_names)
    numbered = [str(row) for row in range(len(unseen.label_ids))]
    chosen_on = _calibrate(unseen, temperature, numbered, label_names)
    trust = choose_trust(chosen_on, precision, temperature, in_weights, NEIGHBORS)
    return Trusted(
        trust=trust,
        remark=remark,
        validation=replace(validation, trust=trust),
        chosen_on=replace(chosen_on, trust=trust),
        basis="validation" if known.out_of_fold is None else "out_of_fold",
    )


def _calibrate(
    answers: UnseenAnswers, temperature: float, ids: Sequence[str], label_names: Sequence[str]
) -> Predictions:
    return Predictions(
        ids=ids,
        logits=answers.logits / np.float32(temperature),
        label_names=label_names,
        label_ids=answers.label_ids,
        similarities=answers.similarities,
    )
