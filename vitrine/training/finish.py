"""From a trained network to its model folder, and what validation and test pictures say of it."""

from pathlib import Path
from typing import Any

import numpy as np

import vitrine
from vitrine.config.recipe import Recipe
from vitrine.data.images.decoding import Preparation
from vitrine.data.manifest.split import TRAIN, VALIDATION
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.evaluation.calibration import measure_calibration
from vitrine.evaluation.selective import measure_rejection
from vitrine.models.folder import build_processor, save_examples, save_metadata, save_model
from vitrine.records import folder as run_folder
from vitrine.records.atomic import new_folder
from vitrine.records.environment import now
from vitrine.records.model import ModelMetadata
from vitrine.records.run import Metrics, TrainingFigures, ValidationFigures
from vitrine.training.calibrate import Known, Trusted, build_trust, from_cached_features, look_again
from vitrine.training.diagnose import examine
from vitrine.training.examples import choose_examples
from vitrine.training.final_evaluation import FinalEvaluation, evaluate_on_test
from vitrine.training.fit import Fitted


def save_and_evaluate(
    recipe: Recipe, prepared: PreparedDataset, fitted: Fitted, folder: Path, studies: bool
) -> Metrics:
    """Writes the model folder, measures it on the test split as others would load it, and writes what was measured.

    Temperature and thresholds come from validation pictures, before the test split is read, once.

    Args:
        recipe: the resolved recipe.
        prepared: its data set.
        fitted: the trained network, which is calibrated here.
        folder: of the run.
        studies: whether the training pictures are looked at with the pretrained network, too.

    Returns:
        The content of metrics.json.
    """
    preparation = Preparation.from_section(prepared.facts.settings.preparation)
    processor = build_processor(prepared.facts.image_size, fitted.normalization, preparation)
    known = _know(recipe, prepared, fitted, processor, preparation)
    validation_files = list(prepared.splits[VALIDATION]["file"])
    side = prepared.facts.image_size
    trusted = build_trust(fitted.model, known, validation_files, recipe.report.precision, side)
    seed = recipe.engine.seed
    with new_folder(folder / run_folder.MODEL, replace=True) as temporary:
        save_model(temporary, fitted.model, processor)
        if known.reference is not None:
            known.reference.save(temporary)
        metadata = _describe(recipe, prepared, trusted)
        save_metadata(temporary, metadata)  # the thresholds are loaded with the model, here too
        final = evaluate_on_test(temporary, prepared, recipe.report.top_k, fitted.batch_size, seed)
        pictures = choose_examples(prepared, preparation.keeps_the_view)
        examples = save_examples(temporary, pictures, prepared=not preparation.keeps_the_view)
        test = final.evidence
        figures = {
            "test_pictures": test.pictures,
            "test_accuracy": test.accuracy,
            "test_accuracy_interval": test.accuracy_interval,
            "test_macro_f1": test.macro_f1,
            "examples": examples,
        }
        save_metadata(temporary, metadata.model_copy(update=figures))
    final.table.to_csv(folder / run_folder.PREDICTIONS, index=False)
    _save_logits(folder, trusted, final)
    temperature = trusted.trust.temperature
    calibration = measure_calibration(
        final.predictions.logits.astype(np.float64) * temperature,
        final.predictions.true_label_ids,
        temperature,
        trusted.remark,
        len(trusted.validation),
        seed,
    )
    rejection = measure_rejection(trusted.trust, trusted.validation, final.predictions)
    mistakes, curve = examine(recipe, prepared, fitted.head_inputs, trusted.validation, final.predictions, studies)
    return Metrics(
        test=test,
        calibration=calibration,
        rejection=rejection,
        mistakes=mistakes,
        learning_curve=curve,
        validation=_describe_validation(prepared, fitted),
        training=TrainingFigures(**fitted.facts),
    )


def _describe_validation(prepared: PreparedDataset, fitted: Fitted) -> ValidationFigures:
    fit = fitted.fit
    return ValidationFigures(
        pictures=len(prepared.splits[VALIDATION]),
        accuracy=fit.best.validation_accuracy,
        loss=fit.best.validation_loss,
        best_epoch=fit.best_epoch,
        monitor=fit.monitor,
    )


def _know(recipe: Recipe, prepared: PreparedDataset, fitted: Fitted, processor: Any, preparation: Preparation) -> Known:
    if fitted.head_inputs is not None:
        return from_cached_features(fitted.model, fitted.head_inputs, recipe.engine.seed)
    return look_again(
        fitted.model,
        processor,
        fitted.normalization,
        prepared.splits[TRAIN],
        prepared.splits[VALIDATION],
        fitted.batch_size,
        prepared.facts.image_size,
        recipe.engine.seed,
        fitted.facts["precision"],
        preparation.whitens,
    )


def _describe(recipe: Recipe, prepared: PreparedDataset, trusted: Trusted) -> ModelMetadata:
    """All but what the test split will say."""
    return ModelMetadata(
        vitrine_version=vitrine.__version__,
        name=recipe.name,
        created=now(),
        backbone=recipe.model.backbone,
        label_names=list(prepared.label_names),
        image_size=prepared.facts.image_size,
        training_pictures=len(prepared.splits[TRAIN]),
        test_pictures=0,
        test_accuracy=None,
        test_accuracy_interval=None,
        test_macro_f1=None,
        examples=[],
        recipe=recipe.model_dump(mode="json"),
        trust=trusted.trust,
    )


def _save_logits(folder: Path, trusted: Trusted, final: FinalEvaluation) -> None:
    """Calibrated, so that their softmax is what the model says; in the order of the splits."""
    np.savez(
        folder / run_folder.LOGITS,
        validation_logits=trusted.validation.logits,
        validation_labels=trusted.validation.true_label_ids,
        test_logits=final.predictions.logits,
        test_labels=final.predictions.true_label_ids,
    )
