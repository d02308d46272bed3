"""The section on calibration: bins without pictures have no figures, and a remark is one of three."""

from tests.records.examples import faults_of
from vitrine.records.calibration import Calibration, Reliability, ReliabilityBin

EMPTY = ReliabilityBin(low=0, high=0.5, pictures=0, confidence=None, accuracy=None)
FULL = ReliabilityBin(low=0.5, high=1, pictures=10, confidence=0.9, accuracy=0.8)


def make_calibration():
    before = Reliability(
        error=0.1, error_interval=(0.0, 0.2), chance_error=0.05, confidence=0.9, loss=0.7, bins=[EMPTY, FULL]
    )
    return Calibration(
        temperature=1.5,
        remark="at_bound",
        validation_pictures=20,
        pictures=10,
        accuracy=0.8,
        before=before,
        after=before.model_copy(update={"error": 0.01}),
    )


def test_the_section_is_read_as_it_was_written():
    written = make_calibration()
    read = Calibration.model_validate_json(written.model_dump_json())
    assert read == written
    assert (read.before.error, read.after.error) == (0.1, 0.01)
    assert read.before.bins[0].accuracy is None
    assert read.before.error_interval == (0.0, 0.2)


def test_a_remark_a_share_and_a_count_that_do_not_exist_are_refused():
    assert faults_of(make_calibration(), remark="fine", accuracy=1.1, pictures=-1) == {
        "remark": "literal_error",
        "accuracy": "less_than_equal",
        "pictures": "greater_than_equal",
    }
    assert faults_of(EMPTY, accuracy="none") == {"accuracy": "float_parsing"}
