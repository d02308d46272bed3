"""Margins of the gate are shares and factors, and a report keeps what it says."""

import pytest

from tests.records.examples import faults_of, make_gate_report
from vitrine.records.gate import GateMargins, GateReport


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("accuracy", 0, "greater_than"),
        ("class_accuracy", 1.5, "less_than_equal"),
        ("latency", 0.5, "greater_than_equal"),
        ("confidence", 1.0, "less_than"),
    ],
)
def test_a_margin_out_of_range_is_refused(name, value, fault):
    assert faults_of(GateMargins(), **{name: value}) == {name: fault}


def test_a_report_that_somebody_changed_is_refused(tmp_path):
    path = tmp_path / "gate.json"
    make_gate_report().write(path)
    path.write_text(path.read_text("utf-8").replace('"refused"', '"accepted"'), "utf-8")
    with pytest.raises(Exception, match="was changed after it was written"):
        GateReport.read(path)
