"""Fabricated comparisons for tests of their page and sentences."""

import numpy as np

from vitrine.evaluation.repeats import TestAnswers, compare_all, summarize_variants
from vitrine.records.comparison import Change, ComparisonFigures, Failure, RunFigures

PICTURES = 160


def fabricate(shares, seeds=(0, 1, 2, 3, 4), failures=0, question="Does augmentation help?", spread=0.01, **changes):
    """Figures of a comparison whose variants name such shares of their test pictures rightly.

    Args:
        shares: by variant.
        seeds: of each variant; none gives a comparison that has just begun.
        failures: runs of a variant `broken` that failed.
        question: of the comparison.
        spread: standard deviation of a variant's share between seeds.
        changes: replace fields of the figures.
    """
    generator = np.random.default_rng(3)
    difficulty = generator.random(PICTURES)
    answers, runs = {}, []
    for place, (name, share) in enumerate(shares.items() if seeds else ()):
        chances = share + generator.normal(0, spread, len(seeds))
        right = 0.7 * difficulty + 0.3 * generator.random((len(seeds), PICTURES)) < chances[:, np.newaxis]
        answers[name] = TestAnswers(
            tuple(f"{number}.jpg" for number in range(PICTURES)), tuple((seed, None) for seed in seeds), right
        )
        runs += [
            RunFigures(
                variant=name, seed=seed, fold=None, folder=f"{name}/seed_{seed}", accuracy=float(row.mean()),
                macro_f1=float(row.mean()) - 0.01, cohen_kappa=float(row.mean()) - 0.03,
                validation_accuracy=float(row.mean()), training_accuracy=min(1.0, float(row.mean()) + 0.03), epochs=10,
                test_loss=1.1 - float(row.mean()), validation_loss=1.2 - float(row.mean()),
                epoch_seconds=15 * 3.0**place, validation_seconds=3 * 3.0**place,
                seconds=20 * 3.0**place + seed, cpu_seconds=37 * 3.0**place, images_per_second=1234.5,
                parameters=11_179_077, trainable_parameters=2565, device="a processor, 2 threads",
            )
            for seed, row in zip(seeds, right, strict=True)
        ]  # fmt: skip
    failed = [
        Failure(variant="broken", seed=seed, fold=None, reason="the training loss is no longer a number (epoch 2)")
        for seed in range(failures)
    ]
    values = {
        "name": "augmentation", "question": question, "created": "2026-11-01T12:00:00+00:00",
        "reference": next(iter(shares)), "seeds": tuple(seeds) or (0,), "folds": None,
        "planned": max(1, len(runs) + failures),
        "changes": [Change(parameter="augmentation.policy", values={name: name for name in shares})],
        "variants": summarize_variants(runs, answers), "pairs": compare_all(answers, next(iter(shares))),
        "runs": runs, "failures": failed,
    }  # fmt: skip
    return ComparisonFigures(**(values | changes))
