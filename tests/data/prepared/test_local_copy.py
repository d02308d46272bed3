"""A prepared data set in a store: copied once, whole, by one process of a machine, and as it is in the store now."""

import shutil
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.data.sources.stores import ADDRESS, counting, fill, put_folder, refusing
from tests.data.trees import prepare
from tests.factories import fault_of
from vitrine.data.prepared.dataset import open_prepared
from vitrine.data.prepared.local_copy import is_prepared_address, make_local, read_facts_at
from vitrine.data.prepared.training_files import list_kept_files, list_training_files
from vitrine.records.prepared import FACTS, PICTURES, REPORT, TRAINING_INDEX, read_facts

PLACE = Path(ADDRESS)  # as a command line and a recipe name it: two slashes have become one
SHARD = f"{PICTURES}/train-00000.arrow"


@pytest.fixture
def folder(make_class_folders, put_in_store):
    """A prepared data set on the disk and, file for file, in the store; the cache of this machine is empty."""
    folder = prepare(make_class_folders({"cat": 5, "dog": 5})).folder
    (folder / REPORT).write_text("<p>report</p>")
    put_in_store(folder)
    return folder


def files_below(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def flip_a_bit(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def test_a_folder_is_given_back_as_it_is(tmp_path):
    assert make_local(tmp_path) == tmp_path
    assert make_local(Path("prepared/none")) == Path("prepared/none")


def test_a_copy_is_the_data_set_file_for_file_and_opens_as_it_does(folder):
    copy = make_local(PLACE)
    assert files_below(copy) == files_below(folder)
    assert copy.parent == folder.parent / "cache" / "vitrine" / "prepared"
    opened, original = open_prepared(PLACE), open_prepared(folder)
    assert opened.folder == copy
    for split, rows in original.splits.items():
        assert opened.splits[split]["file"][:] == rows["file"][:]


def test_the_next_call_asks_for_the_facts_alone(folder, monkeypatch):
    first = make_local(PLACE)
    with counting(monkeypatch) as fetched:
        assert make_local(PLACE, full=True) == first
    assert fetched == [FACTS]


def test_processes_of_a_machine_wait_for_the_one_that_copies(folder, monkeypatch):
    with counting(monkeypatch) as fetched, ThreadPoolExecutor(3) as others:
        assert len(set(others.map(make_local, [PLACE] * 3))) == 1
    assert fetched.count(FACTS) == 3
    assert all(fetched.count(name) == 1 for name in read_facts(folder).files)


def test_a_copy_that_was_broken_off_goes_on(folder, monkeypatch):
    with refusing(monkeypatch, after=4):
        fault = fault_of(make_local, PLACE)
    assert "cannot be fetched (ExpiredToken: The provided token has expired.)" in fault
    assert "renew them; then give the same command again: what was done is kept" in fault
    (unfinished,) = (path for path in (folder.parent / "cache").rglob("*") if path.name.startswith("bucket-"))
    there = set(files_below(unfinished))
    assert len(there) >= 1
    assert FACTS not in there
    with counting(monkeypatch) as fetched:
        assert make_local(PLACE) == unfinished
    assert not there & set(fetched)
    assert files_below(unfinished) == files_below(folder)


def test_a_file_of_a_broken_off_copy_that_a_power_cut_spoiled_is_fetched_again(folder):
    copy = make_local(PLACE)
    (copy / FACTS).unlink()
    flip_a_bit(copy / SHARD)
    assert files_below(make_local(PLACE)) == files_below(folder)


def test_a_flipped_bit_of_a_copy_is_found_where_every_file_is_read_and_mended(folder):
    copy = make_local(PLACE)
    flip_a_bit(copy / SHARD)
    make_local(PLACE)
    assert (copy / SHARD).read_bytes() != (folder / SHARD).read_bytes()
    make_local(PLACE, full=True)
    assert (copy / SHARD).read_bytes() == (folder / SHARD).read_bytes()


def test_a_data_set_that_was_prepared_anew_is_copied_beside_the_earlier_copy(folder, make_class_folders):
    first = make_local(PLACE)
    before = files_below(first)
    put_folder(prepare(make_class_folders({"cow": 4, "dog": 4}, "others")).folder)
    second = make_local(PLACE)
    assert (read_facts(first).label_names, read_facts(second).label_names) == (["cat", "dog"], ["cow", "dog"])
    assert files_below(first) == before


def test_nothing_there_is_one_message(folder):
    fault = fault_of(make_local, Path("memory://bucket/none"))
    assert fault.startswith("memory://bucket/none holds no prepared data set (no prepared.json); check the address")


def test_a_store_that_refuses_is_told_from_one_that_has_nothing(folder, monkeypatch):
    with refusing(monkeypatch):
        assert "If your credentials have expired, renew them" in fault_of(make_local, PLACE)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (Path.unlink, f"{SHARD} is missing"),
        (flip_a_bit, f"{SHARD} does not hold what was written"),
        (lambda file: file.write_bytes(b"short"), f"{SHARD} has 5 bytes, not the "),
    ],
)
def test_a_data_set_that_is_not_whole_in_the_store_is_refused_until_it_is_copied_there_again(folder, spoil, said):
    whole = shutil.copytree(folder, folder.with_name("whole"))
    spoil(folder / SHARD)
    put_folder(folder)
    fault = fault_of(make_local, PLACE)
    assert fault.startswith(f"memory://bucket is not whole: {said}")
    assert fault.endswith("copy all of the data set there again")
    put_folder(whole)
    assert files_below(make_local(PLACE)) == files_below(whole)


