"""What must be read whole is fetched once, and nothing of it twice."""

import shutil
from types import SimpleNamespace

import pytest

from tests.data.sources.stores import fill, refusing
from vitrine.data.sources import fetching
from vitrine.data.sources.addresses import list_address
from vitrine.data.sources.fetching import fetch_files, fetched_beside
from vitrine.data.sources.places import SourceLostError
from vitrine.errors import UserError

FILES = {"a.tar": b"0123", "b/c.tar": b"456"}


def test_files_are_fetched_once(tmp_path, monkeypatch):
    listing = list_address(fill(FILES))
    told = []
    monkeypatch.setattr(fetching, "MEGABYTE", 1)
    fetch_files(listing, tmp_path / "x", lambda *numbers: told.append(numbers))
    assert {file: (tmp_path / "x" / file).read_bytes() for file in FILES} == FILES
    assert told == [(4, 7), (7, 7)]
    with refusing(monkeypatch):
        fetch_files(listing, tmp_path / "x")


def test_what_changed_is_fetched_again(tmp_path):
    fetch_files(list_address(fill(FILES)), tmp_path)
    fetch_files(list_address(fill(FILES | {"a.tar": b"9876"})), tmp_path)
    assert (tmp_path / "a.tar").read_bytes() == b"9876"


def test_what_was_fetched_stays_when_the_store_is_lost(tmp_path, monkeypatch):
    listing = list_address(fill(FILES))
    with (
        refusing(monkeypatch, after=1),
        pytest.raises(SourceLostError, match=r"c\.tar cannot be fetched.*what was done"),
    ):
        fetch_files(listing, tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.tar", "b"]


def test_a_full_disk_is_told_before(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=5))
    with pytest.raises(UserError, match=r"data\.source: memory://bucket takes 0\.0 GB, and the disk of"):
        fetch_files(list_address(fill(FILES)), tmp_path)


def test_no_name_leads_out_of_the_folder(tmp_path):
    listing = list_address(fill(FILES))
    odd = type(listing)(listing.address, {"../a.tar": listing.files["a.tar"]})
    with pytest.raises(UserError, match=r"has a file whose name leads out of its folder \(a\.tar\)"):
        fetch_files(odd, tmp_path)


def test_what_the_listing_has_no_more_goes(tmp_path):
    fetch_files(list_address(fill(FILES)), tmp_path / "x")
    fetch_files(list_address(fill({"a.tar": b"0123"})), tmp_path / "x")
    assert [path.name for path in (tmp_path / "x").rglob("*") if path.is_file()] == ["a.tar"]


def test_what_was_fetched_stays_beside_the_output_until_the_job_is_done(tmp_path):
    def job(is_done):
        with fetched_beside(tmp_path / "answers") as fetched:
            fetch_files(list_address(fill(FILES)), fetched.folder / "0")
            fetched.is_needless = is_done

    job(is_done=False)
    assert (tmp_path / ".answers.fetched/0/a.tar").read_bytes() == b"0123"
    job(is_done=True)
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_was_fetched_nothing_stays(tmp_path):
    with fetched_beside(tmp_path / "answers"):
        pass
    with fetched_beside(None) as fetched:
        assert fetched.folder is None
    assert list(tmp_path.iterdir()) == []


def test_who_ends_last_removes_what_others_still_read(tmp_path):
    with fetched_beside(tmp_path / "answers") as mine:
        with fetched_beside(tmp_path / "answers") as theirs:
            (theirs.folder / "a.tar").touch()
            theirs.is_needless = True
        assert (mine.folder / "a.tar").exists()
        mine.is_needless = True
    assert list(tmp_path.iterdir()) == []
