"""Predictions for labelled pictures, turned into one record: what `evaluate` does between reading and writing."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from PIL import Image

import vitrine
from vitrine.data.labels.matching import LabelMatch, match_labels
from vitrine.data.loading.labeled import LabeledData, LabeledImage
from vitrine.data.manifest.name_index import NameIndex
from vitrine.errors import UserError
from vitrine.evaluation.evaluate import gather_evidence, join_labels, leave_out_untested
from vitrine.evaluation.prediction_table import tabulate_predictions
from vitrine.evaluation.provenance import compare_origin, has_same_preprocessing
from vitrine.predict.batches import PredictionBatch, Unreadable, predict_all
from vitrine.predict.predictions import Predictions
from vitrine.predict.predictor import Predictor
from vitrine.records.environment import now
from vitrine.records.evaluation import Acquaintance, Evaluation, MeasuredData, MeasuredModel
from vitrine.records.model import ModelMetadata
from vitrine.records.text_column import TextColumn
from vitrine.reports.evaluation.page import Measured
from vitrine.training.machine.devices import describe_device
from vitrine.workflows.inspection import LOOKS, inspect_image
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

    return predict_all(predictor, data.pictures, preprocessed, inspect_image, LOOKS, progress=progress)


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
    del predicted  # there may be millions
    if not len(sides.known):
        why = f" ({sides.unreadable[0].id}: {sides.unreadable[0].reason})" if sides.unreadable else ""
        raise UserError(f"{source}: no picture of a class that the model knows can be read{why}")
    target = _find_target(predictor.metadata, match.label_names)
    evidence = gather_evidence(sides.known, top_k, sides.unknown, sides.attributes, target)
    evaluation = Evaluation(
        model=_describe_model(predictor),
        data=_describe_data(data, source, match, sides, origin, preprocessed),
        evidence=leave_out_untested(evidence),
        created=now(),
        device=describe_device(torch.device("cpu" if predictor.network.on_processor else "cuda")),
        vitrine=vitrine.__version__,
        seconds=seconds,
    )
    return Measured(
        evaluation=evaluation,
        predictions=sides.known,
        unknown=_tabulate_unknown(sides),
        show=_find_pictures(data.pictures),
    )


def _find_pictures(pictures: Sequence[LabeledImage]) -> Callable[[str], Image.Image]:
    """Opens a picture by its file."""
    places = NameIndex(TextColumn(picture.file for picture in pictures).column)

    def show(file: str) -> Image.Image:
        place = places.find(file)
        if place is None:
            raise KeyError(file)
        return pictures[place].open()

    return show


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
        unreadable: pictures of either side that cannot be read.
    """

    known: Predictions
    attributes: pd.DataFrame
    unknown: Predictions
    unknown_classes: list[str]
    unreadable: tuple[Unreadable, ...]


def _divide(data: LabeledData, predicted: PredictionBatch, match: LabelMatch) -> _Sides:
    """Puts each picture that could be read on its side, with the model's labels joined to classes."""
    label_of = {name: label_id for label_id, name in enumerate(match.label_names) if name not in match.unknown}
    classes = [data.pictures[place].label_name for place in predicted.places.tolist()]
    label_ids = np.asarray([label_of.get(name, -1) for name in classes], np.int64)
    is_known = label_ids >= 0
    logits = predicted.predictions.logits
    if list(match.columns) != list(range(len(match.label_names))):  # as they are, they need not be held twice
        logits = join_labels(logits, match.columns)
    ids = TextColumn(predicted.predictions.ids)
    joined = replace(predicted.predictions, ids=ids, logits=logits, label_names=match.label_names)
    return _Sides(
        known=replace(joined.select(is_known), label_ids=label_ids[is_known]),
        attributes=_describe_looks(data, predicted, np.flatnonzero(is_known)),
        unknown=joined.select(~is_known),
        unknown_classes=[classes[row] for row in np.flatnonzero(~is_known)],
        unreadable=predicted.unreadable,
    )


def _describe_looks(data: LabeledData, predicted: PredictionBatch, rows: npt.NDArray[np.int64]) -> pd.DataFrame:
    """How some of those that could be read look, as `image_attributes.describe_images` says it, but for their names."""
    seen = np.asarray(predicted.inspected, LOOKS)[rows]
    sizes = seen["size"].astype(np.float64)
    subgroups = []
    for row, place in enumerate(predicted.places[rows].tolist()):
        picture = data.pictures[place]
        subgroups.append(picture.subgroup)
        if picture.size is not None:
            sizes[row] = picture.size
    shorter, longer = sizes.min(axis=1), sizes.max(axis=1)
    return pd.DataFrame(
        {
            **{name: seen["looks"][name] for name in ("brightness", "contrast", "is_grey", "sharpness")},
            "subgroup": subgroups,
            "side": shorter,
            "elongation": longer / np.maximum(shorter, 1),
        }
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
        unreadable=tuple((one.id, one.reason) for one in sides.unreadable),
        left_out=tuple((reason, len(files), files[0]) for reason, files in reasons.items()),
        elsewhere=data.elsewhere,
        unknown=dict(Counter(sides.unknown_classes)),
        renamed=match.renamed,
        acquaintance=origin,
        from_preprocessed=data.facts is not None and not preprocessed,
    )
