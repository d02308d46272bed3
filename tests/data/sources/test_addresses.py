"""Files in a store are listed by their names there and read where they lie; a lost store is told from a lost file."""

import socket
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PureWindowsPath

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from tests.data.sources.stores import fill, overloaded, refusing
from tests.factories import fault_of
from vitrine.data.sources import addresses, stores
from vitrine.data.sources.addresses import (
    RemoteFile,
    address_of,
    describe_files,
    has_file,
    is_address,
    list_address,
)
from vitrine.data.sources.places import UNKNOWN_SIZE, UNKNOWN_TIME, SourceLostError
from vitrine.errors import UserError


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("s3://bucket/pictures", True),
        ("https://host/x.zip", True),
        ("hf://datasets/a/b", True),
        ("hub:a/b", False),
        ("C:\\pictures", False),
        ("c://pictures", False),
        ("a/b", False),
        ("://x", False),
    ],
)
def test_an_address_is_told_from_a_path(source, expected):
    assert is_address(source) is expected


def test_an_address_that_became_a_path_is_known_again(tmp_path):
    assert address_of(Path("s3://bucket/a b")) == "s3://bucket/a b"
    assert address_of(Path("a/b")) is None
    assert address_of(Path("c:/prepared/dogs")) is None  # a drive of Windows
    turned = type("Turned", (PureWindowsPath,), {"exists": lambda _self: False})("s3://bucket/a b")
    assert address_of(turned) == "s3://bucket/a b"
    assert address_of(tmp_path) is None


def test_files_are_listed_by_name_and_read_where_they_lie():
    listing = list_address(fill({"cat/1.jpg": b"one", "cat/notes.txt": b"", ".x": b"", "b.jpg": b"two"}))
    found = list(describe_files(listing))
    assert [(file.file, file.left_out) for file in found] == [
        (".x", "hidden file"),
        ("b.jpg", ""),
        ("cat/1.jpg", ""),
        ("cat/notes.txt", "not a picture (.txt)"),
    ]
    assert found[2].path.open("rb").read() == b"one"
    assert (found[2].path.stat().st_size, str(found[2].path)) == (3, "memory://bucket/cat/1.jpg")


def test_a_changed_file_looks_changed():
    before = list_address(fill({"1.jpg": b"one"})).place("1.jpg")
    after = list_address(fill({"1.jpg": b"two"})).place("1.jpg")
    assert before.size == after.size
    assert before.modified_ns != after.modified_ns


def test_one_file_can_be_an_address_too():
    listing = list_address(f"{fill({'a/pets.zip': b'content'})}/a/pets.zip")
    assert (listing.address, list(listing.files)) == ("memory://bucket/a", ["pets.zip"])


def test_a_file_is_told_from_a_folder_and_from_nothing():
    fill({"pets/1.jpg": b"one"})
    names = ("pets/1.jpg", "pets", "pets/2.jpg")
    assert [has_file(f"memory://bucket/{name}") for name in names] == [True, False, False]


def test_nothing_there_is_one_message():
    fill({"1.jpg": b""})
    with pytest.raises(UserError, match=r"data\.source: memory://bucket/x\.zip holds no files, or is not there"):
        list_address("memory://bucket/x.zip")


def test_a_server_that_does_not_answer_is_told_from_an_empty_one():
    with socket.socket() as taken:  # nobody listens there
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/pictures"
        assert "onnect" in fault_of(list_address, address)


def test_empty_files_that_mark_folders_are_no_files(monkeypatch):
    address = fill({"cat/1.jpg": b"one", "train/dog/2.jpg": b"two", "empty.jpg": b""})

    def find(_store, root, **_):
        marks = ["", "/cat/", "/train", "/train/dog/", "/nothing/"]  # gcsfs keeps the slash, adlfs takes it off
        names = ["/cat/1.jpg", "/train/dog/2.jpg", "/empty.jpg"]
        return {f"{root}{name}": {"type": "file", "size": 0} for name in marks} | {
            f"{root}{name}": {"type": "file", "size": 0 if "empty" in name else 3} for name in names
        }

    monkeypatch.setattr(MemoryFileSystem, "find", find)
    assert list(list_address(address).files) == ["cat/1.jpg", "empty.jpg", "train/dog/2.jpg"]


def test_a_second_look_asks_the_store_and_not_what_its_package_kept(monkeypatch):
    class Store:  # as s3fs, gcsfs, adlfs, and the Hub's
        def __init__(self):
            self.there, self.kept = {"b/1.jpg": 3}, {}

        def invalidate_cache(self):
            self.kept = {}

        def find(self, _root, detail):
            self.kept = self.kept or {name: {"type": "file", "size": size} for name, size in self.there.items()}
            return self.kept

        def info(self, path):
            if path not in (names := self.find("b", detail=True)):
                raise FileNotFoundError(path)
            return names[path]

    store = Store()
    monkeypatch.setattr(addresses, "connect", lambda address: (store, address.removeprefix("s3://")))
    before = list_address("s3://b")
    store.there["b/2.jpg"] = 3
    assert has_file("s3://b/2.jpg")
    store.there["b/3.jpg"] = 3
    after = list_address("s3://b")
    assert (list(before.files), list(after.files)) == (["1.jpg"], ["1.jpg", "2.jpg", "3.jpg"])


