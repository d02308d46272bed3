"""Rolling back goes one revision back, or to the one that is named."""

from tests.factories import fault_of
from tests.records.revision_lines import make_line
from vitrine.workflows.rollback import roll_back


def test_the_one_before_the_one_in_use_comes_next(tmp_path):
    folder = make_line(tmp_path).folder
    assert roll_back(folder).log.in_use == 1
    assert "there is none before it" in fault_of(roll_back, folder)
    assert roll_back(str(folder), 2).log.in_use == 2
