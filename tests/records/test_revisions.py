"""Revisions are kept as they were, put in use one at a time, and restored bit for bit."""

import pytest

from tests.factories import fault_of
from tests.records.revision_lines import make_line, make_run
from vitrine.records.revisions import CURRENT, ModelLine, hold_line


@pytest.fixture
def line(tmp_path):
    """Two revisions, the second in use."""
    return make_line(tmp_path)


def in_use(line):
    return (line.folder / CURRENT / "model.safetensors").read_bytes()


def test_the_newest_revision_is_in_use_and_the_readings_of_the_test_are_counted(line):
    assert in_use(line) == b"second"
    again = ModelLine.open(line.folder)
    assert again == line
    assert (again.log.in_use, again.log.test_readings) == (2, 2)
    assert set(again.in_use.files) == {"gate.json", "model/model.safetensors", "model/vitrine.json"}


def test_a_former_revision_comes_back_bit_for_bit_and_numbers_are_never_used_again(line, tmp_path):
    back = line.use(1)
    assert in_use(back) == b"first"
    assert ModelLine.open(line.folder).log.in_use == 1
    third = back.add(make_run(tmp_path / "three", b"third"), "", 0.9, {}, ())
    assert third.log.in_use == 3
    assert in_use(third.use(2)) == b"second"


def test_a_damaged_revision_is_not_put_in_use(line):
    weights = line.place(1) / "model/model.safetensors"
    weights.write_bytes(b"fIrst")
    assert "model/model.safetensors does not hold what was written" in fault_of(line.use, 1)
    assert in_use(line) == b"second"


def test_an_unknown_revision_and_a_folder_without_revisions_are_named(line, tmp_path):
    assert "has no revision 7; there are 1, 2" in fault_of(line.use, 7)
    assert "holds no revisions" in fault_of(ModelLine.open, tmp_path)


def test_what_was_cut_short_before_the_log_was_written_is_made_anew(line, tmp_path):
    (line.place(3) / "model").mkdir(parents=True)
    assert in_use(line.add(make_run(tmp_path / "three", b"third"), "", 0.9, {}, ())) == b"third"


def test_one_process_changes_revisions_at_a_time(line):
    with hold_line(line.folder):
        assert "another process" in fault_of(hold_line(line.folder).__enter__)


def test_ids_of_classes_count_on_from_the_highest_that_was_ever_used(line):
    assert line.find(1).class_ids == {"cat": 1, "dog": 2}
    assert line.highest_class_id == 3
    assert line.use(1).highest_class_id == 3


def test_a_link_that_a_killed_process_left_behind_is_mended(line, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("vitrine.records.revisions.point_to", stop)
        with pytest.raises(KeyboardInterrupt):
            line.use(1)
    again = ModelLine.open(line.folder)
    assert again.model == line.place(1) / "model"  # the log decides
    again.point()
    assert in_use(again) == b"first"
