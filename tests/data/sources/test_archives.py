"""Archives become folders: nothing outside them, nothing lost, no bomb."""

import errno
import io
import os
import shutil
import stat
import tarfile
import zipfile
from pathlib import PureWindowsPath

import pytest

from vitrine.data.sources import archive_limits, archives
from vitrine.data.sources.archive_limits import Limits
from vitrine.data.sources.archives import _leads_out, find_top, unpack
from vitrine.errors import UserError

FILES = {"cat/1.png": b"one", "cat/deep/2.png": b"two", "dog/é 3.png": b"three"}
ESCAPE = "its path leads out of the archive"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "inner" / "folder").mkdir(parents=True)
    return tmp_path / "inner" / "folder"


def make_zip(path, files, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as opened:
        for name, content in files.items() if isinstance(files, dict) else files:
            opened.writestr(name, content)
    return path


def make_tar(path, members, mode="w"):
    """`members`: name to content, or a TarInfo without content."""
    with tarfile.open(path, mode) as opened:
        for name, content in members.items():
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            content = b"" if isinstance(content, tarfile.TarInfo) else content
            info.size = len(content)
            opened.addfile(info, io.BytesIO(content))
    return path


def special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def reasons(left_out):
    return {file.file: file.left_out for file in left_out}


@pytest.mark.parametrize("suffix", archives.SUFFIXES)
def test_every_kind_of_archive_gives_its_files(tmp_path, folder, suffix):
    path = tmp_path / f"pets{suffix}"
    if suffix == ".zip":
        make_zip(path, FILES, zipfile.ZIP_DEFLATED)
    else:
        kind = {"gz": "gz", "tgz": "gz", "bz2": "bz2", "tbz2": "bz2", "xz": "xz", "txz": "xz"}.get(
            suffix.split(".")[-1]
        )
        make_tar(path, FILES, f"w:{kind}" if kind else "w")
    assert unpack(path, folder) == []
    assert contents(folder) == FILES


def test_the_content_decides_not_the_extension(tmp_path, folder):
    assert unpack(make_zip(tmp_path / "pets.tar.gz", FILES), folder) == []
    assert contents(folder) == FILES


@pytest.mark.parametrize("name", ["../evil.png", "cat/../../evil.png", "/evil.png", "C:/evil.png", r"..\evil.png"])
def test_zip_entries_that_lead_out_are_listed_and_not_written(tmp_path, folder, name):
    path = make_zip(tmp_path / "pets.zip", FILES | {name: b"evil"})
    assert reasons(unpack(path, folder)) == {name.replace("\\", "/"): ESCAPE}
    assert contents(folder) == FILES
    assert not list(tmp_path.rglob("evil.png"))


@pytest.mark.parametrize("name", [r"..\evil.png", r"cat\..\..\evil.png", "D:evil.png", r"\evil.png", "cat/../evil.png"])
def test_names_that_lead_out_on_windows_are_known(name):
    assert _leads_out(PureWindowsPath(name))
    assert not _leads_out(PureWindowsPath(r"cat\1.png"))


def test_tar_entries_that_lead_out_links_and_devices_are_listed_and_not_written(tmp_path, folder):
    members = FILES | {
        "../evil.png": b"evil",
        "/evil.png": b"evil",
        "link.png": special("link.png", tarfile.SYMTYPE, "/etc/passwd"),
        "away": special("away", tarfile.SYMTYPE, ".."),
        "away/evil.png": b"through a link",
        "hard.png": special("hard.png", tarfile.LNKTYPE, "../../outside.png"),
        "pipe.png": special("pipe.png", tarfile.FIFOTYPE),
        "disk.png": special("disk.png", tarfile.BLKTYPE),
    }
    (tmp_path / "outside.png").write_bytes(b"secret")
    assert reasons(unpack(make_tar(tmp_path / "pets.tar", members), folder)) == {
        "../evil.png": ESCAPE,
        "/evil.png": ESCAPE,
        "link.png": "a link, which is not followed in an archive",
        "away": "a link, which is not followed in an archive",
        "hard.png": "a second name of a file that is not in the archive",
        "pipe.png": "a pipe or device",
        "disk.png": "a pipe or device",
    }
    assert contents(folder) == FILES | {"away/evil.png": b"through a link"}
    assert not (tmp_path / "inner" / "evil.png").exists()


def test_links_in_a_zip_are_listed_and_not_made(tmp_path, folder):
    link = zipfile.ZipInfo("link.png")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    path = make_zip(tmp_path / "pets.zip", [*FILES.items(), (link, "/etc/passwd")])
    assert reasons(unpack(path, folder)) == {"link.png": "a link, which is not followed in an archive"}
    assert contents(folder) == FILES


@pytest.mark.parametrize("has_links", [True, False])
def test_a_second_name_of_a_file_in_a_tar_is_unpacked_too(tmp_path, folder, monkeypatch, has_links):
    if not has_links:  # as on a memory card

        def link(*_):
            raise OSError(errno.EPERM, "Operation not permitted")

        monkeypatch.setattr("vitrine.data.sources.archives.os.link", link)
    members = FILES | {"cat/copy.png": special("cat/copy.png", tarfile.LNKTYPE, "cat/1.png")}
    assert unpack(make_tar(tmp_path / "pets.tar", members), folder) == []
    assert contents(folder) == FILES | {"cat/copy.png": b"one"}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_entries_that_would_overwrite_each_other_are_listed(tmp_path, folder):
    path = make_zip(
        tmp_path / "pets.zip", [("a.png", b"first"), ("./a.png", b"2"), ("a.png", b"3"), ("a.png/b.png", b"4")]
    )
    left_out = [(file.file, file.left_out) for file in unpack(path, folder)]
    taken = "the archive has another entry of this name"
    assert left_out == [("./a.png", taken), ("a.png", taken), ("a.png/b.png", taken)]
    assert contents(folder) == {"a.png": b"first"}


def test_a_name_too_long_for_the_disk_is_listed(tmp_path, folder):
    name = f"{'x' * 300}.png"
    left_out = unpack(make_zip(tmp_path / "pets.zip", FILES | {name: b""}), folder)
    assert reasons(left_out) == {name: "its name is too long for the disk"}


def test_names_of_zips_made_on_a_mac_or_on_windows_are_read_rightly(tmp_path, folder):
    path = make_zip(tmp_path / "pets.zip", {"Zxx.png": b"1", r"cat\2.png": b"2"})
    path.write_bytes(path.read_bytes().replace(b"Zxx", "Zü".encode()))  # UTF-8 that is not marked as such
    assert unpack(path, folder) == []
    assert contents(folder) == {"Zü.png": b"1", "cat/2.png": b"2"}


def test_times_come_from_the_archive_and_a_changed_file_never_looks_unchanged(tmp_path, folder):
    def modified(content, kind):
        target = folder / content.decode() / kind
        target.mkdir(parents=True)
        if kind == "zip":
            unpack(make_zip(tmp_path / "a.zip", [(zipfile.ZipInfo("1.png", (2020, 5, 6, 7, 8, 10)), content)]), target)
        else:
            info = tarfile.TarInfo("1.png")
            info.mtime, info.size = 1588748890, len(content)
            with tarfile.open(tmp_path / "a.tar", "w") as opened:
                opened.addfile(info, io.BytesIO(content))
            unpack(tmp_path / "a.tar", target)
        status = (target / "1.png").stat()
        assert int(status.st_mtime) == 1588748890
        return status.st_mtime_ns

    for kind in ("zip", "tar"):
        first = modified(b"abc", kind)
        shutil.rmtree(folder / "abc")
        assert modified(b"abc", kind) == first
        assert modified(b"abd", kind) != first, "same size and time, other content"


@pytest.mark.parametrize("date", [(1980, 0, 0, 0, 0, 0), (2107, 12, 31, 23, 59, 58)])
def test_a_zip_with_odd_times_can_be_unpacked(tmp_path, folder, date):
    info = zipfile.ZipInfo("1.png")
    info.date_time = date
    assert unpack(make_zip(tmp_path / "a.zip", [(info, b"x")]), folder) == []
    assert (folder / "1.png").read_bytes() == b"x"


def test_an_encrypted_zip_is_refused(tmp_path, folder):
    path = make_zip(tmp_path / "pets.zip", FILES)
    content = bytearray(path.read_bytes())
    at = content.find(b"PK\x01\x02")
    content[at + 8] |= 1  # the flag of the first entry in the directory
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"pets\.zip: encrypted; unpack it yourself with its password"):
        unpack(path, folder)
    assert contents(folder) == {}


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_a_tar_that_is_cut_short_is_refused(tmp_path, folder, mode, share):
    path = make_tar(tmp_path / "pets.tar", {f"{number}.png": os.urandom(900) for number in range(40)}, mode)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share) // 512 * 512])
    with pytest.raises(UserError, match=r"pets\.tar: damaged, cut short, or no zip or tar"):
        unpack(path, folder)


