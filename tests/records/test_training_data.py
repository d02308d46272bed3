"""What a run notes of its data set."""

from tests.records.examples import faults_of, make_training_data


def test_counts_below_zero_and_unknown_fields_are_refused():
    data = make_training_data()
    assert faults_of(data, counts={"train": {"cat": -1}}) == {"counts.train.cat": "greater_than_equal"}
    assert faults_of(data, folder="/home/ann") == {"folder": "extra_forbidden"}
