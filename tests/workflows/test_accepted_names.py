"""Which names came with the revisions up to the one in use."""

from dataclasses import replace

from tests.records.examples import make_gate_report
from vitrine.data.labels.class_changes import AcceptedNames
from vitrine.records.gate import GATE, ClassChange, Learned
from vitrine.records.revisions import ModelLine, RevisionLog
from vitrine.workflows.accepted_names import read_accepted_names


def test_the_names_of_the_revisions_before_count_and_those_that_were_rolled_back_do_not(tmp_path):
    line = ModelLine(tmp_path, RevisionLog(name="pets", in_use=4, revisions=(), test_readings=1))
    line.place(1).mkdir(parents=True)
    for number, parent, kind in ((2, 1, "renamed"), (3, 2, "renamed"), (4, 2, "merged"), (5, 4, "added")):
        change = ClassChange(kind=kind, before=f"old {number}", now=f"new {number}")
        learned = Learned(classes=(change,), training_pictures=(1, 1))
        line.place(number).mkdir()
        make_gate_report(revision=parent, learned=learned, created=f"time {number}").write(line.place(number) / GATE)
    of_two, of_four = (AcceptedNames(f"time {number}", {f"old {number}": f"new {number}"}) for number in (2, 4))
    assert read_accepted_names(line) == [of_two, of_four]
    assert read_accepted_names(replace(line, log=line.log.model_copy(update={"in_use": 5}))) == [of_two, of_four]
    assert read_accepted_names(replace(line, log=line.log.model_copy(update={"in_use": 1}))) == []
