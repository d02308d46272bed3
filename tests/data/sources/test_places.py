"""What lies within something else is read as a file is."""

import pickle
from pathlib import Path

import pytest

from vitrine.data.sources.places import FileBelow, Place, TarMember, make_absolute


def test_a_member_is_read_where_it_lies(tmp_path):
    (tmp_path / "a.tar").write_bytes(b"0123456789")
    member = TarMember(tmp_path / "a.tar", 3, 4, 17)
    with member.open("rb") as file:
        assert file.read() == b"3456"
    assert (member.stat().st_size, member.stat().st_mtime_ns) == (4, 17)
    assert str(member) == f"{tmp_path / 'a.tar'} (byte 3)"


def test_a_member_travels_to_other_processes(tmp_path):
    member = TarMember(tmp_path / "a.tar", 3, 4, 17)
    assert pickle.loads(pickle.dumps(member)) == member  # noqa: S301 (our own)


def test_an_archive_that_shrank_is_an_error(tmp_path):
    (tmp_path / "a.tar").write_bytes(b"01234")
    with pytest.raises(OSError, match="shorter than it was"):
        TarMember(tmp_path / "a.tar", 3, 4, 17).open("rb")


def test_an_archive_that_is_gone_says_nothing_of_its_files(tmp_path):
    with pytest.raises(OSError, match=r"the archive a\.tar is gone") as caught:
        TarMember(tmp_path / "a.tar", 3, 4, 17).open("rb")
    assert not isinstance(caught.value, FileNotFoundError)


def test_a_path_is_a_place(tmp_path):
    place: Place = Path(tmp_path / "a")
    Path(tmp_path / "a").write_bytes(b"12")
    assert place.stat().st_size == 2
    with place.open("rb") as file:
        assert file.read() == b"12"


def test_a_file_below_a_folder_is_a_path_to_programs(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/1").write_bytes(b"12")
    place = FileBelow(str(tmp_path), "a/1")
    assert Path(place) == tmp_path / "a/1"
    assert place.stat().st_size == 2
    with place.open("rb") as file:
        assert file.read() == b"12"
    assert str(place) == str(tmp_path / "a/1")


def test_an_absolute_place_is_the_same_one_from_another_folder(tmp_path, monkeypatch):
    (tmp_path / "a.tar").write_bytes(b"01234")
    monkeypatch.chdir(tmp_path)
    path, member = make_absolute(Path("a.tar")), make_absolute(TarMember(Path("a.tar"), 1, 2, 17))
    monkeypatch.chdir("/")
    assert path.read_bytes() == b"01234"
    assert member.open("rb").read() == b"12"
    assert make_absolute(FileBelow("a/b", "c")) == FileBelow("/a/b", "c")
    elsewhere = object()
    assert make_absolute(elsewhere) is elsewhere
    assert make_absolute(path) is path
    assert make_absolute(member) is member
