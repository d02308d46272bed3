"""Environments of the peers: made here, filled from pinned requirements, and never touched by Vitrine's own."""

import hashlib
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from benchmarks.peers.listed import Peer

# train.py lies in timm's repository alone; its tag is that of the pinned package.
TIMM_TRAIN = "https://raw.githubusercontent.com/huggingface/pytorch-image-models/v1.0.28/train.py"
TIMM_TRAIN_SHA256 = "1fb02d26fe16536bc7de2c987980644353117c2b2b8046532261464093cd1ac6"
FETCH_SECONDS = 60


class PeerError(Exception):
    """Why a peer has no figures; it stands in its row."""


def install(peer: Peer, folder: Path) -> Path:
    """Installs what a peer needs.

    Args:
        peer: to install.
        folder: of the environments; those of one requirements file share one.

    Returns:
        Its Python.

    Raises:
        PeerError: pip could not install it.
    """
    environment = folder / peer.requirements.stem
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        _run([sys.executable, "-m", "venv", str(environment)], peer)
    done = environment / f"installed-{_digest(peer)}"
    if not done.exists():
        pip = [str(python), "-m", "pip", "install", "--quiet", "--constraint", str(peer.requirements)]
        _run([*pip, *peer.packages], peer)
        done.touch()
    return python


def _digest(peer: Peer) -> str:
    """Changes with the packages and their pins."""
    return hashlib.sha256(peer.requirements.read_bytes() + " ".join(peer.packages).encode()).hexdigest()[:16]


def _run(command: list[str], peer: Peer) -> None:
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise PeerError(f"{peer.name} cannot be installed: {last_words(answer.stderr)}")


def last_words(text: str) -> str:
    """The line in which a program says what failed: the last error, else the last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:") or "Error:" in line.split(" ")[0]]
    return ([*lines, *errors] or ["it said nothing"])[-1][:300]


def fetch_timm_train(folder: Path) -> Path:
    """Timm's train.py at its pinned tag, fetched once.

    Raises:
        PeerError: it could not be fetched, or is not the file that was pinned.
    """
    file = folder / "timm_train.py"
    if not file.exists():
        try:
            with urllib.request.urlopen(TIMM_TRAIN, timeout=FETCH_SECONDS) as answer:
                content = answer.read()
        except (urllib.error.URLError, TimeoutError, OSError) as error:
            raise PeerError(f"{TIMM_TRAIN} could not be fetched ({error}); name a copy with --timm-train") from error
        if hashlib.sha256(content).hexdigest() != TIMM_TRAIN_SHA256:
            raise PeerError(f"{TIMM_TRAIN} is not the file that was pinned; name a copy with --timm-train")
        file.write_bytes(content)
    return file
