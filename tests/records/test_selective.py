"""The section on decisions: thresholds under their first names too, a reason where there is none."""

import json

from tests.records.examples import faults_of
from vitrine.records.selective import DecisionShare, Rejection, RiskCoverage


def make_rejection(**changes):
    """Too few validation pictures for a threshold."""
    fields = {
        "precision": 0.95, "confidence_threshold": None, "why_never": "too_few_pictures", "validation_pictures": 9,
        "validation_coverage": 0.0, "validation_accuracy": None, "similarity_threshold": 0.4, "neighbors": 3,
        "validation_refused": 0.1, "pictures": 4,
        "decisions": [DecisionShare(decision="unsure", pictures=4, right=3, right_of_two=4)],
        "coverage": 0.0, "accuracy_answered": None, "accuracy_answered_interval": None, "refused": None,
        "curve": RiskCoverage(coverage=[0.5, 1.0], risk=[0.0, 0.25], area=0.125),
    }  # fmt: skip
    return Rejection(**fields | changes)


def test_the_section_is_read_as_it_was_written():
    written = make_rejection()
    read = Rejection.model_validate_json(written.model_dump_json())
    assert read == written
    assert (read.why_never, read.curve.risk) == ("too_few_pictures", [0.0, 0.25])


def test_threshold_and_neighbors_are_read_under_their_first_names():
    content = json.loads(make_rejection().model_dump_json())
    content["familiarity_threshold"] = content.pop("similarity_threshold")
    content["neighbours"] = content.pop("neighbors")
    assert Rejection.model_validate(content) == make_rejection()


def test_a_reason_and_a_decision_that_do_not_exist_are_refused():
    rejection = make_rejection()
    assert faults_of(rejection, why_never="tired", coverage=2) == {
        "why_never": "literal_error",
        "coverage": "less_than_equal",
    }
    assert faults_of(rejection.decisions[0], decision="perhaps") == {"decision": "literal_error"}