def test_a_tar_with_a_damaged_entry_in_its_midst_is_refused_where_tarfile_stops_in_silence(tmp_path, folder):
    path = make_tar(tmp_path / "pets.tar", {f"{number}.png": b"x" * 512 for number in range(10)})
    content = bytearray(path.read_bytes())
    content[5 * 1024 : 5 * 1024 + 8] = b"damaged!"
    path.write_bytes(content)
    with tarfile.open(path) as opened:
        assert len(opened.getnames()) == 5
    with pytest.raises(UserError, match="no entry and no end mark at byte 5,120"):
        unpack(path, folder)


@pytest.mark.parametrize("place", ["middle", "end"])
def test_a_damaged_zip_is_refused(tmp_path, folder, place):
    path = make_zip(tmp_path / "pets.zip", {"1.png": b"x" * 5000})
    content = bytearray(path.read_bytes())
    if place == "middle":
        content[2000] ^= 1  # the checksum tells
    else:
        del content[-200:]
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"pets\.zip: damaged"):
        unpack(path, folder)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04", b"\x1f\x8b", b"BZh9", b"\xfd7zXZ\x00"])
def test_what_is_no_archive_is_refused(tmp_path, folder, content):
    (tmp_path / "pets.zip").write_bytes(content)
    with pytest.raises(UserError, match=r"pets\.zip: damaged, cut short, or no zip or tar archive"):
        unpack(tmp_path / "pets.zip", folder)


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_a_bomb_is_refused_before_anything_is_written(tmp_path, folder, kind):
    zeros = bytes(archive_limits.UNSUSPICIOUS_BYTES + 1)
    path = tmp_path / f"bomb.{kind}"
    if kind == "zip":
        make_zip(path, {"a.png": zeros}, zipfile.ZIP_DEFLATED)
    else:
        make_tar(path, {"a.png": zeros}, "w:gz")
    with pytest.raises(UserError, match="as only a bomb does; if you trust it, unpack it yourself"):
        unpack(path, folder)
    assert contents(folder) == {}


