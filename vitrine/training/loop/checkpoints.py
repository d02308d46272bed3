"""Checkpoints from which a training goes on exactly: written whole or not at all, proved before they are used."""

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import torch

from vitrine.errors import UserError
from vitrine.listing import list_changes

STATE = "state.pt"
FACTS = "checkpoint.json"
PARTIAL = ".partial"
KEPT = 2


class Checkpoints:
    """The checkpoints of a run: `number_00000123/` with `state.pt` and `checkpoint.json`, the newest two of them.

    A new one is written beside the older ones under another name, brought to the disk, and renamed; only then older
    ones go. So there is a good one at every moment after the first, and the last but one is used where the newest
    turns out to be damaged.
    """

    def __init__(self, folder: Path, identity: dict[str, str]) -> None:
        """Prepares to read and write.

        Args:
            folder: that holds the checkpoints; need not exist.
            identity: what the training is made of, in words, by parameter; a checkpoint with another one is refused.
        """
        self.folder = folder
        self.identity = identity

    def newest_first(self) -> list[Path]:
        """Folders of the checkpoints, the newest first."""
        return sorted(self.folder.glob("number_????????"), reverse=True)

    def save(self, state: dict[str, Any]) -> Path:
        """Writes a checkpoint; returns its folder.

        Args:
            state: what `load` gives back: numbers, text, lists, dicts and tensors.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._remove_leftovers()
        newest = self.newest_first()[:1]
        number = int(newest[0].name.removeprefix("number_")) + 1 if newest else 1
        final = self.folder / f"number_{number:08d}"
        temporary = self.folder / f".{final.name}{PARTIAL}"
        temporary.mkdir()
        with (temporary / STATE).open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        facts = {"sha256": _digest(temporary / STATE), "identity": self.identity}
        with (temporary / FACTS).open("w", encoding="utf-8") as text:
            json.dump(facts, text, indent=2, ensure_ascii=False)
            text.flush()
            os.fsync(text.fileno())
        _sync_folder(temporary)
        temporary.rename(final)
        _sync_folder(self.folder)
        for old in self.newest_first()[KEPT:]:
            shutil.rmtree(old, ignore_errors=True)
        return final

    def find(self) -> tuple[Path | None, list[str]]:
        """The newest sound checkpoint, None where there are none at all, and what is wrong with newer ones.

        Raises:
            UserError: there are checkpoints, but none is sound, or they belong to another training.
        """
        faults: list[str] = []
        for folder in self.newest_first():
            fault = self._find_fault(folder)
            if fault is None:
                return folder, faults
            faults.append(f"{folder}: {fault}")
        if faults:
            raise UserError(
                f"--resume: no checkpoint can be used ({'; '.join(faults)}). "
                f"Remove the folder {self.folder} to train from the start"
            )
        return None, []

    def load(self, folder: Path) -> dict[str, Any]:
        """The state of a checkpoint, its tensors on the CPU."""
        state: dict[str, Any] = torch.load(folder / STATE, map_location="cpu", weights_only=True)
        return state

    def _find_fault(self, folder: Path) -> str | None:
        try:
            facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
            identity, digest = dict(facts["identity"]), facts["sha256"]
            whole = _digest(folder / STATE) == digest
        except (OSError, ValueError, KeyError, TypeError) as error:
            return f"{FACTS} or {STATE} cannot be read ({type(error).__name__})"
        if not whole:
            return f"{STATE} is damaged"
        different = list_changes(self.identity, identity)
        if different:
            raise UserError(
                f"--resume: {folder} is a checkpoint of another training ({different}). Resume the run that it "
                "belongs to, or remove it to train from the start"
            )
        return None

    def _remove_leftovers(self) -> None:
        """What a run that was killed while it wrote has left."""
        for partial in self.folder.glob(f".*{PARTIAL}"):
            shutil.rmtree(partial, ignore_errors=True)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync_folder(folder: Path) -> None:
    """Brings the names in a folder to the disk; systems without that (Windows) refuse to open a folder."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
