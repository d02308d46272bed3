import io
import struct
import tarfile
import zipfile
import zlib

import pytest

from vitrine.data.sources.archives import unpack
from vitrine.errors import UserError

DANISH = ("R\u00f8dsp\u00e6tte", "\u00d8rred")
RUSSIAN = ("\u043a\u043e\u0448\u043a\u0430", "\u0441\u043e\u0431\u0430\u043a\u0430")


def write_zip(path, names, page, unicode_path=False):
    """A zip as old programs write it: names in a code page, without the flag of UTF-8."""
    body = directory = b""
    for name in names:
        raw = name.encode(page)
        extra = b""
        if unicode_path:
            extra = struct.pack("<HHBI", 0x7075, 5 + len(name.encode()), 1, zlib.crc32(raw)) + name.encode()
        fields = struct.pack(
            "<HHHHHIIIHH", 20, 0, 0, 0, 0x5821, zlib.crc32(raw), len(raw), len(raw), len(raw), len(extra)
        )
        directory += b"PK\1\2\x14\0" + fields + struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + raw + extra
        body += b"PK\3\4" + fields + raw + extra + raw  # the content of each file is its name
    end = struct.pack("<HHHHIIH", 0, 0, len(names), len(names), len(directory), len(body), 0)
    path.write_bytes(body + directory + b"PK\5\6" + end)
    return path


def names_in(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "unpacked").mkdir()
    return tmp_path / "unpacked"


@pytest.mark.parametrize("page", ["cp850", "cp437", "gbk", "cp866"])
def test_the_unicode_path_of_an_entry_is_its_name(tmp_path, folder, page):
    words = {"cp850": DANISH, "cp437": ("K\u00e4se", "\u00d6l"), "gbk": ("\u72d7", "\u732b"), "cp866": RUSSIAN}[page]
    names = [f"{word}/1.jpg" for word in words]
    assert unpack(write_zip(tmp_path / "a.zip", names, page, unicode_path=True), folder) == []
    assert names_in(folder) == set(names)
    assert (folder / names[0]).read_bytes() == names[0].encode(page)


def test_a_unicode_path_that_belongs_to_another_name_is_passed_over(tmp_path, folder):
    archive = write_zip(tmp_path / "a.zip", ["\u00d8rred/1.jpg"], "cp850", unicode_path=True)
    right = zlib.crc32("\u00d8rred/1.jpg".encode("cp850"))
    archive.write_bytes(archive.read_bytes().replace(struct.pack("<BI", 1, right), struct.pack("<BI", 1, right ^ 1)))
    unpack(archive, folder, encoding="cp865")
    assert names_in(folder) == {"\u00d8rred/1.jpg"}


def test_names_in_a_code_page_that_is_sure_are_read(tmp_path, folder):
    unpack(write_zip(tmp_path / "a.zip", [f"{word}/1.jpg" for word in DANISH], "cp850"), folder)
    assert names_in(folder) == {f"{word}/1.jpg" for word in DANISH}


def test_names_in_a_page_that_is_not_sure_are_asked_and_the_answer_arrives(tmp_path, folder):
    archive = write_zip(tmp_path / "a.zip", [f"{word}/1.jpg" for word in RUSSIAN], "cp866")
    with pytest.raises(
        UserError, match=rf"a\.zip, names in it: not in UTF-8.*'{RUSSIAN[0]}' in cp866.*data\.encoding="
    ):
        unpack(archive, folder)
    assert names_in(folder) == set()
    unpack(archive, folder, encoding="cp866")
    assert names_in(folder) == {f"{word}/1.jpg" for word in RUSSIAN}


def test_letters_whose_second_byte_is_a_backslash_are_no_folders(tmp_path, folder):
    unpack(write_zip(tmp_path / "a.zip", ["\u8868\u30bd/1.jpg"], "cp932"), folder, encoding="cp932")
    assert names_in(folder) == {"\u8868\u30bd/1.jpg"}


def test_names_that_are_utf_8_without_saying_so_stay_beside_others(tmp_path, folder):
    odd = "\u732b/1.jpg".encode().decode("cp850")  # bytes that are read as they are
    unpack(write_zip(tmp_path / "a.zip", [f"{DANISH[0]}/1.jpg", odd], "cp850"), folder)
    assert names_in(folder) == {f"{DANISH[0]}/1.jpg", "\u732b/1.jpg"}


def test_names_that_state_utf_8_are_read_so(tmp_path, folder):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        opened.writestr("\u732b/1.jpg", "content")
    unpack(tmp_path / "a.zip", folder, encoding="cp932")
    assert names_in(folder) == {"\u732b/1.jpg"}


def test_where_nobody_can_be_asked_every_file_is_unpacked(tmp_path, folder):
    archive = write_zip(tmp_path / "a.zip", [f"{word}/1.jpg" for word in RUSSIAN], "cp866")
    assert unpack(archive, folder, otherwise=None) == []
    assert len(names_in(folder)) == 2


def test_names_and_second_names_in_a_tar_are_read_too(tmp_path, folder):
    with tarfile.open(tmp_path / "a.tar", "w", encoding="cp1251") as tar:
        for number, word in enumerate(RUSSIAN):
            info = tarfile.TarInfo(f"{word}/{number}.jpg")
            info.size = 1
            tar.addfile(info, io.BytesIO(b"x"))
        link = tarfile.TarInfo(f"{RUSSIAN[0]}/9.jpg")
        link.type, link.linkname = tarfile.LNKTYPE, f"{RUSSIAN[0]}/0.jpg"
        tar.addfile(link)
    assert unpack(tmp_path / "a.tar", folder, encoding="cp1251") == []
    assert names_in(folder) == {f"{RUSSIAN[0]}/0.jpg", f"{RUSSIAN[1]}/1.jpg", f"{RUSSIAN[0]}/9.jpg"}
