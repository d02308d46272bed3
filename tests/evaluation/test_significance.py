import numpy as np
import pytest
from scipy.stats import binomtest

from vitrine.errors import UserError
from vitrine.evaluation.significance import compare_answers, correct_holm, correct_together, swap_test
from vitrine.records.difference import Difference, Verdict


def make_answers(seeds, pictures, accuracy, seed, hardness=3.0, of_seeds=0.0):
    """Two variants of the same worth: most pictures are easy for all seeds, some hard for all."""
    generator = np.random.default_rng(seed)
    easy = np.log(accuracy / (1 - accuracy)) + hardness * generator.standard_t(3, size=pictures)

    def answer():
        logits = easy + of_seeds * generator.normal(size=(seeds, 1))
        return generator.random((seeds, pictures)) < 1 / (1 + np.exp(-logits))

    return answer(), answer()


def flip(answers, places):
    changed = answers.copy()
    changed[:, places] = ~changed[:, places]
    return changed


@pytest.mark.parametrize(("only_base", "only_variant"), [(0, 0), (3, 9), (1, 0), (40, 41), (120, 180)])
def test_mcnemars_test_is_the_exact_binomial_one(only_base, only_variant):
    base = np.repeat([True, False, True], [only_base, only_variant, 100])
    variant = np.repeat([False, True, True], [only_base, only_variant, 100])
    expected = binomtest(only_variant, only_base + only_variant).pvalue if only_base + only_variant else 1.0
    assert compare_answers(base[np.newaxis], variant[np.newaxis]).p == pytest.approx(expected, abs=1e-9)


def test_the_swap_test_equals_trying_all_signs():
    totals = np.array([3, -1, 2, 5, 0, 1, -2])
    signs = np.array(np.meshgrid(*[[-1, 1]] * len(totals))).reshape(len(totals), -1)
    sums = signs.T @ np.abs(totals)
    assert swap_test(totals) == pytest.approx((np.abs(sums) >= abs(totals.sum())).mean(), abs=1e-12)


def test_the_variance_is_that_of_a_bootstrap_over_seeds_and_pictures():
    """With many seeds, where the bootstrap is right."""
    base, variant = make_answers(40, 300, 0.8, seed=3, of_seeds=0.5)
    difference = compare_answers(base, variant)
    change = variant.astype(float) - base
    generator = np.random.default_rng(0)
    of_seeds = generator.multinomial(40, np.full(40, 1 / 40), size=3000) / 40
    of_pictures = generator.multinomial(300, np.full(300, 1 / 300), size=3000) / 300
    deviation = 100 * np.einsum("bs,sp,bp->b", of_seeds, change, of_pictures, optimize=True).std()
    half = (difference.interval[1] - difference.interval[0]) / 2
    assert half == pytest.approx(1.96 * deviation, rel=0.15)


@pytest.mark.parametrize("seeds", [1, 2, 5])
def test_a_clear_gain_is_better_and_the_other_way_round_worse(seeds):
    base, _ = make_answers(seeds, 400, 0.8, seed=1)
    variant = base.copy()
    variant[:, :80] = True
    gain, loss = compare_answers(base, variant), compare_answers(variant, base)
    assert (gain.verdict, loss.verdict) == (Verdict.BETTER, Verdict.WORSE)
    assert gain.points == pytest.approx(-loss.points) == pytest.approx(100 * (variant.mean() - base.mean()))
    assert gain.interval == pytest.approx((-loss.interval[1], -loss.interval[0]))
    assert 0 < gain.interval[0] < gain.points < gain.interval[1]
    assert gain.only_base_right == 0


def test_equal_answers_are_no_proof_of_equality():
    base, _ = make_answers(3, 50, 0.8, seed=0)
    difference = compare_answers(base, base)
    assert (difference.points, difference.p, difference.verdict) == (0, 1, Verdict.NOT_SHOWN)
    assert difference.interval[0] < -2 < 2 < difference.interval[1]


