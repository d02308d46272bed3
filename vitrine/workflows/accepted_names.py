"""The names that classes got with the revisions of a model, for corrections that are older than these."""

from collections.abc import Sequence

from vitrine.data.labels.class_changes import AcceptedNames
from vitrine.records.gate import GATE, GateReport
from vitrine.records.revisions import ModelLine


def read_accepted_names(line: ModelLine) -> Sequence[AcceptedNames]:
    """Those that led to the revision in use, the oldest first; what was rolled back is not among them.

    Args:
        line: the model with its revisions.

    Raises:
        UserError: a report of the gate is damaged.
    """
    found: list[AcceptedNames] = []
    number = line.log.in_use
    while (path := line.place(number) / GATE).is_file():  # the first revision has none
        report = GateReport.read(path)
        names = {change.before: change.now for change in report.learned.classes if change.kind != "added"}
        if names:
            found.insert(0, AcceptedNames(report.created, names))
        number = report.revision
    return found
