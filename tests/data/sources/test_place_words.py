from pathlib import Path

import pytest

from vitrine.data.sources.addresses import RemoteFile
from vitrine.data.sources.place_words import describe_place, read_place
from vitrine.data.sources.places import FileBelow, TarMember


@pytest.mark.parametrize(
    "place",
    [
        Path("/pictures/a.jpg"),
        FileBelow("/pictures", "cat/\udcff é.jpg"),
        TarMember(Path("/pictures/a.tar"), 512, 70, 2**62),
        RemoteFile("s3://bucket/a.jpg", "s3://bucket/b.jpg", -1, 17),
    ],
    ids=["path", "below a folder", "in an archive", "in a store"],
)
def test_a_place_is_the_same_when_it_is_read_again(place):
    assert read_place(describe_place(place)) == place
    assert describe_place(place).isascii()


def test_a_place_is_told_for_processes_that_start_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    places = (Path("a.jpg"), FileBelow("pictures", "a.jpg"), TarMember(Path("a.tar"), 0, 1, 2))
    there = [read_place(describe_place(place)) for place in places]
    assert there == [
        tmp_path / "a.jpg",
        FileBelow(str(tmp_path / "pictures"), "a.jpg"),
        TarMember(tmp_path / "a.tar", 0, 1, 2),
    ]


def test_a_place_without_words_is_refused():
    with pytest.raises(TypeError, match="kind object"):
        describe_place(object())
