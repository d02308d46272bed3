"""From a trained network to its model folder, and what validation and test pictures say of it."""

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from transformers.image_processing_utils import BaseImageProcessor

import vitrine
from vitrine.data.manifest.split_names import TEST, TRAIN, VALIDATION
from vitrine.data.prepared.dataset import PreparedDataset, display_image
from vitrine.evaluation.calibration import measure_calibration
from vitrine.evaluation.prediction_table import tabulate_in_parts
from vitrine.evaluation.selective import measure_rejection
from vitrine.models.calibration.blocks import by_blocks
from vitrine.models.folder import build_processor, save_examples, save_metadata, save_model
from vitrine.records import folder as run_folder
from vitrine.records.atomic import new_folder
from vitrine.records.environment import now
from vitrine.records.model import ModelMetadata
from vitrine.records.run import Metrics, Speed, TrainingFigures, ValidationFigures
from vitrine.records.spreadsheet import write_guarded_parts
from vitrine.training.calibrate import Known, Trusted, build_trust, from_cached_features, look_again
from vitrine.training.diagnose import examine
from vitrine.training.final_evaluation import FinalEvaluation, evaluate_on_test
from vitrine.training.fit import Fitted
from vitrine.training.head.features import HeadInputs
from vitrine.training.plan import TrainingPlan

EXAMPLES = 12
EXAMPLE_SIDE = 256
BeforeTest = Callable[[Path], None]


def save_and_evaluate(
    plan: TrainingPlan,
    prepared: PreparedDataset,
    fitted: Fitted,
    folder: Path,
    studies: bool,
    before_test: BeforeTest | None = None,
) -> Metrics:
    """Writes the model folder, measures it on the test split as others would load it, and writes what was measured.

    Temperature and thresholds come from training and validation pictures, before the test split is read, once.

    Args:
        plan: of the training.
        prepared: its data set.
        fitted: the trained network, which is calibrated here.
        folder: of the run.
        studies: whether the training pictures are looked at with the pretrained network, too, where the plan says so.
        before_test: is shown the calibrated model's folder before the test split is read; what it raises ends the
            training without a look at it.

    Returns:
        The content of metrics.json.
    """
    preparation, side, seed = plan.preparation, plan.model.image_size, plan.options.seed
    processor = build_processor(side, fitted.data.normalization, preparation)
    known = _know(fitted, processor, side)
    validation_files = list(prepared.splits[VALIDATION]["file"])
    trusted = build_trust(fitted.model, known, validation_files, plan.report.precision, side)
    with new_folder(folder / run_folder.MODEL, replace=True) as temporary:
        save_model(temporary, fitted.model, processor)
        if known.reference is not None:
            known.reference.save(temporary)
        metadata = _describe(plan, prepared, trusted, fitted.facts["refitted"])
        save_metadata(temporary, metadata)  # the thresholds are loaded with the model, here too
        if before_test is not None:
            before_test(temporary)
        final = evaluate_on_test(temporary, prepared, plan.report.top_k, fitted.options.batch_size, seed)
        pictures = _choose_examples(prepared, preparation.keeps_the_view)
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
    write_guarded_parts(folder / run_folder.PREDICTIONS, tabulate_in_parts(final.predictions, test.top_k))
    _save_logits(folder, trusted, final)
    temperature = trusted.trust.temperature
    calibration = measure_calibration(
        by_blocks(lambda rows: rows.astype(np.float64) * temperature, final.predictions.logits),
        final.predictions.true_label_ids,
        temperature,
        trusted.remark,
        len(trusted.chosen_on),
        seed,
        trusted.basis,
    )
    rejection = measure_rejection(trusted.trust, trusted.chosen_on, final.predictions, trusted.basis)
    study = plan.study if studies else None
    mistakes, curve = examine(study, prepared, _pooled_inputs(plan, fitted), trusted.validation, final.predictions)
    return Metrics(
        test=test,
        calibration=calibration,
        rejection=rejection,
        mistakes=mistakes,
        learning_curve=curve,
        validation=_describe_validation(prepared, fitted),
        training=TrainingFigures(**fitted.facts),
        speed=_describe_speed(final, fitted.facts["device"]),
    )


def _pooled_inputs(plan: TrainingPlan, fitted: Fitted) -> HeadInputs | None:
    """What a head was trained on, where it is of use to the study, which would take minutes with the whole map."""
    return None if fitted.head is None or plan.model.head.kind == "flatten" else fitted.head.inputs


def _describe_speed(final: FinalEvaluation, device: str) -> Speed:
    milliseconds = final.milliseconds
    return Speed(milliseconds=float(np.median(milliseconds)), answers=len(milliseconds), device=device)


def _describe_validation(prepared: PreparedDataset, fitted: Fitted) -> ValidationFigures:
    fit = fitted.fit
    return ValidationFigures(
        pictures=len(prepared.splits[VALIDATION]),
        accuracy=fit.best.validation_accuracy,
        loss=fit.best.validation_loss,
        best_epoch=fit.best_epoch,
        monitor=fit.monitor,
    )


def _know(fitted: Fitted, processor: BaseImageProcessor, side: int) -> Known:
    if fitted.head is not None:
        return from_cached_features(fitted.head, fitted.options.seed)
    return look_again(fitted.model, processor, fitted.data, fitted.options, side, fitted.facts["precision"])


def _describe(plan: TrainingPlan, prepared: PreparedDataset, trusted: Trusted, refitted: bool) -> ModelMetadata:
    """All but what the test split will say."""
    learned = (TRAIN, VALIDATION) if refitted else (TRAIN,)
    return ModelMetadata(
        vitrine_version=vitrine.__version__,
        name=plan.name,
        created=now(),
        backbone=plan.model.backbone,
        label_names=list(prepared.label_names),
        image_size=prepared.facts.image_size,
        training_pictures=sum(len(prepared.splits[split]) for split in learned),
        test_pictures=0,
        test_accuracy=None,
        test_accuracy_interval=None,
        test_macro_f1=None,
        examples=[],
        recipe=dict(plan.settings),
        trust=trusted.trust,
        dataset_version=prepared.version,
    )


def _choose_examples(prepared: PreparedDataset, in_own_proportions: bool) -> list[tuple[Image.Image, str]]:
    """Test pictures that travel with the model, for people to try it on.

    The first ones of every class in turn; right or wrong answers play no part in the choice. They are the preprocessed
    images where their own proportions would not bring the original back.
    """
    split = prepared.splits[TEST]
    rows_of: dict[int, list[int]] = {}
    for row, label_id in enumerate(split["label"]):
        rows_of.setdefault(label_id, []).append(row)
    in_turn = [row for rows in itertools.zip_longest(*(rows_of[key] for key in sorted(rows_of))) for row in rows]
    chosen = [row for row in in_turn if row is not None][:EXAMPLES]
    rows = [split[row] for row in sorted(chosen, key=lambda row: (split[row]["label"], row))]
    return [
        (
            display_image(row, EXAMPLE_SIDE) if in_own_proportions else row["image"],
            prepared.label_names[row["label"]],
        )
        for row in rows
    ]


def _save_logits(folder: Path, trusted: Trusted, final: FinalEvaluation) -> None:
    """Calibrated, so that their softmax is what the model says; in the order of the splits."""
    np.savez(
        folder / run_folder.LOGITS,
        validation_logits=trusted.validation.logits,
        validation_labels=trusted.validation.true_label_ids,
        test_logits=final.predictions.logits,
        test_labels=final.predictions.true_label_ids,
    )
