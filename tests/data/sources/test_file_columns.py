"""Files of a source as columns."""

import sys
from dataclasses import fields
from pathlib import Path

import pytest

from vitrine.data.sources.file_columns import SHARED, FileColumns
from vitrine.data.sources.files import FoundFile
from vitrine.data.sources.places import FileBelow, TarMember

FILES = [
    FoundFile(FileBelow("pictures", "red/1.png"), "red/1.png", "red", "", ""),
    FoundFile(FileBelow("elsewhere", "é.png"), "é.png", "blue", "test", "", "a person", "face"),
    FoundFile(FileBelow("pictures", "a\n.png"), "a\\x0a.png", "", "", "no class"),
    FoundFile(Path("table/2.png"), "2.png", "red", "train", ""),
    FoundFile(TarMember(Path("shard.tar"), 512, 9, 7), "3.png", "red", "", ""),
]


def test_files_come_back_as_they_were():
    columns = FileColumns(FILES)
    assert list(columns) == FILES
    assert columns[-1] == FILES[-1]
    assert columns[1:4] == FILES[1:4]
    with pytest.raises(IndexError):
        columns[5]


def test_every_field_has_a_column():
    assert {one.name for one in fields(FoundFile)} == {"path", "file", *SHARED}
    assert [one.name for one in fields(FoundFile)][2:] == list(SHARED)


def test_files_of_a_folder_leave_no_object_for_each():
    columns = FileColumns([FoundFile(FileBelow("a", f"{row}.png"), f"{row}.png", "b", "", "") for row in range(1000)])
    held = columns._others, *(one._texts for one in (*columns._shared, columns._folders))
    assert sum(map(sys.getsizeof, held)) < 1000
