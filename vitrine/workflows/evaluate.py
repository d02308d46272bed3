"""A model's answers to labelled pictures, turned into one record: what `evaluate` does between reading and writing."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from PIL import Image

import vitrine
from vitrine.data.labels.matching import LabelMatch, match_labels
from vitrine.data.loading.labeled import LabeledData
from vitrine.errors import UserError
from vitrine.evaluation.evaluate import Answered, gather_evidence, join_labels, leave_out_untested
from vitrine.evaluation.image_attributes import measure_attributes
from vitrine.evaluation.provenance import compare_origin, has_same_preprocessing
from vitrine.evaluation.selective import Judged
from vitrine.evaluation.temperature import softmax
from vitrine.predict.batches import Answers, answer_many
from vitrine.predict.predictor import Predictor
from vitrine.records.environment import now
from vitrine.records.evaluation import Acquaintance, Evaluation, MeasuredData, MeasuredModel
from vitrine.reports.evaluation.page import Measured
from vitrine.training.final_evaluation import tabulate_predictions
from vitrine.training.machine.devices import describe_device

LOOK_SIDE = 224  # pixels; sharpness is compared at one size


def measure_model(
    predictor: Predictor,
    data: LabeledData,
    source: str,
    given: Sequence[str],
    top_k: int,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Measured:
    """Asks the model about every picture and measures its answers.

    Args:
        predictor: the model.
        data: the pictures.
        source: of the data, as the user gave it.
        given: "label=class" each; see `match_labels`.
        top_k: for the top-k accuracy.
        progress: called with (done, total).

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
    answers = answer_many(
        predictor, data.pictures, preprocessed, _look, lambda done: progress(done, len(data.pictures))
    )
    seconds = time.perf_counter() - started
    answered = _Answered.divide(data, answers, match)
    if not len(answered.known.files):
        raise UserError(f"{source}: no picture of a class that the model knows can be read")
    evidence = gather_evidence(
        answered.known,
        answered.label_ids,
        match.label_names,
        top_k,
        trust=predictor.trust,
        unknown=answered.unknown,
        attributes=answered.looks,
    )
    evaluation = Evaluation(
        model=_describe_model(predictor),
        data=_describe_data(data, source, answers, match, answered, origin, preprocessed),
        evidence=leave_out_untested(evidence),
        created=now(),
        device=describe_device(torch.device("cuda" if torch.cuda.is_available() else "cpu")),
        vitrine=vitrine.__version__,
        seconds=seconds,
    )
    picture_of = {picture.file: picture.open for picture in data.pictures}
    return Measured(
        evaluation=evaluation,
        predictions=_tabulate(answered.known, answered.label_ids, match, evidence.test.top_k, predictor),
        unknown=_tabulate_unknown(answered, match, predictor),
        logits=answered.known.logits.astype(np.float32),
        label_ids=answered.label_ids,
        show=lambda file: picture_of[file](),
    )


@dataclass(frozen=True)
class _Answered:
    """The answers, divided by whether the model knows the class of the picture.

    Attributes:
        known: pictures of classes that it knows.
        label_ids: theirs, `[known]`.
        looks: how they look; see `attributes.describe_pictures`.
        unknown: the others.
        classes: theirs, `[unknown]`.
    """

    known: Answered
    label_ids: npt.NDArray[np.int64]
    looks: pd.DataFrame
    unknown: Answered
    classes: list[str]

    @classmethod
    def divide(cls, data: LabeledData, answers: Answers, match: LabelMatch) -> Self:
        """Puts each picture that could be read on its side."""
        names = [data.pictures[row].label_name for row in answers.rows]
        label_of = {name: label_id for label_id, name in enumerate(match.label_names) if name not in match.unknown}
        is_known = np.asarray([name in label_of for name in names], dtype=bool)
        logits = join_labels(answers.logits, match.columns)
        files = [data.pictures[row].file for row in answers.rows]

        def take(rows: npt.NDArray[np.int64]) -> Answered:
            similarity = None if answers.similarity is None else answers.similarity[rows]
            return Answered([files[row] for row in rows], logits[rows], similarity)

        known, strange = np.flatnonzero(is_known), np.flatnonzero(~is_known)
        sizes = [data.pictures[answers.rows[row]].size or answers.looks[row][0] for row in known]
        looks = pd.DataFrame(
            [answers.looks[row][1] for row in known], columns=["brightness", "contrast", "is_grey", "sharpness"]
        )
        looks.insert(0, "file", [files[row] for row in known])
        looks["side"] = [float(min(size)) for size in sizes]
        looks["elongation"] = [max(size) / max(min(size), 1) for size in sizes]
        label_ids = np.asarray([label_of[names[row]] for row in known], dtype=np.int64)
        return cls(take(known), label_ids, looks, take(strange), [names[row] for row in strange])


def _look(image: Image.Image) -> tuple[tuple[int, int], tuple[float, float, bool, float]]:
    """Width and height, and what `attributes.measure_attributes` says."""
    preprocessed = image.convert("RGB").resize((LOOK_SIDE, LOOK_SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return image.size, measure_attributes(np.asarray(preprocessed))


def _tabulate(
    answered: Answered,
    label_ids: npt.NDArray[np.int64],
    match: LabelMatch,
    top_k: int,
    predictor: Predictor,
) -> pd.DataFrame:
    judged = Judged(
        probabilities=softmax(np.asarray(answered.logits, np.float64)),
        label_ids=label_ids,
        similarity=answered.similarity,
    )
    return tabulate_predictions(answered.files, judged, match.label_names, top_k, predictor.trust)


def _tabulate_unknown(answered: _Answered, match: LabelMatch, predictor: Predictor) -> pd.DataFrame:
    """Answers to pictures of classes that the model does not know, without what only a true class could tell."""
    if not answered.classes:
        return pd.DataFrame(columns=["file", "label_name", "predicted", "probability", "decision", "familiarity"])
    nowhere = np.zeros(len(answered.classes), dtype=np.int64)
    table = _tabulate(answered.unknown, nowhere, match, 1, predictor)
    table["label_name"] = answered.classes
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
    answers: Answers,
    match: LabelMatch,
    answered: _Answered,
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
        measured=len(answered.known.files),
        unreadable=tuple((data.pictures[place].file, reason) for place, reason in answers.problems),
        left_out=tuple((reason, len(files), files[0]) for reason, files in reasons.items()),
        elsewhere=data.elsewhere,
        unknown=dict(Counter(answered.classes)),
        renamed=match.renamed,
        acquaintance=origin,
        from_preprocessed=data.facts is not None and not preprocessed,
    )
