"""How two recipes differ."""

from tests.records.examples import faults_of
from vitrine.records.difference import Difference, Verdict


def make_difference():
    """Two trainings of each: 100 pictures, 12 points better."""
    return Difference(
        points=12.0,
        interval=(4.0, 20.0),
        p=0.01,
        p_holm=0.02,
        verdict=Verdict.BETTER,
        about="recipes",
        pictures=100,
        seeds=(2, 2),
        base_accuracy=0.7,
        variant_accuracy=0.82,
        only_base_right=6,
        only_variant_right=30,
        seed_deviation=None,
    )


def test_a_difference_is_read_as_it_was_written_and_its_verdict_is_a_word():
    written = make_difference()
    assert '"verdict":"better"' in written.model_dump_json()
    read = Difference.model_validate_json(written.model_dump_json())
    assert read == written
    assert read.verdict is Verdict.BETTER


def test_points_probabilities_and_verdicts_that_do_not_exist_are_refused():
    faults = faults_of(make_difference(), points=101, p=1.5, verdict="equal", about="seeds", pictures=0)
    assert faults == {
        "points": "less_than_equal",
        "p": "less_than_equal",
        "verdict": "enum",
        "about": "literal_error",
        "pictures": "greater_than_equal",
    }
