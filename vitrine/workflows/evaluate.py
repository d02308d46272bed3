"""Predictions for labelled pictures, turned into one record: what `evaluate` does between reading and writing."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch

import vitrine
from vitrine.data.labels.matching import LabelMatch, match_labels
from vitrine.data.loading.labeled import LabeledData
from vitrine.errors import UserError
from vitrine.evaluation.evaluate import gather_evidence, join_labels, leave_out_untested
from vitrine.evaluation.provenance import compare_origin, has_same_preprocessing
from vitrine.predict.batches import PredictionBatch, predict_all
from vitrine.predict.predictions import Predictions
from vitrine.predict.predictor import Predictor
from vitrine.records.environment import now
from vitrine.records.evaluation import Acquaintance, Evaluation, MeasuredData, MeasuredModel
from vitrine.records.model import ModelMetadata
from vitrine.reports.evaluation.page import Measured
from vitrine.training.final_evaluation import tabulate_predictions
from vitrine.training.machine.devices import describe_device
from vitrine.workflows.inspection import inspect_image
from vitrine.workflows.progress import Show, show_nothing

# Asks a model about pictures; whether they are prepared as the model needs them; told how many are done.
Ask = Callable[[Predictor, LabeledData, bool, Show], PredictionBatch]


def ask_here(predictor: Predictor, data: LabeledData, preprocessed: bool, show: Show) -> PredictionBatch:
    """Asks with all cores of this machine; see `Ask`.

    Args:
        predictor: the model.
        data: the pictures.
        preprocessed: whether they are stored as the model needs them.
        show: told how many are done, and how many of them cannot be read.
    """

    def progress(done: int, faults: int) -> None:
        show("answering", done, len(data.pictures), faults=faults)

    return predict_all(predictor, data.pictures, preprocessed, inspect_image, progress=progress)


def measure_model(
    predictor: Predictor,
    data: LabeledData,
    source: str,
    given: Sequence[str],
    top_k: int,
    show: Show = show_nothing,
    ask: Ask = ask_here,
) -> Measured:
    """Asks the model about every picture and measures its answers.

    Args:
        predictor: the model.
        data: the pictures.
        source: of the data, as the user gave it.
        given: "label=class" each; see `match_labels`.
        top_k: for the top-k accuracy.
        show: called with ("answering", done, total, faults).
        ask: how the model is asked.

    Raises:
        UserError: the model learned from these pictures, knows none of their classes, or none can be read.
    """
    origin = compare_origin(predictor.metadata, source, data.facts)
    if origin == "same_split" and data.part == "all":
        raise UserError(
            f"--split all: the model learned from pictures of {source}, so the figures would say nothing; "
            "leave --split out: the test pictures alone were never seen"
        )
    match = match_labels(predictor.label_names, sorted({picture.label_name for picture in data.pictures}), given)
    preprocessed = has_same_preprocessing(predictor.metadata, data.facts)
    started = time.perf_counter()
    predicted = ask(predictor, data, preprocessed, show)
    seconds = time.perf_counter() - started
    sides = _divide(data, predicted, match)
    if not len(sides.known):
        why = f" ({predicted.unreadable[0].id}: {predicted.unreadable[0].reason})" if predicted.unreadable else ""
        raise UserError(f"{source}: no picture of a class that the model knows can be read{why}")
    target = _find_target(predictor.metadata, match.label_names)
    evidence = gather_evidence(sides.known, top_k, sides.unknown, sides.attributes, target)
    evaluation = Evaluation(
        model=_describe_model(predictor),
        data=_describe_data(data, source, predicted, match, sides, origin, preprocessed),
        evidence=leave_out_untested(evidence),
        created=now(),
        device=describe_device(torch.device("cpu" if predictor.network.on_processor else "cuda")),
        vitrine=vitrine.__version__,
        seconds=seconds,
    )
    picture_of = {picture.file: picture.open for picture in data.pictures}
    return Measured(
        evaluation=evaluation,
        predictions=tabulate_predictions(sides.known, evidence.test.top_k),
        unknown=_tabulate_unknown(sides),
        logits=sides.known.logits.astype(np.float32),
        label_ids=sides.known.true_label_ids,
        show=lambda file: picture_of[file](),
    )


def _find_target(metadata: ModelMetadata | None, label_names: Sequence[str]) -> str | None:
    """The class that mattered in the training of the model, where it is among these."""
    labels = (metadata.recipe if metadata else {}).get("labels") or {}
    target = labels.get("target") if isinstance(labels, Mapping) else None
    return target if target in label_names else None


@dataclass(frozen=True)
class _Sides:
    """The predictions, divided by whether the model knows the class of the picture.

    Attributes:
        known: pictures of classes that it knows, with their labels.
        attributes: how they look; see `image_attributes.describe_images`.
        unknown: the others.
        unknown_classes: theirs, `[unknown]`.
    """

    known: Predictions
    attributes: pd.DataFrame
    unknown: Predictions
    unknown_classes: list[str]


def _divide(data: LabeledData, predicted: PredictionBatch, match: LabelMatch) -> _Sides:
    """Puts each picture that could be read on its side, with the model's labels joined to classes."""
    pictures = [data.pictures[place] for place in predicted.places]
    label_of = {name: label_id for label_id, name in enumerate(match.label_names) if name not in match.unknown}
    label_ids = np.asarray([label_of.get(picture.label_name, -1) for picture in pictures], np.int64)
    is_known = label_ids >= 0
    joined = replace(
        predicted.predictions,
        logits=join_labels(predicted.predictions.logits, match.columns),
        label_names=match.label_names,
    )
    known = np.flatnonzero(is_known)
    sizes = [pictures[row].size or predicted.inspected[row][0] for row in known]
    attributes = pd.DataFrame(
        [predicted.inspected[row][1] for row in known], columns=["brightness", "contrast", "is_grey", "sharpness"]
    )
    attributes.insert(0, "file", [pictures[row].file for row in known])
    attributes["subgroup"] = [pictures[row].subgroup for row in known]
    attributes["side"] = [float(min(size)) for size in sizes]
    attributes["elongation"] = [max(size) / max(min(size), 1) for size in sizes]
    return _Sides(
        known=replace(joined.select(known), label_ids=label_ids[known]),
        attributes=attributes,
        unknown=joined.select(~is_known),
        unknown_classes=[pictures[row].label_name for row in np.flatnonzero(~is_known)],
    )


