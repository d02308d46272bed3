"""Repeated trainings summed up: figures that can be computed by hand."""

import numpy as np
import pytest

from vitrine.evaluation.intervals import wilson_interval
from vitrine.evaluation.repeats import TestAnswers, compare_all, repeated_interval, summarize_variants
from vitrine.records.comparison import RunFigures
from vitrine.records.difference import Verdict


def run(variant, seed, accuracy, seconds=1.0):
    return RunFigures(
        variant=variant, seed=seed, fold=None, folder="", accuracy=accuracy, macro_f1=accuracy, cohen_kappa=0.0,
        validation_accuracy=0.5, training_accuracy=0.6, epochs=1, seconds=seconds, cpu_seconds=2.0,
        images_per_second=10.0, parameters=100, trainable_parameters=10, device="cpu",
    )  # fmt: skip


def answers(rows, pictures=None, seeds=None):
    right = np.asarray(rows, bool)
    names = tuple(pictures or (f"picture {number}" for number in range(right.shape[1])))
    return TestAnswers(names, tuple((seed, None) for seed in seeds or range(len(right))), right)


def draw(share, seeds, pictures, seed=0):
    return np.random.default_rng(seed).random((seeds, pictures)) < share


def test_mean_and_deviation_are_those_of_the_runs():
    runs = [run("a", 0, 0.8, 1.0), run("a", 1, 0.9, 3.0), run("b", 0, 0.5)]
    rows = draw(0.85, 2, 20)
    first, second = summarize_variants(runs, {"a": answers(rows), "b": answers(rows[:1])})
    assert (first.accuracy.mean, first.seconds.mean) == (pytest.approx(0.85), 2.0)
    assert first.accuracy.deviation == pytest.approx(0.05 * 2**0.5)
    assert (first.runs, first.test_pictures) == (2, 20)
    assert (second.runs, second.accuracy.deviation) == (1, None)


def test_the_interval_of_one_run_is_wilsons():
    rows = draw(0.8, 1, 50)
    assert repeated_interval(rows) == pytest.approx(wilson_interval(int(rows.sum()), 50))


def test_runs_that_agree_on_every_picture_are_as_sure_as_one():
    row = draw(0.8, 1, 50)
    low, high = repeated_interval(np.repeat(row, 5, axis=0))
    alone = repeated_interval(row)
    assert (low, high) == pytest.approx(alone, abs=0.01)


def test_runs_that_differ_much_make_the_interval_wide():
    steady, shaky = np.zeros((4, 400), bool), np.zeros((4, 400), bool)
    steady[:, :300] = True
    for row, right in enumerate((200, 400, 250, 350)):
        shaky[row, :right] = True
    (low, high), (lower, higher) = repeated_interval(steady), repeated_interval(shaky)
    assert steady.mean() == shaky.mean()
    assert higher - lower > 2 * (high - low)


@pytest.mark.parametrize("right", [0, 1])
def test_without_a_mistake_or_a_right_answer_there_is_still_an_interval(right):
    low, high = repeated_interval(np.full((3, 20), bool(right)))
    assert 0 <= low < high <= 1


def test_the_interval_of_repeated_runs_holds_the_truth_about_as_often_as_it_says():
    generator = np.random.default_rng(0)
    held = 0
    for _ in range(400):  # three seeds, each as good as it happens to be, and pictures of their own difficulty
        chance = 0.85 + generator.normal(0, 0.03, (3, 1)) + generator.normal(0, 0.05, (1, 100))
        low, high = repeated_interval(generator.random((3, 100)) < chance)
        held += low <= 0.85 <= high
    assert held / 400 >= 0.93


def test_pairs_are_matched_by_picture_and_seed_whatever_their_order():
    base = draw(0.7, 2, 30)
    shuffled = np.random.default_rng(1).permutation(30)
    other = answers(base[::-1][:, shuffled], [f"picture {number}" for number in shuffled], seeds=[1, 0])
    (pair,) = compare_all({"a": answers(base), "b": other}, "a")
    assert pair.way == "paired"
    assert (pair.difference.only_base_right, pair.difference.only_variant_right) == (0, 0)


def test_the_reference_is_the_base_of_its_pairs_and_comes_first():
    rows = answers(draw(0.7, 2, 30))
    pairs = compare_all({"a": rows, "b": rows, "c": rows}, "b")
    assert [(pair.base, pair.variant) for pair in pairs] == [("b", "a"), ("b", "c"), ("a", "c")]


def test_a_seed_that_is_missing_is_left_out_of_a_pair():
    rows = draw(0.7, 3, 30)
    (pair,) = compare_all({"a": answers(rows), "b": answers(rows[1:], seeds=[1, 2])}, "a")
    assert (pair.way, pair.difference.seeds, pair.difference.points) == ("paired", (2, 2), 0)


def test_other_pictures_are_compared_by_their_means():
    few, many = draw(0.6, 2, 200), draw(0.95, 2, 300)
    there = answers(many, [f"other {number}" for number in range(300)])
    (pair,) = compare_all({"a": answers(few), "b": there}, "a")
    assert (pair.way, pair.difference.verdict) == ("other_pictures", Verdict.BETTER)
    assert pair.difference.points == pytest.approx(100 * (many.mean() - few.mean()))
    assert pair.difference.interval[0] < pair.difference.points < pair.difference.interval[1]


def test_other_pictures_all_named_rightly_are_no_shown_difference():
    (pair,) = compare_all({"a": answers(np.ones((2, 9))), "b": answers(np.ones((2, 9)), list("abcdefghi"))}, "a")
    assert (pair.difference.points, pair.difference.verdict) == (0, Verdict.NOT_SHOWN)


def test_variants_without_a_common_seed_are_compared_by_picture():
    rows = draw(0.7, 3, 30)
    (pair,) = compare_all({"a": answers(rows), "b": answers(rows, seeds=[7, 8, 9])}, "a")
    assert pair.way == "other_seeds"


def test_p_is_corrected_for_all_pairs_together():
    names = {
        name: answers(draw(share, 3, 200, seed))
        for seed, (name, share) in enumerate(zip("abc", (0.7, 0.75, 0.8), strict=True))
    }
    pairs = compare_all(names, "a")
    smallest = min(pairs, key=lambda pair: pair.difference.p)
    assert smallest.difference.p_holm == pytest.approx(min(1, 3 * smallest.difference.p))
