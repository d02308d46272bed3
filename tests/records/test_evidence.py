"""The section of test figures."""

import numpy as np
import pytest
from pydantic import ValidationError

from tests.records.examples import faults_of, make_test_evidence
from vitrine.records.evidence import DuplicateFigures, TargetFigures, TestEvidence, store_matrix


def test_figures_are_read_as_they_were_written_with_their_target_and_their_duplicates():
    row = make_test_evidence().per_class[0]
    duplicates = DuplicateFigures(
        pictures=0,
        accuracy=None,
        accuracy_interval=None,
        other_pictures=100,
        other_accuracy=0.9,
        other_accuracy_interval=(0.8, 0.95),
    )
    target = TargetFigures(**row.model_dump(), share=0.25)
    written = make_test_evidence().model_copy(update={"target": target, "duplicates": duplicates})
    read = TestEvidence.model_validate_json(written.model_dump_json())
    assert read == written
    assert (read.target.share, read.target.label_name) == (0.25, "cat")
    assert read.duplicates.accuracy is None
    assert read.intervals == {"loss": (0.1, 0.4), "macro_auc": None}


def test_duplicates_are_read_under_their_first_name():
    content = make_test_evidence().model_dump(mode="json")
    del content["duplicates"]
    duplicates = {
        "pictures": 4, "accuracy": 1.0, "accuracy_interval": [0.5, 1.0],
        "other_pictures": 96, "other_accuracy": 0.9, "other_accuracy_interval": [0.8, 0.95],
    }  # fmt: skip
    assert TestEvidence.model_validate(content | {"twins": duplicates}).duplicates.other_pictures == 96


def test_figures_out_of_their_range_are_refused():
    faults = faults_of(
        make_test_evidence(), cohen_kappa=-1.5, accuracy=1.01, loss=-0.1, pictures=0, confusion_matrix=[[1, -2]]
    )
    assert faults == {
        "cohen_kappa": "greater_than_equal",
        "accuracy": "less_than_equal",
        "loss": "greater_than_equal",
        "pictures": "greater_than_equal",
        "confusion_matrix.0.1": "greater_than_equal",
    }


def test_a_matrix_of_many_classes_is_stored_by_what_is_not_zero():
    counts = np.zeros((201, 201), np.int64)
    counts[0, 0], counts[3, 200], counts[200, 3] = 7, 2, 1
    stored = store_matrix(counts)
    assert stored == {"confusion_matrix": None, "confusions": [(0, 0, 7), (3, 200, 2), (200, 3, 1)]}
    row = make_test_evidence().per_class[0]
    written = TestEvidence.model_validate(make_test_evidence().model_dump() | stored | {"per_class": [row] * 201})
    read = TestEvidence.model_validate_json(written.model_dump_json())
    assert read == written
    assert np.array_equal(read.matrix(), counts)
    assert len(read.model_dump_json(include={"confusions"})) < 100


def test_a_matrix_of_few_classes_is_stored_whole():
    counts = np.arange(4).reshape(2, 2)
    assert store_matrix(counts) == {"confusion_matrix": [[0, 1], [2, 3]], "confusions": None}
    assert make_test_evidence().matrix().tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"confusion_matrix": None}, "either confusion_matrix or confusions must be there"),
        ({"confusions": [(0, 1, 2)]}, "either confusion_matrix or confusions must be there"),
        ({"confusion_matrix": None, "confusions": [(0, 9999, 2)]}, "confusions name a class beyond the"),
    ],
)
def test_a_matrix_has_one_form_and_known_classes(changes, fault):
    with pytest.raises(ValidationError, match=fault):
        TestEvidence.model_validate(make_test_evidence().model_dump() | changes)
