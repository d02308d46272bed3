"""What a store refuses for the moment is told from what lasts, and a store without a way to it is named."""

import pytest

from vitrine.data.sources.stores import WAITS, _may_pass, connect, insist
from vitrine.errors import UserError


class WebError(Exception):
    def __init__(self, status):
        self.status = status


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (FileNotFoundError(), False), (PermissionError(), False), (OSError(28, "the disk is full"), False),
        (WebError(404), False), (WebError(503), True), (WebError(429), True), (TimeoutError(), True),
    ],
)  # fmt: skip
def test_what_lasts_is_told_from_what_may_pass(error, expected):
    assert _may_pass(error) is expected


def test_what_lasts_is_asked_for_once(monkeypatch):
    monkeypatch.setattr("vitrine.data.sources.stores.time.sleep", pytest.fail)
    asked = []

    def ask():
        asked.append(1)
        raise WebError(404)

    with pytest.raises(WebError):
        insist(ask)
    assert len(asked) == 1


def test_patience_ends(monkeypatch):
    pauses = []
    monkeypatch.setattr("vitrine.data.sources.stores.time.sleep", pauses.append)

    def ask():
        raise WebError(503)

    with pytest.raises(WebError):
        insist(ask)
    assert tuple(pauses) == WAITS


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "gcsfs", None)
    with pytest.raises(UserError, match=r"gs:// need another package: pip install gcsfs, or pip install -r requirem"):
        connect("gs://bucket/x")


def test_an_unknown_kind_is_named():
    with pytest.raises(UserError, match=r"that begin with s4:// are not known; s3://, gs://"):
        connect("s4://bucket/x")
