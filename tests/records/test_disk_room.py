import shutil

import pytest

from vitrine.errors import UserError
from vitrine.records.disk_room import check_room


@pytest.fixture(autouse=True)
def _disk(monkeypatch, tmp_path):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: folder.exists() and usage._replace(free=2_500_000_000))


def test_a_disk_without_room_is_named_with_both_numbers(tmp_path):
    folder = tmp_path / "not/there yet"
    check_room("it", folder, 2_500_000_000, "make room")
    with pytest.raises(UserError) as raised:
        check_room("it", folder, 1_234_500_000_000, "make room")
    assert str(raised.value) == f"it takes 1,234.5 GB, and the disk of {folder} has 2.5 GB free; make room"


def test_room_to_spare_is_asked_for_where_something_is_needed(tmp_path):
    check_room("it", tmp_path, 0, "make room", spare=10**12)
    check_room("it", tmp_path, 1_500_000_000, "make room", spare=10**9)
    with pytest.raises(UserError, match=r"it takes 1\.5 GB"):
        check_room("it", tmp_path, 1_500_000_001, "make room", spare=10**9)
