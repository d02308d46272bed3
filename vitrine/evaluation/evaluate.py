"""All that can be said of a model without its training: from its answers to labelled pictures to one record."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from vitrine.evaluation.calibration import measure_calibration
from vitrine.evaluation.intervals import wilson_interval
from vitrine.evaluation.label_errors import Judged
from vitrine.evaluation.mistakes import collect_mistakes
from vitrine.evaluation.selective import Judged as Calibrated
from vitrine.evaluation.temperature import softmax
from vitrine.evaluation.test_metrics import measure_test
from vitrine.records.evaluation import Evidence, TrustFigures
from vitrine.records.model import Trust
from vitrine.records.selective import DecisionKind

MOST_UNTESTED = 50  # labels of the model without a picture that tables still list


@dataclass(frozen=True)
class Answered:
    """A model's answers to pictures.

    Attributes:
        files: names, `[pictures]`.
        logits: calibrated as far as the model is, `[pictures, num_labels]`.
        similarity: `[pictures]`; None where the model does not measure it.
    """

    files: Sequence[str]
    logits: npt.NDArray[np.floating]
    similarity: npt.NDArray[np.floating] | None = None


def gather_evidence(
    answered: Answered,
    label_ids: npt.NDArray[np.int64],
    label_names: Sequence[str],
    top_k: int,
    trust: Trust | None = None,
    unknown: Answered | None = None,
    attributes: pd.DataFrame | None = None,
    target: str | None = None,
    seed: int = 0,
) -> Evidence:
    """Measures a model on pictures that it did not learn from.

    Args:
        answered: pictures of classes that it knows, at least one.
        label_ids: their true classes, `[pictures]`.
        label_names: in the order of the label ids.
        top_k: for the top-k accuracy.
        trust: of the model.
        unknown: pictures of other classes.
        attributes: how the pictures look, as `attributes.describe_pictures` says it; None: no slices.
        target: the class that matters.
        seed: of all resamples.

    Raises:
        UserError: answers that are no numbers (it names how many), or no picture.
    """
    # The first to look at the logits, and to refuse what is no number.
    reliability = measure_calibration(answered.logits, label_ids, 1.0, None, 0, seed).after
    probabilities = softmax(np.asarray(answered.logits, np.float64))
    test = measure_test(probabilities, label_ids, label_names, top_k, target, seed=seed)
    judged = Judged("test", answered.files, label_ids, probabilities, "model")
    return Evidence(
        label_names=tuple(label_names),
        test=test,
        reliability=reliability,
        trust=None if trust is None else measure_trust(trust, answered, label_ids, unknown),
        mistakes=collect_mistakes([judged], label_names, attributes),
    )


def measure_trust(
    trust: Trust, answered: Answered, label_ids: npt.NDArray[np.int64], unknown: Answered | None
) -> TrustFigures:
    """What the thresholds of a model do; arguments as for `gather_evidence`."""
    kinds = decide_all(trust, answered)
    is_right = answered.logits.argmax(axis=1) == label_ids
    answers = int((kinds == "answered").sum())
    right = int(is_right[kinds == "answered"].sum())
    interval = wilson_interval(right, answers) if answers else None
    strange = decide_all(trust, unknown) if unknown is not None else np.zeros(0, dtype="U8")
    return TrustFigures(
        precision=trust.precision,
        pictures=len(kinds),
        answered=answers,
        right=right,
        accuracy_answered=right / answers if answers else None,
        accuracy_answered_interval=interval,
        unsure=int((kinds == "unsure").sum()),
        refused=int((kinds == "none").sum()),
        is_kept=_judge_precision(trust.precision, interval),
        unknown=len(strange),
        unknown_answered=int((strange == "answered").sum()),
        unknown_refused=int((strange == "none").sum()),
    )


def decide_all(trust: Trust, answered: Answered) -> npt.NDArray[np.str_]:
    """The decision about each picture: answered, unsure or none, `[pictures]`."""
    if not len(answered.files):
        return np.zeros(0, dtype="U8")
    probabilities = softmax(np.asarray(answered.logits, np.float64))
    nowhere = np.zeros(len(probabilities), dtype=np.int64)
    kinds: list[DecisionKind] = Calibrated(
        probabilities=probabilities, label_ids=nowhere, similarity=answered.similarity
    ).kinds(trust)
    return np.asarray(kinds)


def _judge_precision(precision: float, interval: tuple[float, float] | None) -> bool | None:
    if interval is None or interval[0] < precision <= interval[1]:
        return None
    return interval[0] >= precision


def join_labels(logits: npt.NDArray[np.floating], columns: Sequence[int]) -> npt.NDArray[np.float64]:
    """Logits of classes that are made up of several labels: their probabilities are added up.

    Args:
        logits: `[pictures, labels]`.
        columns: for each label the place of its class.

    Returns:
        `[pictures, classes]`.
    """
    places = np.asarray(columns)
    joined = np.full((len(logits), places.max() + 1), -np.inf)
    for label, place in enumerate(places):
        joined[:, place] = np.logaddexp(joined[:, place], logits[:, label])
    return joined


def leave_out_untested(evidence: Evidence) -> Evidence:
    """Takes labels that no picture has and no answer gives out of tables and matrix, where they are very many.

    All figures are of all labels nevertheless: they were computed before.
    """
    test = evidence.test
    keep = [place for place, row in enumerate(test.per_class) if row.pictures or row.answers]
    if len(test.per_class) - len(keep) <= MOST_UNTESTED:
        return evidence
    shorter = test.model_copy(
        update={
            "per_class": [test.per_class[place] for place in keep],
            "confusion_matrix": [[test.confusion_matrix[row][column] for column in keep] for row in keep],
        }
    )
    return evidence.model_copy(
        update={"test": shorter, "label_names": tuple(evidence.label_names[place] for place in keep)}
    )