def test_one_training_of_each_speaks_of_models_several_of_recipes():
    base, variant = make_answers(2, 100, 0.9, seed=0)
    assert compare_answers(base[:1], variant[:1]).about == "models"
    assert compare_answers(base[:1], variant[:1]).seed_deviation is None
    assert compare_answers(base, variant).about == "recipes"
    expected = 100 * (variant.mean(1) - base.mean(1)).std(ddof=1)
    assert compare_answers(base, variant).seed_deviation == pytest.approx(expected)


def test_two_seeds_that_disagree_show_nothing():
    base = np.zeros((2, 200), dtype=bool)
    base[:, :100] = True
    variant = base.copy()
    variant[0, 100:160] = True
    assert compare_answers(base[:1], variant[:1]).verdict == Verdict.BETTER
    assert compare_answers(base, variant).verdict == Verdict.NOT_SHOWN


SLOW_CASES = [pytest.param(*case, marks=pytest.mark.slow) for case in [(2, 0.0), (2, 1.0), (5, 0.3)]]


@pytest.mark.parametrize(("seeds", "of_seeds"), [(1, 0.0), *SLOW_CASES])
@pytest.mark.parametrize("paired", [True, False])
def test_false_alarms_are_rare(seeds, of_seeds, paired):
    alarms = [
        compare_answers(*make_answers(seeds, 100, 0.85, number, of_seeds=of_seeds), paired_seeds=paired).verdict
        != Verdict.NOT_SHOWN
        for number in range(300)
    ]
    assert np.mean(alarms) <= 0.06


def test_a_gain_of_five_seeds_is_found():
    found = 0
    for number in range(50):
        base, variant = make_answers(5, 200, 0.7, number)
        variant = variant | (np.random.default_rng(number).random((5, 200)) < 0.25)
        found += compare_answers(base, variant).verdict == Verdict.BETTER
    assert found >= 40


def test_unpaired_seeds_may_differ_in_number():
    base, variant = make_answers(5, 200, 0.8, seed=2)
    difference = compare_answers(base, variant[:3], paired_seeds=False)
    assert difference.seeds == (5, 3)
    assert difference.only_base_right is difference.only_variant_right is None
    one = compare_answers(base, variant[:1], paired_seeds=False)
    assert one.about == "recipes"
    assert one.interval[1] - one.interval[0] > difference.interval[1] - difference.interval[0]


def test_holms_correction_steps_down():
    assert correct_holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert correct_holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert correct_holm([0.4, 0.9]) == pytest.approx([0.8, 0.9])
    assert correct_holm([0.6, 0.7]) == pytest.approx([1.0, 1.0])
    assert correct_holm([]) == []


def test_a_difference_that_stands_alone_may_not_stand_among_many():
    base = np.repeat([True, False, True], [2, 12, 100])[np.newaxis]
    variant = np.repeat([False, True, True], [2, 12, 100])[np.newaxis]
    alone = compare_answers(base, variant)
    assert alone.verdict == Verdict.BETTER
    together = correct_together([alone, *[compare_answers(base, base)] * 9])
    assert together[0].p_holm == pytest.approx(10 * alone.p)
    assert together[0].verdict == Verdict.NOT_SHOWN
    assert together[0].interval == alone.interval


def test_a_difference_survives_json():
    difference = compare_answers(*make_answers(2, 60, 0.9, seed=0))
    assert Difference.model_validate(difference.model_dump(mode="json")) == difference


@pytest.mark.parametrize(
    ("base", "variant", "options", "message"),
    [
        ((2, 10), (2, 11), {}, "the same test pictures"),
        ((2, 0), (2, 0), {}, "the same test pictures"),
        ((2, 10), (3, 10), {}, "2 seeds of the base and 3 of the variant"),
    ],
)
def test_answers_that_do_not_fit_are_refused(base, variant, options, message):
    with pytest.raises(UserError, match=message):
        compare_answers(np.ones(base, bool), np.ones(variant, bool), **options)


def test_many_pictures_and_seeds_take_no_time():
    base, variant = make_answers(10, 100_000, 0.9, seed=0)
    assert 0 <= compare_answers(base, variant).p <= 1