def _tabulate_unknown(sides: _Sides) -> pd.DataFrame:
    """Predictions for pictures of classes that the model does not know."""
    table = tabulate_predictions(sides.unknown, 1)
    table.insert(1, "label_name", sides.unknown_classes)
    return table[["file", "label_name", "predicted", "probability", "decision", "familiarity"]]


def _describe_model(predictor: Predictor) -> MeasuredModel:
    metadata = predictor.metadata
    return MeasuredModel(
        id=predictor.model_id,
        name=metadata.name if metadata else predictor.model_id,
        backbone=metadata.backbone if metadata else None,
        labels=len(predictor.label_names),
        image_size=metadata.image_size if metadata else None,
    )


def _describe_data(
    data: LabeledData,
    source: str,
    predicted: PredictionBatch,
    match: LabelMatch,
    sides: _Sides,
    origin: Acquaintance,
    preprocessed: bool,
) -> MeasuredData:
    reasons: dict[str, list[str]] = defaultdict(list)
    for file, reason in data.left_out:
        reasons[reason].append(file)
    return MeasuredData(
        source=source,
        name=data.name,
        part=data.part,
        found=len(data.pictures) + len(data.left_out) + data.elsewhere,
        measured=len(sides.known),
        unreadable=tuple((one.id, one.reason) for one in predicted.unreadable),
        left_out=tuple((reason, len(files), files[0]) for reason, files in reasons.items()),
        elsewhere=data.elsewhere,
        unknown=dict(Counter(sides.unknown_classes)),
        renamed=match.renamed,
        acquaintance=origin,
        from_preprocessed=data.facts is not None and not preprocessed,
    )
