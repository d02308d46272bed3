"""What to do next: at most four sentences, the most useful first, each with the number that it rests on."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from vitrine.evaluation.label_errors import TRUSTED_JUDGE
from vitrine.records.evaluation import Evidence
from vitrine.records.evidence import ClassFigures, TestEvidence
from vitrine.records.learning_curve import LearningCurve
from vitrine.records.mistakes import LabelErrors, Mistakes, Slice
from vitrine.records.run import Metrics
from vitrine.ui.sentences.verdict import WEAK_RECALL, found_images
from vitrine.ui.texts import Texts, whole_percent

MOST_STEPS = 4
LEAST_TO_JUDGE = 5  # test pictures of a class, below which its recall is mostly chance
WRONG_LABELS = 0.01  # share of the examined labels from which on they come first
WIDE = 0.1  # of an interval: 10 points
NOTABLE_GAIN = 0.005  # half a point
LEARNED = 0.7  # share of the training pictures that a network should name rightly, or it does not learn
BY_HEART = 0.15  # accuracy on training pictures above that on validation pictures
HALF_WIDTHS = 1.96  # standard deviations on each side of a 95 % interval


def suggest_for_run(
    metrics: Metrics,
    history: pd.DataFrame,
    mistakes: Mistakes | None,
    curve: LearningCurve | None,
    texts: Texts,
) -> list[str]:
    """The steps after a training.

    Args:
        metrics: of the run.
        history: one row per epoch.
        mistakes: None where they were not looked at.
        curve: None where it was not measured.
        texts: of the page's language.
    """
    test = metrics.test
    fit = _judge_fit(metrics, history, texts)
    longer = _train_longer(metrics, texts)
    steps = [
        fit.get("too_weak"),
        _name_untested(test.per_class, texts),
        None if mistakes is None else _check_labels(mistakes.label_errors, texts),
        _keep_to_the_head(metrics, texts),
        longer,
        None if curve is None else _photograph_class(curve, texts),
        _look_at_class(test, texts),
        None if mistakes is None else _photograph_kind(mistakes.slices, texts),
        None if longer else fit.get("by_heart"),
        None if curve is None else _photograph_all(curve, texts),
        _test_more(test, texts),
    ]
    return [step for step in steps if step is not None][:MOST_STEPS]


def suggest_for_evaluation(evidence: Evidence, texts: Texts) -> list[str]:
    """The steps after measuring a model whose training is not at hand."""
    steps = [
        _check_labels(evidence.mistakes.label_errors, texts),
        _look_at_class(evidence.test, texts),
        _photograph_kind(evidence.mistakes.slices, texts),
        _test_more(evidence.test, texts),
    ]
    return [step for step in steps if step is not None][:MOST_STEPS]


def _judge_fit(metrics: Metrics, history: pd.DataFrame, texts: Texts) -> dict[str, str]:
    kept = history[history["epoch"] == metrics.validation.best_epoch]
    trained, validation = float(kept["train_accuracy"].iloc[0]), metrics.validation.accuracy
    if not np.isfinite(trained):
        return {}
    if trained < LEARNED and validation < LEARNED:
        return {"too_weak": texts("run.next.too_weak", train=texts.percent(trained))}
    if trained - validation > BY_HEART:
        shares = {"train": texts.percent(trained), "validation": texts.percent(validation)}
        # Where a head sees each picture as it is, no policy changes any.
        key = "by_heart_head" if metrics.training.feature_views == 1 else "by_heart"
        return {"by_heart": texts(f"run.next.{key}", **shares)}
    return {}


def _name_untested(classes: Sequence[ClassFigures], texts: Texts) -> str | None:
    untested = [row.label_name for row in classes if not row.pictures]
    return texts("run.next.untested", names=texts.quote(untested)) if untested else None


def _check_labels(errors: LabelErrors, texts: Texts) -> str | None:
    suspects = len(errors.suspects) + errors.more
    examined = sum(part.pictures for part in errors.examined)
    agreed = sum(part.pictures * part.agreement for part in errors.examined)
    # A judge that errs often calls right labels wrong: then the model is the thing to mend.
    if suspects < max(2, WRONG_LABELS * examined) or agreed < TRUSTED_JUDGE * examined:
        return None
    return texts("run.next.wrong_labels", count=suspects)


def _keep_to_the_head(metrics: Metrics, texts: Texts) -> str | None:
    head, validation = metrics.training.head_first_accuracy, metrics.validation.accuracy
    if head is None or head < validation:
        return None
    return texts("run.next.head_alone", head=texts.percent(head, 1), validation=texts.percent(validation, 1))


def may_gain_by_epochs(metrics: Metrics) -> bool:
    """Whether the last epoch was found the best, and validation pictures are left that more epochs could get right."""
    training, validation = metrics.training, metrics.validation
    if validation.monitor == "last_epoch":  # it was kept whatever the others were
        return False
    is_last = training.epochs >= 2 and validation.best_epoch >= training.epochs_planned
    return is_last and validation.accuracy < 1


def _train_longer(metrics: Metrics, texts: Texts) -> str | None:
    if not may_gain_by_epochs(metrics):
        return None
    return texts("run.next.more_epochs", epochs=texts.number(metrics.training.epochs))


def _photograph_class(curve: LearningCurve, texts: Texts) -> str | None:
    best = curve.gains[0] if curve.gains else None
    if best is None or not best.shown:
        return None
    gain = texts.number(best.gain * 100, 1)
    return texts("run.next.more_of_class", name=best.label_name, count=curve.added, gain=gain)


def _photograph_all(curve: LearningCurve, texts: Texts) -> str | None:
    now = next((outlook for outlook in curve.outlooks if outlook.factor == 1), None)
    twice = next((outlook for outlook in curve.outlooks if outlook.factor == 2), None)
    if now is None or twice is None:
        return None
    shares = {"share": texts.percent(twice.accuracy, 1), "now": texts.percent(now.accuracy, 1)}
    if twice.gain >= NOTABLE_GAIN and twice.gain_interval[0] > 0:
        return texts("run.next.more_of_all", **shares)
    if twice.gain_interval[1] >= NOTABLE_GAIN:
        return None
    return texts("run.next.enough_same" if shares["share"] == shares["now"] else "run.next.enough", **shares)


def _look_at_class(test: TestEvidence, texts: Texts) -> str | None:
    """The weakest class, with what it is mostly called instead."""
    weak = [row for row in test.per_class if row.pictures >= LEAST_TO_JUDGE and row.recall < WEAK_RECALL]
    if not weak:
        return None
    worst = min(weak, key=lambda row: row.recall)
    place = [row.label_name for row in test.per_class].index(worst.label_name)
    answers = test.matrix()[place]
    answers[place] = 0
    return texts(
        "run.next.weak_class",
        name=worst.label_name, found=texts.number(found_images(worst)), pictures=texts.number(worst.pictures),
        answer=test.per_class[int(answers.argmax())].label_name, times=texts.number(int(answers.max())),
    )  # fmt: skip


def _photograph_kind(slices: Sequence[Slice] | None, texts: Texts) -> str | None:
    weaker = next((one for one in slices or () if one.is_weaker), None)
    if weaker is None or weaker.accuracy is None or weaker.rest_accuracy is None:
        return None
    share, others = texts.percent(weaker.accuracy), texts.percent(weaker.rest_accuracy)
    kind = texts(f"slices.names.{weaker.name}")
    return texts("run.next.slice", slice=kind[0].lower() + kind[1:], share=share, others=others)


def _test_more(test: TestEvidence, texts: Texts) -> str | None:
    low, high = test.accuracy_interval
    if high - low <= WIDE:
        return None
    # A share of exactly 0 or 1 says little of how many are needed: as if half a picture were otherwise.
    share = min(max(test.accuracy, 0.5 / test.pictures), 1 - 0.5 / test.pictures)
    needed = round(share * (1 - share) * (2 * HALF_WIDTHS / WIDE) ** 2, -1)
    if needed <= test.pictures:
        return None
    lowest, highest = whole_percent(low, high)  # as the verdict says
    return texts(
        "run.next.test_pictures",
        pictures=texts("common.test_pictures", count=test.pictures),
        width=texts.number(highest - lowest), needed=texts.number(needed),
    )  # fmt: skip
