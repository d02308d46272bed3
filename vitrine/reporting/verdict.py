"""What the figures of a test mean, in sentences: the verdict, the warnings, the confusions."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from vitrine.reporting.run_records import ClassFigures, Metrics, TestFigures
from vitrine.reporting.wording import percent, plural, quote

FEW_TEST_PICTURES = 100  # below, the 95 % interval is up to 20 points wide
FEW_OF_A_CLASS = 10  # below, one picture more or less moves the class by more than 10 points
WEAK_RECALL = 0.7
NOTABLE_GAP = 0.05  # recall of the hardest class below the accuracy of all
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


def verdict(test: TestFigures) -> tuple[str, str]:
    """The one sentence that everybody should take away, in two parts: the claim and what it rests on."""
    # Rounded outwards, so that the printed interval never claims more than the computed one; the small number keeps
    # 0.29 * 100 = 28.999999999999996 from becoming 28.
    low = math.floor(test.accuracy_interval[0] * 100 + 1e-9)
    high = math.ceil(test.accuracy_interval[1] * 100 - 1e-9)
    number = right_of_hundred(test.accuracy)
    about = "more than 99" if round(test.accuracy * 100) > number else f"about {number}"
    verb = "is" if number == 1 else "are"
    claim = f"Of 100 new pictures like these, {about} {verb} named rightly"
    pictures = plural(test.pictures, "test picture")
    return claim, f"(95 % interval: {low} to {high}; measured on {pictures} it never saw)."


def notices(metrics: Metrics) -> list[Notice]:
    """Everything that makes the verdict weaker than it sounds, the gravest first."""
    test = metrics.test
    return [
        *_compare_with_guessing(test),
        *_judge_size(test),
        *_judge_classes(test.per_class, test.accuracy),
        *_compare_with_validation(metrics),
    ]


def _compare_with_guessing(test: TestFigures) -> list[Notice]:
    matrix = np.asarray(test.confusion_matrix)
    most_frequent = int(matrix.sum(axis=1).argmax())
    name = test.per_class[most_frequent].label_name
    guessing = matrix[most_frequent].sum() / test.pictures
    always = f"always answering '{name}' (right for {percent(guessing, 1)})"
    found = []
    if test.accuracy <= guessing:
        found.append(Notice("warning", f"With {percent(test.accuracy, 1)} it is no better than {always}."))
    elif test.accuracy_interval[0] <= guessing:
        found.append(Notice("warning", f"It is not shown to be better than {always}: the interval reaches down to it."))
    answers = np.flatnonzero(matrix.sum(axis=0))
    if len(answers) == 1 and test.pictures > 1:
        answer = test.per_class[answers[0]].label_name
        found.append(Notice("warning", f"It gives the same answer to every test picture: '{answer}'."))
    return found


def _judge_size(test: TestFigures) -> list[Notice]:
    if test.pictures >= FEW_TEST_PICTURES:
        return []
    low, high = (percent(share) for share in test.accuracy_interval)
    text = (
        f"There {'is' if test.pictures == 1 else 'are'} only {plural(test.pictures, 'test picture')}: by chance alone "
        f"the true share of right answers may be anything from {low} to {high}. More pictures would tell."
    )
    return [Notice("warning", text)]


def _judge_classes(classes: list[ClassFigures], accuracy: float) -> list[Notice]:
    found = []
    tested = [row for row in classes if row.pictures]
    untested = [row.label_name for row in classes if not row.pictures]
    if untested:
        have = (
            "has no test picture: how well it is" if len(untested) == 1 else "have no test pictures: how well they are"
        )
        found.append(Notice("warning", f"{quote(untested)} {have} recognised is not known."))
    found += _name_the_weak(tested, accuracy)
    few = [row.label_name for row in tested if row.pictures < FEW_OF_A_CLASS]
    if few:
        which = "has" if len(few) == 1 else "have"
        found.append(
            Notice("note", f"{quote(few)} {which} fewer than {FEW_OF_A_CLASS} test pictures: such figures say little.")
        )
    return found


def _name_the_weak(tested: list[ClassFigures], accuracy: float) -> list[Notice]:
    ranked = sorted(tested, key=lambda row: (row.recall, -row.pictures))
    weak = [row for row in ranked if row.recall < WEAK_RECALL]
    if len(weak) > 1:
        listed = [f"'{row.label_name}' ({found_pictures(row)} of {row.pictures:,} found)" for row in weak[:5]]
        more = f" and {len(weak) - 5:,} more" if len(weak) > 5 else ""
        text = f"{len(weak):,} classes are found in less than {percent(WEAK_RECALL)} of their pictures"
        return [Notice("warning", f"{text}: {', '.join(listed)}{more}.")]
    hardest = ranked[0]
    if hardest.recall > accuracy - NOTABLE_GAP:
        return []
    share = f"{percent(hardest.recall)} of its pictures are found ({found_pictures(hardest)} of {hardest.pictures:,})"
    return [Notice("warning" if weak else "note", f"'{hardest.label_name}' is the hardest: {share}.")]


def _compare_with_validation(metrics: Metrics) -> list[Notice]:
    validation, high = metrics.validation.accuracy, metrics.test.accuracy_interval[1]
    if validation <= high + SUSPICIOUS_GAP:
        return []
    text = (
        f"On the validation pictures it reached {percent(validation, 1)}, on the test pictures only "
        f"{percent(metrics.test.accuracy, 1)}: are near-copies of training pictures among the validation pictures?"
    )
    return [Notice("warning", text)]


def found_pictures(row: ClassFigures) -> int:
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


def kappa_words(kappa: float) -> str:
    """Words for Cohen's kappa (Landis and Koch, "The measurement of observer agreement", Biometrics 33, 1977)."""
    if kappa <= 0:
        return "no agreement beyond chance"
    scale = ((0.2, "slight"), (0.4, "fair"), (0.6, "moderate"), (0.8, "substantial"), (1.0, "almost perfect"))
    return next(f"{word} agreement" for limit, word in scale if round(kappa, 2) <= limit)
