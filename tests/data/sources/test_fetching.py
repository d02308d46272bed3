"""What must be read whole is fetched once, and nothing of it twice."""

from types import SimpleNamespace

import pytest

from tests.data.sources.stores import fill, refusing
from vitrine.data.sources import fetching
from vitrine.data.sources.addresses import list_address
from vitrine.data.sources.fetching import fetch_files
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
    monkeypatch.setattr(fetching.shutil, "disk_usage", lambda _: SimpleNamespace(free=5))
    with pytest.raises(UserError, match=r"data\.source: memory://bucket takes 0\.0 GB, and the disk of"):
        fetch_files(list_address(fill(FILES)), tmp_path)


def test_no_name_leads_out_of_the_folder(tmp_path):
    listing = list_address(fill(FILES))
    odd = type(listing)(listing.address, {"../a.tar": listing.files["a.tar"]})
    with pytest.raises(UserError, match=r"has a file whose name leads out of its folder \(a\.tar\)"):
        fetch_files(odd, tmp_path)
