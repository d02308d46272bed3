"""Files that are not as they were written are named, with what is wrong about them."""

import os

import pytest

from vitrine.records.checksums import find_damage, sum_files


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.bin").write_bytes(b"abc")
    (tmp_path / "deep/b.bin").write_bytes(bytes(range(256)))
    return tmp_path


FILES = ("a.bin", "deep/b.bin")


def test_whole_files_have_no_damage(folder):
    sums = sum_files(folder, FILES)
    assert list(sums) == sorted(FILES)
    assert sums["a.bin"].size_bytes == 3
    assert sums["a.bin"].sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert find_damage(folder, sums, full=True) == []


def test_missing_and_cut_files_are_found_by_their_size_alone(folder):
    sums = sum_files(folder, FILES)
    (folder / "a.bin").unlink()
    (folder / "deep/b.bin").write_bytes(bytes(100))
    assert list(map(str, find_damage(folder, sums))) == [
        "a.bin is missing",
        "deep/b.bin has 100 bytes, not the 256 that were written",
    ]


def test_every_flipped_bit_is_found_when_files_are_read_in_full(folder):
    sums = sum_files(folder, FILES)
    content = bytearray(range(256))
    for place in range(0, 256, 37):
        flipped = content.copy()
        flipped[place] ^= 1 << place % 8
        (folder / "deep/b.bin").write_bytes(flipped)
        os.utime(folder / "deep/b.bin", ns=(place, place))
        assert find_damage(folder, sums) == []
        assert list(map(str, find_damage(folder, sums, full=True))) == ["deep/b.bin does not hold what was written"]


def test_a_second_link_to_a_file_is_not_read_again(folder, monkeypatch):
    sum_files(folder, ["a.bin"])
    os.link(folder / "a.bin", folder / "c.bin")
    monkeypatch.setattr("hashlib.file_digest", lambda *_: pytest.fail("it is read again"))
    assert set(sum_files(folder, ["c.bin"])) == {"c.bin"}


def test_a_folder_in_the_place_of_a_file_is_damage(folder):
    sums = sum_files(folder, ["a.bin"])
    (folder / "a.bin").unlink()
    (folder / "a.bin").mkdir()
    assert [one.file for one in find_damage(folder, sums, full=True)] == ["a.bin"]
