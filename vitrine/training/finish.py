"""From a trained network to its model folder, and what validation and test pictures say of it."""

from pathlib import Path
from typing import Any

import numpy as np

import vitrine
from vitrine.config.recipe import Recipe
from vitrine.data.images.preprocessing import Preparation
from vitrine.data.manifest.split import TRAIN, VALIDATION
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.evaluation.calibration import measure_calibration
from vitrine.evaluation.selective import measure_rejection
from vitrine.models.folder import ModelMetadata, build_processor, save_examples, save_metadata, save_model
from vitrine.records import folder as run_folder
from vitrine.records.atomic import new_folder
from vitrine.records.environment import now
from vitrine.training.calibrate import Known, Trusted, build_trust, from_cached_features, look_again
from vitrine.training.diagnose import examine
from vitrine.training.examples import choose_examples
from vitrine.training.final_evaluation import FinalEvaluation, evaluate_on_test
from vitrine.training.fit import Fitted


def save_and_evaluate(
    recipe: Recipe, prepared: PreparedDataset, fitted: Fitted, folder: Path, studies: bool
) -> dict[str, Any]:
    """Writes the model folder, measures it on the test split as others would load it, and writes what was measured.

    Temperature and thresholds come from validation pictures, before the test split is read, once.

    Args:
        recipe: the resolved recipe.
        prepared: its data set.
        fitted: the trained network, which is calibrated here.
        folder: of the run.
        studies: whether the training pictures are looked at with the pretrained network, too.

    Returns:
        The sections `test`, `calibration`, `rejection`, `mistakes` and `learning_curve` of metrics.json.
    """
    preparation = Preparation.from_section(prepared.facts.settings.preparation)
    processor = build_processor(prepared.facts.image_size, fitted.normalization, preparation)
    known = _know(recipe, prepared, fitted, processor, preparation)
    trusted = build_trust(fitted.model, known, recipe.report.precision, prepared.facts.image_size)
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
        final.logits.astype(np.float64) * temperature,
        final.judged.label_ids,
        temperature,
        trusted.remark,
        len(trusted.logits),
        seed,
    )
    rejection = measure_rejection(trusted.trust, trusted.validation, final.judged)
    mistakes, curve = examine(recipe, prepared, fitted.head_inputs, trusted.validation, final.judged, studies)
    sections = {"test": test, "calibration": calibration, "rejection": rejection, "mistakes": mistakes}
    return {name: section.model_dump(mode="json") for name, section in sections.items()} | {
        "learning_curve": None if curve is None else curve.model_dump(mode="json")
    }


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
        validation_logits=trusted.logits,
        validation_labels=trusted.validation.label_ids,
        test_logits=final.logits,
        test_labels=final.judged.label_ids,
    )
