"""Files of a source as columns."""

import pickle
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from vitrine.data.sources import file_columns
from vitrine.data.sources.addresses import RemoteFile
from vitrine.data.sources.file_columns import FileColumns, Shared
from vitrine.data.sources.files import FoundFile
from vitrine.data.sources.places import FileBelow, TarMember

FILES = [
    FoundFile(FileBelow("pictures", "red/1.png"), "red/1.png", "red", "", ""),
    FoundFile(FileBelow("elsewhere", "é.png"), "é.png", "blue", "test", "", "a person", "face"),
    FoundFile(FileBelow("pictures", "a\n.png"), "a\\x0a.png", "", "", "no class"),
    FoundFile(Path("table/2.png"), "2.png", "red", "train", ""),
    FoundFile(TarMember(Path("shard.tar"), 512, 9, 7), "3.png", "red", "", ""),
    FoundFile(RemoteFile("s3://a/b/4.png", "s3://a/b/0.png", 5, 6), "b/4.png", "red", "", "", "a person"),
    FoundFile(FileBelow("pictures", "red/1.png"), "shown/red/1.png", "red", "", ""),
]


@pytest.fixture(params=[2, 10_000])
def columns(request, monkeypatch):
    monkeypatch.setattr(file_columns, "AT_ONCE", request.param)
    return FileColumns(iter(FILES))


def test_files_come_back_as_they_were(columns):
    assert list(columns) == FILES
    assert [columns[row] for row in range(-7, 7)] == FILES * 2
    assert list(columns[1:6]) == list(columns[1:][:5]) == FILES[1:6]
    assert list(columns.names()) == [one.file for one in FILES]
    assert len(columns[5:9]) == 2
    with pytest.raises(IndexError):
        columns[7]


def test_there_may_be_none():
    columns = FileColumns([])
    assert [*columns, *columns.names(), *columns.count_shared(), *columns.sorted(), *columns.label_names()] == []


def test_every_field_has_a_column():
    shared = [name for name in Shared._fields if name != "origin"]
    assert [one.name for one in fields(FoundFile)] == ["path", "file", *shared[:3], "group", *shared[3:]]


def test_files_of_a_folder_leave_no_object_for_each():
    files = (FoundFile(FileBelow("a", f"{row}.png"), f"{row}.png", "b", "", "") for row in range(1000))
    held = vars(FileColumns(files)).values()
    assert sum(map(sys.getsizeof, held)) < 1000 + 2000
    assert not any(isinstance(one, list | dict) and len(one) > 1 for one in held)


def test_what_many_files_share_is_counted_and_changed_at_once(columns):
    labels = [(shared.label_name, count) for shared, count in columns[:5].count_shared()]
    assert sorted(labels) == [("", 1), ("blue", 1), ("red", 1), ("red", 1), ("red", 1)]
    assert columns.label_names().to_pylist() == [one.label_name for one in FILES]
    changed = columns.change(lambda shared: shared._replace(label_name=shared.label_name.upper()))
    assert list(changed) == [replace(one, label_name=one.label_name.upper()) for one in FILES]
    assert list(columns) == FILES


def test_some_of_them_are_chosen(columns):
    red = columns.where(lambda shared: shared.label_name == "red")
    assert list(red) == [one for one in FILES if one.label_name == "red"]
    assert list(red.choose(np.array([False, True, False, False, True]))) == [FILES[3], FILES[6]]
    assert red[1] == FILES[3]
    assert len(red.choose(np.zeros(5, bool))) == 0
    assert sum(count for _, count in red.count_shared()) == 5
    assert red.label_names().to_pylist() == ["red"] * 5


def test_some_are_taken_in_any_order(columns):
    assert list(columns.take(np.array([3, 0]))) == [FILES[3], FILES[0]]
    assert list(columns[1::2].take(np.array([1, 0]))) == [FILES[3], FILES[1]]
    red = [one for one in FILES if one.label_name == "red"]
    assert list(columns.where(lambda shared: shared.label_name == "red").take(np.array([2, 1]))) == [red[2], red[1]]


def test_they_are_sorted_by_name_and_those_of_one_name_stay_in_their_order(columns):
    assert list(columns.sorted()) == sorted(FILES, key=lambda one: one.file)
    assert list(columns[2:].sorted()) == sorted(FILES[2:], key=lambda one: one.file)
    twice = FileColumns([*FILES, replace(FILES[0], label_name="second")]).sorted()
    assert not twice.are_ascending()
    assert [one.label_name for one in twice if one.file == FILES[0].file] == ["red", "second"]
    ascending = columns.sorted()
    assert ascending.are_ascending()
    assert ascending.sorted() is ascending


def test_they_travel_as_files(columns):
    assert pickle.loads(pickle.dumps(columns[1:3])) == tuple(FILES[1:3])  # noqa: S301 (its own)


def test_they_lie_where_they_lay_from_another_folder(columns, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    there = [one.path for one in columns.anywhere()]
    assert there[0] == FileBelow(str(tmp_path / "pictures"), "red/1.png")
    assert there[2] == FileBelow(str(tmp_path / "pictures"), "a\n.png")
    assert there[3] == tmp_path / "table/2.png"
    assert there[4] == TarMember(tmp_path / "shard.tar", 512, 9, 7)
    assert there[5] == FILES[5].path
    assert list(FileColumns.of(columns)) == FILES
    assert FileColumns.of(columns) is columns
