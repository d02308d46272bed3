from pathlib import Path

from vitrine.records.cache import cache_folder


def test_the_cache_lies_where_the_user_says(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "vitrine"


def test_the_cache_lies_in_the_home_of_who_says_nothing(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert cache_folder() == Path.home() / ".cache" / "vitrine"