@pytest.mark.parametrize(
    ("address", "advice"),
    [("az://b/x", "AZURE_STORAGE_CONNECTION_STRING"), ("gs://b/x", "`gcloud auth app"), ("hf://datasets/a/b", "`hf ")],
)
def test_a_store_that_refuses_is_asked_once_and_told_with_how_to_get_credentials(monkeypatch, address, advice):
    asked = []

    class Store:  # whose package asked for a minute already
        def invalidate_cache(self):
            pass

        def info(self, _path):
            asked.append(1)
            raise RuntimeError("there is no credential included\nAttempted credentials: all")

    monkeypatch.setattr(addresses, "connect", lambda address: (Store(), address))
    fault = fault_of(list_address, address)
    assert f"data.source: {address} cannot be listed (there is no credential included); check the address" in fault
    assert advice in fault
    assert len(asked) == 1
    assert not has_file(address)


def test_a_store_that_refuses_the_clock_of_this_machine_is_told_with_what_to_do(monkeypatch):
    def refuse(*_, **__):
        raise PermissionError("The difference between the request time and the current time is too large.")

    address = fill({"a/1.jpg": b"one"})
    monkeypatch.setattr(MemoryFileSystem, "find", refuse)
    fault = fault_of(list_address, address)
    assert "the current time is too large.); check the address, your credentials for it, and the clock of this" in fault


def test_a_file_that_is_refused_alone_is_at_fault_itself(monkeypatch):
    listing = list_address(fill({"1.jpg": b"one", "2.jpg": b"two"}))
    with (
        refusing(monkeypatch, only="2.jpg"),
        pytest.raises(OSError, match=r"^cannot be fetched \(ExpiredToken: .*d\.\)"),
    ):
        listing.place("2.jpg").open("rb")


def test_what_a_store_refuses_for_the_moment_is_asked_again(monkeypatch, tmp_path):
    listing = list_address(fill({"1.jpg": b"one", "2.jpg": b"two"}))
    with overloaded(monkeypatch, "2.jpg", times=3) as pauses:
        assert listing.place("2.jpg").open("rb").read() == b"two"
    assert pauses == list(stores.WAITS)
    with overloaded(monkeypatch, "2.jpg", times=2):
        listing.place("2.jpg").fetch(tmp_path / "2.jpg")
    assert (tmp_path / "2.jpg").read_bytes() == b"two"
    with (
        overloaded(monkeypatch, "2.jpg", times=4),
        pytest.raises(OSError, match=r"^cannot be fetched \(SlowDown: Please reduce your request rate\.\)"),
    ):
        listing.place("2.jpg").open("rb")


def test_a_file_that_is_gone_is_not_there():
    listing = list_address(fill({"1.jpg": b"one", "2.jpg": b"two"}))
    fill({"1.jpg": b"one"})
    with pytest.raises(FileNotFoundError):
        listing.place("2.jpg").open("rb")


def test_a_store_that_refuses_everything_is_lost(monkeypatch):
    listing = list_address(fill({"1.jpg": b"one", "2.jpg": b"two"}))
    with (
        refusing(monkeypatch),
        pytest.raises(
            SourceLostError, match=r"memory://bucket/2\.jpg cannot be read.*ExpiredToken.*what was done is k"
        ),
    ):
        listing.place("2.jpg").open("rb")


@pytest.mark.parametrize(
    ("address", "options"),
    [
        ("s3://bucket/a.tar", {"max_concurrency": 1}),
        ("gs://bucket/a.tar", {"concurrency": 1}),
        ("az://bucket/a.tar", {"max_concurrency": 1}),
        ("hf://datasets/a/b", {}),
    ],
)
def test_files_are_fetched_in_one_stream(monkeypatch, tmp_path, address, options):
    asked = []

    class Store:
        def get_file(self, _path, target, **given):
            Path(target).touch()
            asked.append(given)

    monkeypatch.setattr(addresses, "connect", lambda address: (Store(), address))
    RemoteFile(address, "", 0, 0).fetch(tmp_path / "file")
    assert asked == [options]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def website(tmp_path):
    """Address of a server that shows what lies in a folder, and the folder."""
    handler = partial(Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", tmp_path
        server.shutdown()


def test_the_pages_of_a_web_server_are_a_listing(website):
    address, folder = website
    (folder / "pets" / "big cat").mkdir(parents=True)
    (folder / "pets" / "big cat" / "1.jpg").write_bytes(b"one")
    (found,) = describe_files(list_address(f"{address}/pets"))
    assert (found.file, found.left_out) == ("big cat/1.jpg", "")
    assert found.path.open("rb").read() == b"one"
    assert (found.path.stat().st_size, found.path.stat().st_mtime_ns) == (UNKNOWN_SIZE, UNKNOWN_TIME)


def test_one_file_of_a_web_server_is_an_address_too(website):
    address, folder = website
    (folder / "big cat.jpg").write_bytes(b"one")
    for query in ("", "?download=true"):
        (found,) = describe_files(list_address(f"{address}/big%20cat.jpg{query}"))
        assert (found.file, found.path.open("rb").read()) == ("big cat.jpg", b"one")
        assert str(found.path) == f"{address}/big%20cat.jpg{query}"
