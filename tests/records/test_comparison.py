"""The figures of a comparison, as an earlier build wrote them and as they may not be."""

import json

import pytest

from tests.records.examples import EXAMPLES, faults_of
from vitrine.errors import UserError
from vitrine.records.comparison import Change, ComparisonFigures, Failure, Spread


def test_the_comparison_of_an_earlier_build_is_read():
    figures = EXAMPLES[ComparisonFigures]()
    assert [variant.name for variant in figures.variants] == ["plain", "light"]
    assert figures.changes == [Change(parameter="augmentation.policy", values={"plain": "none", "light": "light"})]
    assert (figures.reference, figures.seeds, figures.planned, len(figures.runs)) == ("plain", (0, 1), 4, 4)
    pair = figures.pairs[0]
    assert (pair.base, pair.variant, pair.way, pair.difference.pictures) == ("plain", "light", "paired", 18)


def test_one_run_has_a_mean_without_a_deviation_and_a_failure_its_reason():
    assert Spread.model_validate_json('{"mean": 0.5, "deviation": null}') == Spread(mean=0.5, deviation=None)
    failure = Failure(variant="plain", seed=1, fold=None, reason="out of memory")
    assert Failure.model_validate_json(failure.model_dump_json()) == failure


def test_a_wrong_figure_is_named_with_its_place_in_the_file(tmp_path):
    path, content = tmp_path / "comparison.json", json.loads(EXAMPLES[ComparisonFigures]().model_dump_json())
    content["runs"][2]["epochs"] = "three"
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"runs\.2\.epochs: .*; run python -m vitrine compare again"):
        ComparisonFigures.read(path)


def test_a_way_to_compare_that_does_not_exist_and_no_runs_at_all_are_refused():
    figures = EXAMPLES[ComparisonFigures]()
    assert faults_of(figures.pairs[0], way="by_eye") == {"way": "literal_error"}
    assert faults_of(figures, planned=0) == {"planned": "greater_than_equal"}
    assert faults_of(figures.variants[0], accuracy_interval=[-0.1, 1.0]) == {
        "accuracy_interval.0": "greater_than_equal"
    }
