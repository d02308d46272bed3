"""Asks the model in use and a retrained one about the pictures of the gate, and what their answers cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from vitrine.data.loading.labeled import LabeledImage, list_images, spread_evenly
from vitrine.data.manifest.split_names import GATE
from vitrine.data.prepared.columns import read_column
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.errors import UserError
from vitrine.evaluation.gate import GateAnswers, ask_both, check_limit, decide
from vitrine.models.backbones.warm_start import match_classes
from vitrine.predict.batches import BATCH_SIZE, predict_all
from vitrine.predict.cost import MEMORY_BATCHES, measure_memory, time_side_by_side
from vitrine.predict.predictor import Predictor
from vitrine.records.gate import GateCheck, GateFindings, GateMargins

MOST_TIMED = 40  # pictures whose answers are timed


@dataclass(frozen=True)
class GateResult:
    """What the gate found.

    Attributes:
        findings: what both models say, and what follows.
        answers: one row per picture: file, label_name, and before and now with their probabilities.
    """

    findings: GateFindings
    answers: pd.DataFrame


def pass_gate(
    current: Path, candidate: Path, prepared: PreparedDataset, renamed: Mapping[str, str], margins: GateMargins
) -> GateResult:
    """Compares a retrained model with the one in use on the pictures that were set aside for it.

    Args:
        current: model folder in use.
        candidate: model folder of the retrained one.
        prepared: data set that the candidate was trained on.
        renamed: how classes of the model in use are called now, where that has changed.
        margins: by how much the candidate may do worse.

    Raises:
        UserError: the data set has no pictures for the gate, or they cannot be read.
    """
    check_gate(prepared)
    pictures = list_images(prepared, GATE)
    models = [Predictor.load(str(folder)) for folder in (current, candidate)]
    label_names = prepared.label_names
    sources = [
        match_classes(models[0].label_names, label_names, renamed),
        [[place] for place in range(len(label_names))],
    ]
    said = [_answer(model, pictures, places) for model, places in zip(models, sources, strict=True)]
    label_ids = read_column(prepared.splits[GATE], "label").to_numpy()
    known = np.array([bool(places) for places in sources[0]])
    findings = ask_both(said[0], said[1], label_ids, label_names, known, margins)
    costs = _ask_costs(models, pictures, margins)
    checks = (*findings.checks, *costs)
    findings = findings.model_copy(update={"checks": checks, "verdict": decide(checks)})
    return GateResult(findings, _tabulate(pictures, label_names, said))


def check_gate(prepared: PreparedDataset) -> None:
    """Makes sure that a data set has pictures for the gate.

    Raises:
        UserError: it has none.
    """
    if not prepared.facts.counts.get(GATE):
        raise UserError(
            f"{prepared.folder} has no pictures set aside for the gate, so nobody could tell whether a retrained model "
            "is worse; prepare the pictures with data.gate_fraction=0.2 and train a model on them first"
        )


def _answer(predictor: Predictor, pictures: Sequence[LabeledImage], sources: Sequence[Sequence[int]]) -> GateAnswers:
    """Answers in the classes of today: 0 for those that the model does not know, sums for those that were merged."""
    predicted = predict_all(predictor, pictures, preprocessed=True)
    if predicted.unreadable:
        raise UserError(f"{predicted.unreadable[0].id} cannot be read; prepare the pictures again")
    said = predicted.predictions
    return GateAnswers(sum_classes(said.probabilities, sources), said.decision_kinds == "answered")


def sum_classes(probabilities: npt.NDArray[np.float64], sources: Sequence[Sequence[int]]) -> npt.NDArray[np.float64]:
    """Probabilities of the classes of today.

    Args:
        probabilities: of the model's classes, `[pictures, labels]`.
        sources: for each class of today, the label ids that it is made of; none where the model does not know it.
    """
    return np.stack([probabilities[:, list(places)].sum(axis=1) for places in sources], axis=1)


def _ask_costs(models: Sequence[Predictor], pictures: Sequence[LabeledImage], margins: GateMargins) -> list[GateCheck]:
    opened = [picture.open() for picture in spread_evenly(pictures, MOST_TIMED)]
    before, now = time_side_by_side(models, opened)
    checks = [check_limit("latency", len(opened), before, now, margins.latency)]
    peaks = [measure_memory(model.folder, opened[0].width) for model in models]
    if peaks[0] is not None and peaks[1] is not None:
        checks.append(check_limit("memory", MEMORY_BATCHES * BATCH_SIZE, peaks[0], peaks[1], margins.memory))
    return checks


def _tabulate(
    pictures: Sequence[LabeledImage], label_names: Sequence[str], said: Sequence[GateAnswers]
) -> pd.DataFrame:
    names = np.asarray(label_names, dtype=object)
    columns: dict[str, npt.ArrayLike] = {
        "file": [picture.file for picture in pictures],
        "label_name": [picture.label_name for picture in pictures],
    }
    for when, answers in zip(("before", "now"), said, strict=True):
        columns[when] = names[answers.probabilities.argmax(axis=1)]
        columns[f"probability_{when}"] = answers.probabilities.max(axis=1)
        columns[f"answered_{when}"] = answers.answered
    return pd.DataFrame(columns)