def test_a_disk_that_is_too_small_is_told_before_anything_is_fetched(folder, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: namedtuple("Usage", "free")(100))
    with counting(monkeypatch) as fetched:
        fault = fault_of(make_local, PLACE)
    assert "has 0.0 GB free; remove what nobody needs in" in fault
    assert "set XDG_CACHE_HOME to a folder on another disk" in fault
    assert fetched == [FACTS]


def test_a_copy_that_is_streamed_lacks_training_files_alone(in_many_files, put_in_store):
    address = Path(put_in_store(in_many_files.folder))
    whole = files_below(in_many_files.folder)
    copy = make_local(address, streamed=True)
    lacking = whole.keys() - files_below(copy).keys()
    kept = list_kept_files(in_many_files.facts)
    assert lacking == set(list_training_files(in_many_files.facts)) - set(kept)
    assert len(lacking) > len(kept) > 1
    assert {**files_below(copy), **{name: whole[name] for name in lacking}} == whole
    assert files_below(make_local(address)) == whole
    assert make_local(address, streamed=True) == make_local(address)  # a whole one is there now


def test_a_disk_that_is_too_small_is_told_of_the_way_without_a_whole_copy(in_many_files, put_in_store, monkeypatch):
    address = Path(put_in_store(in_many_files.folder))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: namedtuple("Usage", "free")(100))
    assert "a few GB alone with engine.reading=streamed" in fault_of(make_local, address)
    assert "engine.reading" not in fault_of(make_local, address, streamed=True)


def test_a_data_set_without_an_index_cannot_be_streamed(folder):
    facts = read_facts(folder)
    files = {name: one for name, one in facts.files.items() if name != TRAINING_INDEX}
    facts.model_copy(update={"files": files}).write(folder / FACTS)
    put_folder(folder)
    fault = fault_of(make_local, PLACE, streamed=True)
    assert fault.startswith("memory://bucket was prepared by an earlier version of Vitrine")
    assert "--again` and copy it there anew, or take engine.reading=shards" in fault
    make_local(PLACE)


def test_facts_are_read_without_a_copy(folder, monkeypatch):
    with counting(monkeypatch) as fetched:
        assert read_facts_at(ADDRESS) == read_facts(folder)
    assert fetched == [FACTS]


def test_a_cache_that_cannot_be_made_is_named(folder, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert "cannot be made (Not a directory); set XDG_CACHE_HOME to a folder" in fault_of(make_local, PLACE)


def test_a_cache_on_a_disk_without_locks_is_named(folder, monkeypatch):
    def cannot(_):
        raise NotImplementedError

    monkeypatch.setattr("vitrine.records.locks.FileLock.acquire", cannot)
    assert "has no locks, which copying memory://bucket needs; set XDG_CACHE_HOME" in fault_of(make_local, PLACE)


def test_facts_that_lead_out_of_the_folder_are_refused(folder):
    facts = read_facts(folder)
    facts.model_copy(update={"files": {"../../x": next(iter(facts.files.values()))}}).write(folder / FACTS)
    put_folder(folder)
    assert "names a file outside of the data set (../../x)" in fault_of(make_local, PLACE)


def test_facts_without_checksums_are_refused(folder):
    read_facts(folder).model_copy(update={"files": {}}).write(folder / FACTS)
    put_folder(folder)
    assert "an earlier version of Vitrine, which noted no checksums" in fault_of(make_local, PLACE)


def test_an_unknown_store_is_named_without_a_parameter_that_nobody_gave():
    assert fault_of(make_local, Path("s4://bucket/x")).startswith("addresses that begin with s4:// are not known")


def test_prepared_data_sets_are_told_from_pictures(folder):
    assert is_prepared_address(ADDRESS)
    assert is_prepared_address(f"{ADDRESS}/")
    assert not is_prepared_address(str(folder))
    assert not is_prepared_address(fill({"cat/1.jpg": b"one"}))