def test_caps_on_files_and_bytes_hold(tmp_path, folder):
    path = make_zip(tmp_path / "pets.zip", FILES)
    with pytest.raises(UserError, match="more than 2 files"):
        unpack(path, folder, limits=Limits(files=2))
    with pytest.raises(UserError, match="more than 0 GB of files"):
        unpack(path, folder, limits=Limits(files=3, bytes=10))
    assert contents(folder) == {}


def test_an_archive_larger_than_the_free_disk_is_refused_with_what_it_needs(tmp_path, folder, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=100)
    monkeypatch.setattr(archive_limits.shutil, "disk_usage", lambda _: usage)
    path = make_tar(tmp_path / "pets.tar", {"1.png": bytes(20_000_000)})
    with pytest.raises(UserError, match=r"takes 0\.02 GB unpacked, but the disk has 0\.00 GB free") as raised:
        unpack(path, folder)
    assert str(folder) not in raised.value.reason
    assert str(folder) in str(raised.value)
    assert contents(folder) == {}


def test_a_header_as_large_as_the_memory_is_refused(tmp_path, folder, monkeypatch):
    monkeypatch.setattr(archives, "LONGEST_HEADER_BYTES", 10_000)
    info = tarfile.TarInfo("1.png")
    info.pax_headers = {"comment": "x" * 20_000}
    with tarfile.open(tmp_path / "pets.tar.gz", "w:gz", format=tarfile.PAX_FORMAT) as opened:
        opened.addfile(info)
    with pytest.raises(UserError, match="a header of 20,"):
        unpack(tmp_path / "pets.tar.gz", folder)


def test_errors_of_the_disk_are_not_taken_for_damage(tmp_path, folder, monkeypatch):
    def refuse(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archives.os, "utime", refuse)
    with pytest.raises(OSError, match="No space left"):
        unpack(make_zip(tmp_path / "pets.zip", FILES), folder)


@pytest.mark.parametrize(
    ("files", "top"),
    [
        (("pets/cat/1", "pets/dog/1"), "pets"),
        (("pets/cat/1", "__MACOSX/pets/._cat", ".DS_Store"), "pets"),
        (("cat/1", "dog/1"), ""),
        (("pets/cat/1", "readme.txt"), ""),
        (("cat/1", "cat/2"), ""),
        (("cat/1", "cat/.thumbs/1"), ""),
        (("one.png",), ""),
    ],
)
def test_the_only_top_folder_is_the_source_if_it_holds_folders(tmp_path, files, top):
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    assert find_top(tmp_path) == tmp_path / top
