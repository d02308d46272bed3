"""Whole or not at all."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.factories import fault_of
from vitrine.records.atomic import (
    check_replaceable,
    follow_umask,
    is_link,
    new_file,
    new_folder,
    point_to,
    write_bytes,
    write_text,
)


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_folder_appears_only_when_it_is_complete(tmp_path):
    final = tmp_path / "deep" / "final"
    with new_folder(final) as temporary:
        (temporary / "a").write_text("a")
        assert not final.exists()
        assert temporary.parent == final.parent, "a rename works within one file system only"
    assert names_in(final) == ["a"]
    assert names_in(final.parent) == ["final"]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt, SystemExit])
def test_failure_leaves_nothing_behind(tmp_path, error):
    final = tmp_path / "final"

    def fail():
        with new_folder(final) as temporary:
            (temporary / "half").write_text("half")
            raise error

    with pytest.raises(error):
        fail()
    assert names_in(tmp_path) == []


def test_failure_leaves_the_older_folder_as_it_was(tmp_path):
    final = tmp_path / "final"
    with new_folder(final) as temporary:
        (temporary / "old").write_text("old")

    def fail():
        with new_folder(final, replace=True) as temporary:
            (temporary / "new").write_text("new")
            raise PermissionError

    with pytest.raises(PermissionError):
        fail()
    assert names_in(tmp_path) == ["final"]
    assert names_in(final) == ["old"]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_failure_at_the_last_rename_puts_the_older_folder_back(tmp_path, monkeypatch, error):
    final = tmp_path / "final"
    with new_folder(final) as temporary:
        (temporary / "old").write_text("old")
    rename = type(final).rename

    def fail_for_the_new_one(path, target):
        if path.suffix == ".partial":
            raise error
        return rename(path, target)

    monkeypatch.setattr(type(final), "rename", fail_for_the_new_one)

    def replace():
        with new_folder(final, replace=True) as temporary:
            (temporary / "new").write_text("new")

    with pytest.raises(error):
        replace()
    assert names_in(final) == ["old"]
    assert names_in(tmp_path) == ["final"]


def test_older_folder_is_replaced_whole(tmp_path):
    final = tmp_path / "final"
    for name in ("old", "new"):
        with new_folder(final, replace=True) as temporary:
            (temporary / name).write_text(name)
    assert names_in(final) == ["new"]
    assert names_in(tmp_path) == ["final"]


def test_older_folder_is_kept_unless_replacing_is_asked_for(tmp_path):
    (tmp_path / "final").mkdir()
    with pytest.raises(FileExistsError), new_folder(tmp_path / "final"):
        pass


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077])
def test_the_umask_says_who_may_read_what_is_written(tmp_path, umask):
    before = os.umask(umask)
    try:
        with new_folder(tmp_path / "final") as temporary:
            (temporary / "closed").touch(0o600)
            (temporary / "closed").chmod(0o600)
            follow_umask(temporary)
        write_text(tmp_path / "file", "é")
    finally:
        os.umask(before)
    assert (tmp_path / "final").stat().st_mode & 0o777 == 0o777 & ~umask
    assert (tmp_path / "final/closed").stat().st_mode & 0o777 == 0o666 & ~umask
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o666 & ~umask
    assert (tmp_path / "file").read_bytes() == "é".encode()
    assert names_in(tmp_path / "final") == ["closed"]


def test_file_that_cannot_be_finished_leaves_the_older_one(tmp_path, monkeypatch):
    write_bytes(tmp_path / "file", b"old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space") as caught:
        write_bytes(tmp_path / "file", b"new")
    assert caught.value.filename == str(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"old"
    assert names_in(tmp_path) == ["file"]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_file_that_somebody_else_writes_is_there_when_it_is_whole(tmp_path, error):
    path = tmp_path / "file"
    with new_file(path) as temporary:
        temporary.write_bytes(b"whole")
        assert not path.exists()

    def fail():
        with new_file(path) as temporary:
            temporary.write_bytes(b"half")
            raise error

    with pytest.raises(error):
        fail()
    assert path.read_bytes() == b"whole"
    assert names_in(tmp_path) == ["file"]


def test_a_file_that_cannot_be_written_is_named_as_it_was_asked_for(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        write_bytes(tmp_path / "nowhere" / "file", b"new")
    assert caught.value.filename == str(tmp_path / "nowhere" / "file")


def test_link_is_relative_so_that_the_parent_can_be_moved(tmp_path):
    runs = tmp_path / "runs"
    for name in ("first", "second"):
        (runs / name).mkdir(parents=True)
        point_to(runs / "latest", runs / name)
    runs.rename(tmp_path / "moved")
    assert (tmp_path / "moved" / "latest").resolve() == tmp_path / "moved" / "second"
    assert names_in(tmp_path / "moved") == ["first", "latest", "second"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no other links to try this with")
def test_where_windows_makes_no_symbolic_links_a_junction_stands_for_one(tmp_path, monkeypatch):
    def refuse(link, target, target_is_directory=False):
        raise OSError(1314, "a required privilege is not held by the client")

    def make(target, link):
        os.symlink(target, link)  # noqa: PTH211 (what pathlib offers is refused here)

    (tmp_path / "run").mkdir()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "symlink_to", refuse)
        with pytest.raises(OSError, match="privilege"):
            point_to(tmp_path / "latest", tmp_path / "run")  # a full disk, elsewhere, is no reason for another link
        patched.setattr(sys, "platform", "win32")
        patched.setitem(sys.modules, "_winapi", SimpleNamespace(CreateJunction=make))
        point_to(tmp_path / "latest", tmp_path / "run")
    assert (tmp_path / "latest").resolve() == tmp_path / "run"
    assert [is_link(tmp_path / name) for name in ("latest", "run", "nothing")] == [True, False, False]


def test_only_an_older_folder_of_its_kind_makes_way(tmp_path):
    check_replaceable(tmp_path / "new", ["a"], "a page")
    (tmp_path / "file").write_text("")
    assert "file is a file; give the name of a folder" in fault_of(
        check_replaceable, tmp_path / "file", ["a"], "a page"
    )
    older = tmp_path / "older"
    older.mkdir()
    check_replaceable(older, ["a", "b"], "a page")
    (older / "a").write_text("")
    assert "older holds something else than a page; " in fault_of(check_replaceable, older, ["a", "b"], "a page")
    (older / "b").write_text("")
    check_replaceable(older, ["a", "b"], "a page")
