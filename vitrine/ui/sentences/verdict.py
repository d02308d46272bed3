"""What the figures of a test mean, in sentences: the verdict, the warnings, the confusions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from vitrine.records.evidence import ClassFigures, TestEvidence
from vitrine.records.run import Metrics
from vitrine.ui.texts import Texts, whole_percent

FEW_TEST_PICTURES = 100  # below, the 95 % interval is up to 20 points wide
FEW_OF_A_CLASS = 10  # below, one picture more or less moves the class by more than 10 points
WEAK_RECALL = 0.7
NOTABLE_GAP = 0.05  # recall of the hardest class, or accuracy without duplicates, below the accuracy of all
SUSPICIOUS_GAP = 0.05  # validation accuracy above the test interval: a leak, or a lucky choice of the epoch


@dataclass(frozen=True)
class Notice:
    """A sentence that stands right under the verdict."""

    level: Literal["warning", "note"]
    text: str


@dataclass(frozen=True)
class Confusion:
    """Pictures of one class that were given the name of another."""

    shown: str
    answered: str
    count: int
    pictures: int


def right_of_hundred(accuracy: float) -> int:
    """Whole pictures of a hundred; 100 only where nothing was wrong and 0 only where nothing was right."""
    if 0 < accuracy < 1:
        return min(max(round(accuracy * 100), 1), 99)
    return round(accuracy * 100)


def verdict(test: TestEvidence, texts: Texts, elsewhere: bool = False) -> tuple[str, str]:
    """The one sentence that everybody should take away, in two parts: the claim and what it rests on.

    Args:
        test: the figures.
        texts: of the page's language.
        elsewhere: whether the pictures are another data set's, of which nobody can tell whether the model knew them.
    """
    low, high = whole_percent(*test.accuracy_interval)
    number = right_of_hundred(test.accuracy)
    is_above = round(test.accuracy * 100) > number
    claim = texts("run.verdict.above") if is_above else texts("run.verdict.about", count=number)
    evidence = "run.verdict.evidence_elsewhere" if elsewhere else "run.verdict.evidence"
    return claim, texts(evidence, low=low, high=high, count=test.pictures)


def notices(metrics: Metrics, texts: Texts) -> list[Notice]:
    """Everything that makes the verdict of a run weaker than it sounds, the gravest first."""
    return [*notices_of_test(metrics.test, texts), *_compare_with_validation(metrics, texts)]


def notices_of_test(test: TestEvidence, texts: Texts) -> list[Notice]:
    """As `notices`, for a model whose training is not known."""
    return [
        *_compare_with_guessing(test, texts),
        *_judge_size(test, texts),
        *_judge_duplicates(test, texts),
        *_judge_classes(test.per_class, test.accuracy, texts),
    ]


def _compare_with_guessing(test: TestEvidence, texts: Texts) -> list[Notice]:
    matrix = test.matrix()
    most_frequent = int(matrix.sum(axis=1).argmax())
    name = test.per_class[most_frequent].label_name
    guessing = matrix[most_frequent].sum() / test.pictures
    always = texts("run.notices.always", name=name, share=texts.percent(guessing, 1))
    found = []
    if test.accuracy <= guessing:
        accuracy = texts.percent(test.accuracy, 1)
        found.append(Notice("warning", texts("run.notices.no_better", accuracy=accuracy, always=always)))
    elif test.accuracy_interval[0] <= guessing:
        found.append(Notice("warning", texts("run.notices.not_shown_better", always=always)))
    answers = np.flatnonzero(matrix.sum(axis=0))
    if len(answers) == 1 and test.pictures > 1:
        answer = test.per_class[answers[0]].label_name
        found.append(Notice("warning", texts("run.notices.same_answer", name=answer)))
    return found


def _judge_size(test: TestEvidence, texts: Texts) -> list[Notice]:
    if test.pictures >= FEW_TEST_PICTURES:
        return []
    low, high = (texts.percent(share / 100) for share in whole_percent(*test.accuracy_interval))
    return [Notice("warning", texts("run.notices.few_pictures", count=test.pictures, low=low, high=high))]


def _judge_duplicates(test: TestEvidence, texts: Texts) -> list[Notice]:
    """Duplicates in training flatter, and so do pictures of one series: the figure without them is the honest one."""
    found = []
    for kind, seen in (("duplicates", test.duplicates), ("series", test.series)):
        if seen is None or not seen.pictures:
            continue
        if seen.other_accuracy is None:  # no test picture is left that would tell
            found.append(Notice("warning", texts(f"run.notices.{kind}_only", count=seen.pictures)))
            continue
        without, accuracy = texts.percent(seen.other_accuracy, 1), texts.percent(test.accuracy, 1)
        text = texts(f"run.notices.{kind}", count=seen.pictures, without=without, accuracy=accuracy)
        found.append(Notice("warning" if seen.other_accuracy < test.accuracy - NOTABLE_GAP else "note", text))
    return found


def _judge_classes(classes: Sequence[ClassFigures], accuracy: float, texts: Texts) -> list[Notice]:
    found = []
    tested = [row for row in classes if row.pictures]
    untested = [row.label_name for row in classes if not row.pictures]
    if untested:
        text = texts("run.notices.untested", count=len(untested), names=texts.quote(untested))
        found.append(Notice("warning", text))
    found += _name_the_weak(tested, accuracy, texts)
    few = [row.label_name for row in tested if row.pictures < FEW_OF_A_CLASS]
    if few:
        text = texts("run.notices.few_of_a_class", count=len(few), names=texts.quote(few), limit=FEW_OF_A_CLASS)
        found.append(Notice("note", text))
    return found


def _name_the_weak(tested: list[ClassFigures], accuracy: float, texts: Texts) -> list[Notice]:
    ranked = sorted(tested, key=lambda row: (row.recall, -row.pictures))
    weak = [row for row in ranked if row.recall < WEAK_RECALL]
    if len(weak) > 1:
        listed = [texts("run.notices.weak_class", name=row.label_name, **_counts(row, texts)) for row in weak[:5]]
        joined = ", ".join(listed)
        if len(weak) > 5:
            joined = texts.join([joined, texts("common.more", count=len(weak) - 5)])
        share = texts.percent(WEAK_RECALL)
        text = texts("run.notices.weak", number=texts.number(len(weak)), share=share, listed=joined)
        return [Notice("warning", text)]
    hardest = ranked[0]
    if hardest.recall > accuracy - NOTABLE_GAP:
        return []
    share = texts.percent(hardest.recall)
    text = texts("run.notices.hardest", name=hardest.label_name, share=share, **_counts(hardest, texts))
    return [Notice("warning" if weak else "note", text)]


def _counts(row: ClassFigures, texts: Texts) -> dict[str, str]:
    return {"found": texts.number(found_images(row)), "pictures": texts.number(row.pictures)}


def _compare_with_validation(metrics: Metrics, texts: Texts) -> list[Notice]:
    validation, high = metrics.validation.accuracy, metrics.test.accuracy_interval[1]
    if validation <= high + SUSPICIOUS_GAP:
        return []
    test = texts.percent(metrics.test.accuracy, 1)
    text = texts("run.notices.validation", validation=texts.percent(validation, 1), test=test)
    return [Notice("warning", text)]


def found_images(row: ClassFigures) -> int:
    """How many of a class's test pictures were named rightly."""
    return round(row.recall * row.pictures)


def most_confused(matrix: npt.NDArray[np.int_], label_names: tuple[str, ...], at_most: int) -> list[Confusion]:
    """The most frequent mistakes; of equally frequent ones, first those with the larger share of their class."""
    mistakes = matrix.copy()
    np.fill_diagonal(mistakes, 0)
    pictures = matrix.sum(axis=1)
    pairs = [
        Confusion(label_names[row], label_names[column], int(mistakes[row, column]), int(pictures[row]))
        for row, column in np.argwhere(mistakes)
    ]
    return sorted(pairs, key=lambda pair: (-pair.count, -pair.count / pair.pictures))[:at_most]


def kappa_words(kappa: float, texts: Texts) -> str:
    """Words for Cohen's kappa (Landis and Koch, "The measurement of observer agreement", Biometrics 33, 1977)."""
    if kappa <= 0:
        return texts("measures.kappa_words.none")
    scale = ((0.2, "slight"), (0.4, "fair"), (0.6, "moderate"), (0.8, "substantial"), (1.0, "almost_perfect"))
    word = next(word for limit, word in scale if round(kappa, 2) <= limit)
    return texts(f"measures.kappa_words.{word}")
