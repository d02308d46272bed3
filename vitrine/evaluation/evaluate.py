"""All that can be said of a model without its training: from its answers to labelled pictures to one record."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from vitrine.evaluation.calibration import measure_reliability
from vitrine.evaluation.intervals import wilson_interval
from vitrine.evaluation.label_errors import LabeledProbabilities
from vitrine.evaluation.mistakes import collect_mistakes
from vitrine.evaluation.test_metrics import measure_test
from vitrine.models.calibration.blocks import by_blocks
from vitrine.models.calibration.selective import decision_kinds
from vitrine.predict.predictions import Predictions
from vitrine.records.evaluation import Evidence, TrustFigures
from vitrine.records.evidence import store_matrix
from vitrine.records.model import Trust

MOST_UNTESTED = 50  # labels of the model without a picture that tables still list

SEED = 0  # of all resamples


def gather_evidence(
    known: Predictions,
    top_k: int,
    unknown: Predictions | None = None,
    attributes: pd.DataFrame | None = None,
    target: str | None = None,
) -> Evidence:
    """Measures a model on pictures that it did not learn from.

    Args:
        known: pictures of classes that it knows, at least one, with their true labels.
        top_k: for the top-k accuracy.
        unknown: pictures of other classes.
        attributes: how the known pictures look, as `image_attributes.describe_images` says it; None: no slices.
        target: the class that matters.

    Raises:
        UserError: answers that are not numbers (it names how many), or no picture.
    """
    # The first to look at the logits, and to refuse what is not a number.
    reliability = measure_reliability(known.logits, known.true_label_ids, SEED)
    return Evidence(
        label_names=tuple(known.label_names),
        test=measure_test(known.probabilities, known.true_label_ids, known.label_names, top_k, target, seed=SEED),
        reliability=reliability,
        trust=None if known.trust is None else measure_trust(known.trust, known, unknown),
        mistakes=collect_mistakes(
            [LabeledProbabilities.from_predictions("test", known)], known.label_names, attributes
        ),
    )


def measure_trust(trust: Trust, known: Predictions, unknown: Predictions | None) -> TrustFigures:
    """What the thresholds of a model do; pictures as for `gather_evidence`."""
    kinds = decision_kinds(known.probabilities, trust, known.similarities)
    answers = int((kinds == "answered").sum())
    right = int(known.is_right[kinds == "answered"].sum())
    interval = wilson_interval(right, answers) if answers else None
    others = np.zeros(0, "U8")
    if unknown is not None:
        others = decision_kinds(unknown.probabilities, trust, unknown.similarities)
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
        unknown=len(others),
        unknown_answered=int((others == "answered").sum()),
        unknown_refused=int((others == "none").sum()),
    )


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

    def join(rows: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        joined = np.full((len(rows), places.max() + 1), -np.inf)
        for label, place in enumerate(places):
            joined[:, place] = np.logaddexp(joined[:, place], rows[:, label])
        return joined

    return by_blocks(join, logits)


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
            **store_matrix(test.matrix()[np.ix_(keep, keep)]),
        }
    )
    return evidence.model_copy(
        update={"test": shorter, "label_names": tuple(evidence.label_names[place] for place in keep)}
    )
