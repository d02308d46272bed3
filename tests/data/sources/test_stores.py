"""What a store refuses for the moment is told from what lasts, and a store without a way to it is named."""

import logging
import os
import sys
from types import SimpleNamespace

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from vitrine.data.sources import stores
from vitrine.data.sources.stores import WAITS, _may_pass, connect, explain, insist
from vitrine.errors import UserError


class WebError(Exception):
    def __init__(self, status):
        self.status = status


class GoogleError(Exception):
    code = 401


class AzureError(Exception):
    response = SimpleNamespace(status_code=403)


class AccountStore(MemoryFileSystem):
    """As adlfs's: an account is named by the address or the environment, and there must be one."""

    protocol = ("abfss", "az")
    cachable = False

    def __init__(self, account_name=None):
        super().__init__()
        self.account = account_name
        if account_name is None:
            raise ValueError("unable to connect to account for Must provide either a connection_string or account_name")

    @staticmethod
    def _get_kwargs_from_urls(address):
        account = address.partition("@")[2].partition(".")[0]
        return {"account_name": account} if account else {}


@pytest.fixture
def accounts(monkeypatch):
    monkeypatch.setattr(fsspec, "get_filesystem_class", lambda _: AccountStore)
    stores._class_of.cache_clear()
    stores._store.cache_clear()
    yield
    stores._class_of.cache_clear()
    stores._store.cache_clear()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (FileNotFoundError(), False), (PermissionError(), False), (OSError(28, "the disk is full"), False),
        (WebError(404), False), (WebError(503), True), (WebError(429), True), (TimeoutError(), True),
        (OSError("Forbidden: https://storage/b\nNo access."), False), (GoogleError(), False), (AzureError(), False),
    ],
)  # fmt: skip
def test_what_lasts_is_told_from_what_may_pass(error, expected):
    assert _may_pass(error) is expected


class HubError(OSError):
    server_message = "Invalid rev id: v2"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (HubError("404 Client Error. (Request ID: 7)\n\nRevision Not Found."), "Invalid rev id: v2"),
        (OSError("Forbidden: https://storage/b/o\nann has no storage.objects.list access."), "ann has no storage."),
        (OSError("Forbidden: https://storage/b/dogs/o\n"), "Forbidden: https://storage/b/dogs/o"),
        (PermissionError("Expired.\nrequest 17"), "Expired."),
        (TimeoutError(), "TimeoutError"),
    ],
)  # fmt: skip
def test_a_refusal_is_told_in_the_words_of_the_server(error, expected):
    assert explain(error).startswith(expected)


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


def test_a_package_that_was_patient_itself_is_asked_once(monkeypatch):
    times = iter([0.0, 33.0])
    monkeypatch.setattr("vitrine.data.sources.stores.time", SimpleNamespace(monotonic=lambda: next(times)))
    asked = []

    def ask():
        asked.append(1)
        raise WebError(503)

    with pytest.raises(WebError):
        insist(ask)
    assert len(asked) == 1


@pytest.mark.parametrize(("protocol", "package"), [("gs", "gcsfs"), ("az", "adlfs"), ("abfss", "adlfs")])
def test_a_missing_package_is_named(monkeypatch, protocol, package):
    monkeypatch.setitem(sys.modules, package, None)
    stores._class_of.cache_clear()
    wanted = rf"{protocol}:// need another package: pip install {package}, or pip install -r requirements-cloud"
    with pytest.raises(UserError, match=wanted):
        connect(f"{protocol}://bucket/x")


def test_an_address_that_names_an_account_leads_to_it(accounts):
    one, _ = connect("abfss://pictures@one.dfs.core.windows.net/dogs")
    two, _ = connect("abfss://pictures@two.dfs.core.windows.net/dogs")
    assert (one.account, two.account) == ("one", "two")
    assert connect("abfss://pictures@one.dfs.core.windows.net/cats")[0] is one


def test_a_store_without_an_account_says_how_to_name_one(accounts):
    wanted = r"way to az:// cannot be opened \(unable to connect .*\); set AZURE_STORAGE_CONNECTION_STRING, or set"
    with pytest.raises(UserError, match=wanted):
        connect("az://pictures/dogs")


def test_packages_that_write_a_traceback_for_each_attempt_are_quiet_unless_somebody_wants_to_see_it(accounts):
    logger = logging.getLogger("azure")
    try:
        for level, expected in ((logging.NOTSET, logging.CRITICAL), (logging.DEBUG, logging.DEBUG)):
            stores._store.cache_clear()
            logger.setLevel(level)
            connect("abfss://pictures@one.dfs.core.windows.net/dogs")
            assert logger.level == expected
    finally:
        logger.setLevel(logging.NOTSET)


def test_an_unknown_kind_is_named():
    with pytest.raises(UserError, match=r"that begin with s4:// are not known; s3://, gs://"):
        connect("s4://bucket/x")


def test_google_is_asked_by_http_alone_unless_somebody_wants_its_buckets_of_another_kind(accounts, monkeypatch):
    name = "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT"
    for given, expected in (("true", "true"), ("", "false")):
        monkeypatch.setenv(name, given)
        if not given:
            monkeypatch.delenv(name)
        stores._class_of.cache_clear()
        connect("abfss://pictures@one.dfs.core.windows.net/dogs")
        assert os.environ[name] == expected
