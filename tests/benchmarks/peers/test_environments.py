"""What is installed for a peer, and what its row says where that fails."""

import io
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.peers import environments
from benchmarks.peers.environments import PeerError, fetch_timm_train, install, last_words
from benchmarks.peers.listed import SERVING, SIDES, TRAINING

PEERS = [*TRAINING.values(), *SERVING.values()]
ROOT = Path(__file__).parents[3]


def pins(file: Path) -> dict[str, str]:
    lines = [line.split("#")[0].strip() for line in file.read_text().splitlines()]
    return dict(re.split("={2,3}", line) for line in lines if line)  # type: ignore[misc]  # a line without is an error


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.script)
def test_everything_that_a_peer_installs_is_pinned(peer):
    assert set(peer.packages) <= set(pins(peer.requirements))
    assert (SIDES / peer.script).is_file()


def test_the_fetched_program_of_timm_is_of_the_pinned_version():
    assert f"/v{pins(TRAINING['timm'].requirements)['timm']}/" in environments.TIMM_TRAIN


def test_nothing_of_the_peers_alone_is_required_by_the_project():
    ours = "\n".join(file.read_text() for file in ROOT.glob("requirements*.txt"))
    alone = ("fastai", "keras", "tensorflow", "ultralytics", "autogluon")
    assert not [name for name in alone if re.search(rf"^{name}\b", ours, re.MULTILINE)]


def test_a_peer_that_pip_cannot_install_says_why(monkeypatch, tmp_path):
    def run(command: list[str], **_: object) -> SimpleNamespace:
        failed = "pip" in command
        return SimpleNamespace(returncode=int(failed), stderr="ERROR: No matching distribution\nhint: none\n")

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(PeerError, match=r"^fastai cannot be installed: ERROR: No matching distribution$"):
        install(TRAINING["fastai"], tmp_path)


def test_a_second_run_installs_nothing(monkeypatch, tmp_path):
    commands: list[list[str]] = []

    def run(command: list[str], **_: object) -> SimpleNamespace:
        commands.append(command)
        folder = tmp_path / "requirements"
        folder.mkdir(exist_ok=True)
        return SimpleNamespace(returncode=0, stderr="")

    monkeypatch.setattr(subprocess, "run", run)
    python = install(TRAINING["fastai"], tmp_path)
    python.parent.mkdir(parents=True)
    python.touch()
    done = len(commands)
    assert install(TRAINING["fastai"], tmp_path) == python
    assert (done, len(commands)) == (2, 2)


def test_a_changed_program_of_timm_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(environments.urllib.request, "urlopen", lambda *_, **__: io.BytesIO(b"import os"))
    with pytest.raises(PeerError, match="is not the file that was pinned"):
        fetch_timm_train(tmp_path)
    assert not list(tmp_path.iterdir())


def test_without_a_network_the_row_names_the_option(monkeypatch, tmp_path):
    def refuse(*_: object, **__: object) -> None:
        raise environments.urllib.error.URLError("no route")

    monkeypatch.setattr(environments.urllib.request, "urlopen", refuse)
    with pytest.raises(PeerError, match=r"could not be fetched .*--timm-train"):
        fetch_timm_train(tmp_path)


def test_the_last_error_counts_before_what_follows_it():
    assert last_words("a\nImportError: no module\n  done\n") == "ImportError: no module"
    assert last_words("first\nlast\n\n") == "last"
