"""Findings of the checks: read as written, and counted in words."""

import pytest

from tests.records.examples import faults_of
from vitrine.errors import UserError
from vitrine.records.findings import Finding, read_findings, write_findings


def test_findings_are_read_as_they_were_written(tmp_path):
    path = tmp_path / "findings.json"
    found = [
        Finding(name="a", title="“A” é", count=1, noun="class", rows=(3, 1), done="x", advice="y", groups=((3, 1),)),
        Finding(name="b", title="B", count=0, noun="file", rows=(), done="x", advice="y", remarks=("why",)),
    ]
    write_findings(path, found)
    assert read_findings(path) == found
    path.write_text('[{"name": "a"}]')
    with pytest.raises(UserError, match=r"findings\.json is not as this version writes it; run python data_prep"):
        read_findings(path)


def test_findings_that_are_missing_are_named(tmp_path):
    with pytest.raises(UserError, match=r"findings\.json is missing; run python data_prep"):
        read_findings(tmp_path / "findings.json")


@pytest.mark.parametrize(
    ("count", "noun", "amount"),
    [(0, "file", "0 files"), (1, "class", "1 class"), (2, "class", "2 classes"), (1234, "picture", "1,234 pictures")],
)
def test_an_amount_is_read_as_people_say_it(count, noun, amount):
    finding = Finding(name="a", title="A", count=count, noun=noun, rows=(), done="x", advice="y")
    assert finding.amount == amount
    assert finding.level == "note"


def test_a_level_and_a_count_that_do_not_exist_are_refused():
    finding = Finding(name="a", title="A", count=1, noun="file", rows=(0,), done="x", advice="y")
    assert faults_of(finding, level="alarm", count=-1) == {"level": "literal_error", "count": "greater_than_equal"}
