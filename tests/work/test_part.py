import pickle
import shutil
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.work.letters import Letters, read
from vitrine.data.sources.files import FoundFile
from vitrine.errors import UserError
from vitrine.records import atomic
from vitrine.work.journal import Journal
from vitrine.work.part import (
    FolderGoneError,
    count_filled,
    digest_of,
    mark_unsettled,
    name_ends,
    read_part,
    remove_damaged,
    remove_unsettled,
    state_of,
)
from vitrine.work.unit import StuckError


def die(letters, place):
    """Leaves what a process that died leaves: its journal."""
    journal = Journal(letters.journal)
    journal.__enter__()
    if place is not None:
        journal.note(place)


def test_a_part_is_done_once_and_another_coordinator_sees_it(tmp_path):
    first, second = (Letters("ab", folder=tmp_path) for _ in range(2))
    assert first == second
    first.do()
    assert second.is_done()
    content = second.path.read_bytes()
    second.do()
    assert second.path.read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["ab.parquet"]


def test_what_was_at_hand_at_two_deaths_is_left_out(tmp_path):
    letters = Letters("abc", folder=tmp_path)
    assert letters.blame() is letters  # it was not begun
    for culprits in (frozenset(), {1}):
        die(letters, 1)
        letters = letters.blame()
        assert letters.deaths.culprits == culprits
    letters.do()
    assert read(tmp_path, "abc") == ["a?c"]


def test_deaths_without_an_item_are_an_error_the_third_time(tmp_path):
    letters = Letters("abc", folder=tmp_path)
    for _ in range(2):
        die(letters, None)
        letters = letters.blame()
    die(letters, None)
    with pytest.raises(StuckError, match=r"one shard \(abc\).*too little memory"):
        letters.blame()


def test_two_coordinators_have_a_journal_each(tmp_path):
    one, other = (Letters("ab", folder=tmp_path) for _ in range(2))
    die(one, 1)
    assert other.blame() is other
    assert one.blame().deaths.places == (1,)


def test_a_full_disk_leaves_nothing_half_written(tmp_path, monkeypatch):
    def fill(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", fill)
    with pytest.raises(OSError, match="No space"):
        Letters("ab", folder=tmp_path).do()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", [0.0, 0.2, 0.5, 0.9])
def test_a_part_that_is_damaged_anywhere_is_made_once_more_and_a_sound_one_stays(tmp_path, place):
    parts = [Letters(word, folder=tmp_path) for word in ("abcdefgh" * 20, "good", "none")]
    for part in parts[:2]:
        part.do()
    content = bytearray(parts[0].path.read_bytes())
    start = int(place * len(content))
    content[start : start + 8] = bytes(byte ^ 1 for byte in content[start : start + 8])
    parts[0].path.write_bytes(content)
    remove_damaged(parts)
    assert [part.is_done() for part in parts] == [False, True, False]


def test_bytes_that_still_make_a_table_are_found_by_their_checksum(tmp_path):
    part = Letters("abcdefgh", folder=tmp_path)
    part.do()
    content = part.path.read_bytes()
    part.path.write_bytes(content.replace(b"d\1\0\0\0e", b"q\1\0\0\0e"))
    assert pq.read_table(part.path)["letter"].to_pylist() == list("abcqefgh")
    with pytest.raises(UserError, match=r"abcdefgh\.parquet cannot be read .* the same command makes it anew"):
        read_part(part)
    assert not part.is_done()


def test_another_one_that_was_faster_and_put_the_folder_in_order_is_no_error(tmp_path, monkeypatch):
    def overtake(path, data):
        path.write_bytes(data)
        raise FileNotFoundError(path)

    monkeypatch.setattr("vitrine.work.part.write_bytes", overtake)
    Letters("ab", folder=tmp_path).do()
    assert read(tmp_path, "ab") == ["ab"]


def test_a_folder_that_another_job_removed_is_named_and_the_error_travels(tmp_path):
    class Late(Letters):
        def make(self, note):
            shutil.rmtree(self.folder)
            return super().make(note)

    for letters in (Late("ab", folder=tmp_path / "parts"), Letters("ab", folder=tmp_path / "parts")):
        if isinstance(letters, Late):
            letters.folder.mkdir()
        with pytest.raises(FolderGoneError, match=r"parts was removed while.*give the same command again") as gone:
            letters.do()
        assert isinstance(pickle.loads(pickle.dumps(gone.value)), FolderGoneError)  # noqa: S301 (its own)
    assert list(tmp_path.iterdir()) == []


def test_names_follow_the_content_of_their_words_and_the_state_of_files(tmp_path):
    assert digest_of("a", "b") != digest_of("ab") != digest_of("a", "b", "")
    assert len(digest_of("\udcff")) == 32
    assert state_of(tmp_path / "none") == "gone"
    (tmp_path / "file").write_bytes(b"12")
    before = state_of(tmp_path / "file")
    assert before.startswith("2 ")
    (tmp_path / "file").write_bytes(b"123")
    assert state_of(tmp_path / "file") != before


@dataclass(frozen=True)
class Unsettled(Letters):
    def make(self, note):
        return mark_unsettled(super().make(note))


def test_what_could_not_be_had_is_made_once_more_by_the_next_job(tmp_path):
    parts = [Unsettled("a", folder=tmp_path), Letters("b", folder=tmp_path), Letters("none", folder=tmp_path)]
    for part in parts[:2]:
        part.do()
    remove_unsettled(parts)
    assert [part.is_done() for part in parts] == [False, True, False]


def test_who_comes_second_does_not_replace_what_is_there(tmp_path):
    class Slow(Letters):
        def make(self, note):
            Letters("ab", folder=tmp_path).do()
            return mark_unsettled(super().make(note))

    slow = Slow("ab", folder=tmp_path)
    slow.do()
    remove_unsettled([slow])
    assert slow.is_done()


def test_a_run_of_files_is_known_by_its_ends():
    files = [FoundFile(Path("none"), name, "", "", "") for name in ("a.jpg", "b.jpg", "c.jpg")]
    assert name_ends(files) == "a.jpg to c.jpg"
    assert name_ends(files[:1]) == "a.jpg"


def test_values_of_a_column_are_counted_and_a_part_that_is_gone_has_none(tmp_path):
    pq.write_table(pa.table({"problem": [None, "empty", None]}), tmp_path / "part.parquet")
    assert count_filled(tmp_path / "part.parquet", "problem") == 1
    assert count_filled(tmp_path / "none.parquet", "problem") == 0
