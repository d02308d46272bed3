"""What is new in a revision stands in its log in a sentence."""

import pytest

from tests.records.examples import make_gate_report
from vitrine.records.gate import ClassChange, Learned
from vitrine.workflows.retraining import describe_change


@pytest.mark.parametrize(
    ("learned", "sentence"),
    [
        ({"relabeled": 1, "added": {"emu": 1_200}}, "1 picture relabelled, 1,200 pictures added"),
        ({"classes": (ClassChange(kind="renamed", before="a", now="b"),)}, "renamed a"),
        ({"classes": (ClassChange(kind="added", now="emu"),), "removed": 2}, "added emu, 2 pictures removed"),
        ({}, "nothing new"),
    ],
)
def test_a_revision_says_what_it_learned(learned, sentence):
    report = make_gate_report(learned=Learned(**learned, training_pictures=(1, 1)))
    assert describe_change(report) == f"corrections.csv: {sentence}"
