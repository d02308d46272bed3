import pytest

from vitrine.work.journal import NO_ITEM, Deaths, Journal, read_journal


def test_a_journal_says_what_was_at_hand_last_and_is_gone_when_the_unit_is_done(tmp_path):
    path = tmp_path / "at"
    assert read_journal(path) is None
    with Journal(path) as journal:
        assert read_journal(path) == NO_ITEM
        journal.note(7)
        journal.note(2**40)
        assert read_journal(path) == 2**40
    assert read_journal(path) is None


def test_an_error_that_is_no_death_leaves_no_journal(tmp_path):
    with pytest.raises(ValueError, match="x"), Journal(tmp_path / "at"):
        raise ValueError("x")
    assert read_journal(tmp_path / "at") is None


def test_half_a_note_blames_nothing(tmp_path):
    (tmp_path / "at").write_bytes(b"123")
    assert read_journal(tmp_path / "at") == NO_ITEM


def test_a_culprit_was_at_hand_twice():
    deaths = Deaths().add(4).add(NO_ITEM).add(5)
    assert deaths.culprits == frozenset()
    assert deaths.unexplained == 1
    assert deaths.add(4).culprits == {4}
    assert deaths.add(NO_ITEM).culprits == frozenset()
