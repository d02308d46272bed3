"""How often the 95 % intervals hold the truth, and how often the paired test raises a false alarm.

Test sets are simulated, so the truth is known: 2,000 for each row. Accuracy: pictures that are right with a given
chance. Other scores: confusion matrices of 2 or 5 classes, even and uneven, mistakes spread evenly. AUC, average
precision, Brier score and log loss: simulated probabilities. Comparison: two variants of the same worth; most pictures
are easy for all seeds, some hard for all, and some seeds are luckier than others.

    python benchmarks/interval_coverage.py                        all tables
    python benchmarks/interval_coverage.py accuracy scores        some of them
    python benchmarks/interval_coverage.py --sets 200             quicker, coarser
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from scipy.special import expit, logit
from scipy.stats import binom, norm

sys.path.insert(0, str(Path(__file__).parent.parent))

from vitrine.evaluation.bootstrap import resample_matrix
from vitrine.evaluation.confusion_scores import BOUNDS, MOST_EFFECTIVE, ClassCounts, score_classes, score_together
from vitrine.evaluation.intervals import score_interval, wilson_interval
from vitrine.evaluation.significance import compare_answers
from vitrine.evaluation.test_metrics import measure_test
from vitrine.records.difference import Verdict

PICTURES = (50, 100, 500)
ACCURACIES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99)
SCORES = ("balanced_accuracy", "macro_precision", "macro_f1", "cohen_kappa", "matthews_correlation")
RESAMPLES = 500  # per simulated set; the product takes 1,000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", help=", ".join(TABLES))
    parser.add_argument("--sets", type=int, default=2000, help="simulated test sets for each row")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    unknown = set(options.tables) - set(TABLES)
    if unknown:
        parser.error(f"there is no table {', '.join(sorted(unknown))}; there are {', '.join(TABLES)}")
    for name in options.tables or TABLES:
        print(f"\n## {name}\n")
        TABLES[name](options.sets, np.random.default_rng(options.seed))


def cover_accuracy(sets: int, generator: np.random.Generator) -> None:
    """Wilson's interval, for one true accuracy, and for true accuracies around it (half as many mistakes to half more).

    "reachable": where mistakes are few, whole numbers of them leave gaps: an interval that holds the truth for 0
    mistakes up to some number covers the one share or the other, and nothing between.
    """
    print(f"{'':17} {'at this accuracy':>17} {'around it':>17}")
    print(f"{'pictures':>8} {'accuracy':>8} {'simulated':>9} {'exact':>7} {'simulated':>9} {'exact':>7}   reachable")
    for pictures in PICTURES:
        intervals = np.array([wilson_interval(right, pictures) for right in range(pictures + 1)])

        def exact(accuracy: float, intervals: np.ndarray = intervals, pictures: int = pictures) -> float:
            held = (intervals[:, 0] <= accuracy) & (accuracy <= intervals[:, 1])
            return float(binom.pmf(np.arange(pictures + 1), pictures, accuracy)[held].sum())

        for accuracy in ACCURACIES:
            right = generator.binomial(pictures, accuracy, sets)
            held = (intervals[right, 0] <= accuracy) & (accuracy <= intervals[right, 1])
            half = (1 - accuracy) / 2
            band = np.mean([exact(value) for value in np.linspace(accuracy - half, accuracy + half, 201)])
            steps = binom.cdf(np.arange(pictures), pictures, 1 - accuracy)
            below, above = steps[steps < 0.95].max(), steps[steps >= 0.95].min()
            gap = f"{below:.1%} or {above:.1%}" if below < 0.93 and above > 0.97 else ""
            near = generator.uniform(accuracy - half, accuracy + half, sets)
            right = generator.binomial(pictures, near)
            held_near = (intervals[right, 0] <= near) & (near <= intervals[right, 1])
            point = f"{held.mean():9.1%} {exact(accuracy):7.1%}"
            print(f"{pictures:8} {accuracy:8.2f} {point} {held_near.mean():9.1%} {band:7.1%}   {gap}")


def cover_scores(sets: int, generator: np.random.Generator) -> None:
    """Scores of confusion matrices: ours (Wilson with the bootstrap's variance), percentile and BCa bootstrap."""
    head = " ".join(f"{name[:12]:>12}" for name in (*SCORES, "F1 of one"))
    print(f"{'classes':>7} {'pictures':>8} {'accuracy':>8} {'interval':>10} {head}")
    for classes, counts in ((5, [10] * 5), (5, [20] * 5), (5, [100] * 5), (2, [25] * 2), (5, [30, 10, 5, 3, 2])):
        for accuracy in (0.5, 0.8, 0.9, 0.95, 0.99):
            rates = np.full((classes, classes), (1 - accuracy) / (classes - 1))
            np.fill_diagonal(rates, accuracy)
            held = _cover_matrices(sets, np.array(counts), rates, generator)
            for name, shares in held.items():
                cells = " ".join(f"{share:12.1%}" for share in shares)
                print(f"{classes:7} {sum(counts):8} {accuracy:8.2f} {name:>10} {cells}", flush=True)


def _cover_matrices(
    sets: int, counts: np.ndarray, rates: np.ndarray, generator: np.random.Generator
) -> dict[str, np.ndarray]:
    truth = _score(ClassCounts.of_matrix(counts[:, None] * rates))
    held: dict[str, list[np.ndarray]] = {"ours": [], "percentile": [], "BCa": []}
    for _ in range(sets):
        matrix = np.stack([generator.multinomial(count, row) for count, row in zip(counts, rates, strict=True)])
        value = _score(ClassCounts.of_matrix(matrix))
        drawn = _score(resample_matrix(matrix, RESAMPLES, generator))
        alike = len(counts) ** 2 / (1 / counts).sum()
        ours = [
            score_interval(float(value[place]), float(drawn[:, place].var()), *_ends(name, counts, alike, matrix))
            for place, name in enumerate((*SCORES, "f1"))
        ]
        low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
        found = {"ours": np.array(ours).T, "percentile": (low, high), "BCa": _accelerate(matrix, value, drawn)}
        for name, (lower, upper) in found.items():
            held[name].append((lower <= truth + 1e-9) & (truth <= upper + 1e-9))
    return {name: np.mean(values, axis=0) for name, values in held.items()}


def _score(counts: ClassCounts) -> np.ndarray:
    together = score_together(counts)
    return np.stack([*(together[name] for name in SCORES), score_classes(counts)["f1"][..., -1]], axis=-1)


def _ends(name: str, counts: np.ndarray, alike: float, matrix: np.ndarray) -> tuple[float, ...]:
    if name == "f1":
        return float(counts[-1] + matrix[:, -1].sum()), 0.0, 1.0
    low, high = BOUNDS.get(name, (0.0, 1.0))
    return (float(counts.sum()), low, high) if name in BOUNDS else (alike, low, high, MOST_EFFECTIVE * alike)


def _accelerate(matrix: np.ndarray, value: np.ndarray, drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Efron's BCa, its acceleration from leaving out one picture of each kind."""
    kinds = np.argwhere(matrix > 0)
    kinds = kinds[matrix.sum(axis=1)[kinds[:, 0]] > 1]
    times = matrix[tuple(kinds.T)].astype(float)
    left_out = []
    for row, column in kinds:
        fewer = matrix.copy()
        fewer[row, column] -= 1
        left_out.append(_score(ClassCounts.of_matrix(fewer)))
    change = (times @ np.array(left_out)) / times.sum() - np.array(left_out)
    power = (times @ change**2) ** 1.5
    acceleration = np.divide(times @ change**3, 6 * power, out=np.zeros_like(power), where=power > 1e-12)
    below = (drawn < value).mean(axis=0) + (drawn == value).mean(axis=0) / 2
    shift = norm.ppf(below.clip(1 / len(drawn), 1 - 1 / len(drawn)))
    ends = []
    for quantile in norm.ppf([0.025, 0.975]):
        level = norm.cdf(shift + (shift + quantile) / (1 - acceleration * (shift + quantile)))
        ends.append(np.array([np.quantile(drawn[:, place], level[place]) for place in range(len(value))]))
    return ends[0], ends[1]


def cover_probabilities(sets: int, generator: np.random.Generator) -> None:
    """AUC, average precision and losses by `measure_test`, against the values of 200,000 simulated pictures.

    The share is of the test sets for which an interval is told; how many these are, where they are not all.
    """
    names = ("macro_auc", "macro_average_precision", "brier_score", "loss")
    print(
        f"{'pictures':>8} {'accuracy':>8} "
        + " ".join(f"{name[:15]:>15}" for name in (*names, "AUC of one", "AP of one"))
    )
    classes = 5
    for strength in (1.0, 3.0, 6.0):
        truth = measure_test(*_simulate(200_000, classes, strength, generator), ["a"] * classes, 1, resamples=2)
        expected = [getattr(truth, name) for name in names]
        expected += [truth.per_class[0].auc, truth.per_class[0].average_precision]
        for pictures in PICTURES:
            held = []
            for _ in range(sets):
                found = measure_test(
                    *_simulate(pictures, classes, strength, generator), ["a"] * classes, 1, resamples=300
                )
                one = found.per_class[0]
                intervals = [
                    *(found.intervals[name] for name in names),
                    one.auc_interval,
                    one.average_precision_interval,
                ]
                # The log loss of few mistakes has none.
                told = zip(expected, intervals, strict=True)
                held.append([np.nan if ends is None else ends[0] <= value <= ends[1] for value, ends in told])
            cells = " ".join(f"{_say_share(column):>15}" for column in np.array(held, float).T)
            print(f"{pictures:8} {truth.accuracy:8.3f} {cells}", flush=True)


def _say_share(held: np.ndarray) -> str:
    told = held[~np.isnan(held)]
    if not len(told):
        return "none told"
    return f"{told.mean():.1%}" if len(told) == len(held) else f"{told.mean():.1%} of {len(told)}"


def _simulate(
    pictures: int, classes: int, strength: float, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    label_ids = np.repeat(np.arange(classes), pictures // classes)
    logits = 1.2 * generator.normal(size=(len(label_ids), classes))
    logits[np.arange(len(label_ids)), label_ids] += strength + 1.5 * generator.normal(size=len(label_ids))
    powers = np.exp(1.5 * (logits - logits.max(axis=1, keepdims=True)))
    return powers / powers.sum(axis=1, keepdims=True), label_ids


# Accuracy of a usual picture; how far pictures, seeds, and variants on single pictures differ (in logits).
WORLDS = {
    "pictures differ": (0.9, 4.0, 0.0, 0.0),
    "+ variants on pictures": (0.95, 4.0, 0.0, 1.0),
    "+ seeds, a little": (0.9, 3.0, 0.3, 1.0),
    "+ seeds, much": (0.8, 2.0, 0.5, 0.5),
    "+ seeds, very much": (0.9, 4.0, 1.0, 1.0),
}


def count_alarms(sets: int, generator: np.random.Generator) -> None:
    """Share of simulated comparisons of equals that end in better or worse; at most 6 % is asked for."""
    print("ours: verdict of `compare_answers`; both levels drawn: percentile bootstrap over seeds and pictures;")
    print("seeds put together: McNemar's test as if the answers of all seeds were different pictures\n")
    print(f"{'seeds':>5} {'pictures':>8} {'world':24} {'ours':>7} {'unpaired':>8} {'both drawn':>10} {'together':>8}")
    for seeds in (1, 2, 5):
        for pictures in (50, 166, 500):
            for world, numbers in WORLDS.items():
                if seeds == 1 and numbers[2]:
                    continue  # with one seed the test speaks of the two models, which do differ then
                alarms = np.mean(
                    [_alarm(pair, generator) for pair in _pairs(sets, seeds, pictures, numbers, generator)], axis=0
                )
                cells = f"{alarms[0]:7.1%} {alarms[1]:8.1%} {alarms[2]:10.1%} {alarms[3]:8.1%}"
                print(f"{seeds:5} {pictures:8} {world:24} {cells}", flush=True)


def _pairs(
    sets: int, seeds: int, pictures: int, world: tuple[float, float, float, float], generator: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    accuracy, of_pictures, of_seeds, of_both = world
    for _ in range(sets):
        easy = (logit(accuracy) + of_pictures * generator.standard_t(3, size=pictures)).clip(-30, 30)
        base, variant = (
            generator.random((seeds, pictures))
            < expit(easy + of_seeds * generator.normal(size=(seeds, 1)) + of_both * generator.normal(size=pictures))
            for _ in range(2)
        )
        yield base, variant


def _alarm(pair: tuple[np.ndarray, np.ndarray], generator: np.random.Generator) -> list[bool]:
    base, variant = pair
    change = variant.astype(float) - base
    seeds, pictures = change.shape
    drawn = np.einsum(
        "bs,sp,bp->b",
        generator.multinomial(seeds, np.full(seeds, 1 / seeds), size=RESAMPLES) / seeds,
        change,
        generator.multinomial(pictures, np.full(pictures, 1 / pictures), size=RESAMPLES) / pictures,
        optimize=True,
    )
    low, high = np.quantile(drawn, [0.025, 0.975])
    return [
        compare_answers(base, variant).verdict != Verdict.NOT_SHOWN,
        compare_answers(base, variant, paired_seeds=False).verdict != Verdict.NOT_SHOWN,
        bool(low > 0 or high < 0),
        compare_answers(base.reshape(1, -1), variant.reshape(1, -1)).p < 0.05,
    ]


TABLES: dict[str, Callable[[int, np.random.Generator], None]] = {
    "accuracy": cover_accuracy,
    "scores": cover_scores,
    "probabilities": cover_probabilities,
    "comparison": count_alarms,
}


if __name__ == "__main__":
    main()
