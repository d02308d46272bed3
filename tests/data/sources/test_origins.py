"""What files share of where they lie."""

from pathlib import Path

import pytest

from vitrine.data.sources.addresses import RemoteFile
from vitrine.data.sources.files import FoundFile
from vitrine.data.sources.origins import AtAddress, BelowFolder, InArchive, find_origin
from vitrine.data.sources.places import FileBelow, TarMember


@pytest.mark.parametrize(
    ("name", "path", "origin"),
    [
        ("a/1.png", FileBelow("p", "a/1.png"), BelowFolder("p", "")),
        ("shown/a/1.png", FileBelow("p", "a/1.png"), BelowFolder("p", "shown/")),
        ("s.tar/1.png", TarMember(Path("s.tar"), 512, 3, 9), InArchive(Path("s.tar"), 9)),
        ("a/1.png", RemoteFile("s3://b/a/1.png", "s3://b/w", 3, 4), AtAddress("s3://b/", "", "s3://b/w")),
        ("1.png", RemoteFile("https://b/1.png?x=1.png", "w", 3, 4), AtAddress("https://b/1.png?x=", "", "w")),
        ("1.png", RemoteFile("https://b/1.png?dl", "w", -1, -1), AtAddress("https://b/", "?dl", "w")),
    ],
)
def test_a_name_and_what_is_shared_make_the_place(name, path, origin):
    found, numbers = find_origin(FoundFile(path, name, "", "", ""))
    assert found == origin
    assert found.place(name, numbers) == path


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("a.png", Path("a.png")),
        ("a\\x0a.png", FileBelow("p", "a\n.png")),
        ("a b.png", RemoteFile("https://b/a%20b.png", "w", 3, 4)),
    ],
)
def test_a_place_that_no_name_makes_is_kept(name, path):
    assert find_origin(FoundFile(path, name, "", "", "")) == (None, (0, 0))


def test_what_depends_on_no_folder_stays_as_it_is(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for origin in (BelowFolder("/p", ""), InArchive(Path("/s.tar"), 9), AtAddress("s3://b/", "", "w")):
        assert origin.anywhere() is origin
    assert BelowFolder("p", "x/").anywhere() == BelowFolder(str(tmp_path / "p"), "x/")
    assert InArchive(Path("s.tar"), 9).anywhere() == InArchive(tmp_path / "s.tar", 9)
