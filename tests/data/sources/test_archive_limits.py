"""How much an archive may hold."""

from types import SimpleNamespace

import pytest

from vitrine.data.sources.archive_limits import UNSUSPICIOUS_BYTES, ArchiveError, Limits, check_free_disk, limit_entries


def sized(*sizes):
    return [SimpleNamespace(size=size) for size in sizes]


@pytest.fixture
def archive(tmp_path):
    (tmp_path / "pets.zip").write_bytes(bytes(1000))
    return tmp_path / "pets.zip"


def test_what_stays_within_the_limits_is_passed_on_in_order(archive):
    entries = sized(10, 20, 30)
    assert list(limit_entries(archive, entries, Limits(files=3, bytes=60))) == entries


@pytest.mark.parametrize(
    ("sizes", "limits", "reason"),
    [
        ((1, 1, 1), Limits(files=2), "more than 2 files"),
        ((10, 51), Limits(bytes=60), "more than 0 GB of files"),
        ((UNSUSPICIOUS_BYTES, 1), Limits(), "1,000 bytes that unpack to more than 67,108,865, as only a bomb does"),
    ],
)
def test_what_is_beyond_a_limit_is_refused_with_what_to_do_and_no_path_in_the_reason(archive, sizes, limits, reason):
    with pytest.raises(ArchiveError, match="if you trust it, unpack it yourself and give the folder") as raised:
        list(limit_entries(archive, sized(*sizes), limits))
    assert raised.value.reason == reason
    assert str(raised.value).startswith(f"{archive}: ")


def test_a_bomb_is_not_listed_to_its_end(archive):
    taken = []

    def endless():
        while True:
            taken.append(1)
            yield SimpleNamespace(size=UNSUSPICIOUS_BYTES)

    with pytest.raises(ArchiveError):
        list(limit_entries(archive, endless(), Limits()))
    assert len(taken) == 2


def test_every_file_takes_a_block_of_the_disk(archive, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=10_000))
    check_free_disk(archive, sized(1, 1), tmp_path)
    with pytest.raises(ArchiveError, match=r"the disk has 0\.00 GB free; make room"):
        check_free_disk(archive, sized(1, 1, 1), tmp_path)
