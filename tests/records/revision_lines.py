"""A model with two revisions, for tests."""

from pathlib import Path

from vitrine.records.revisions import ModelLine


def make_run(folder: Path, content: bytes) -> Path:
    """What of a run a revision takes over."""
    (folder / "model").mkdir(parents=True)
    (folder / "model/model.safetensors").write_bytes(content)
    (folder / "model/vitrine.json").write_text("{}")
    return folder


def make_line(folder: Path) -> ModelLine:
    """Two revisions below `folder`, the second in use."""
    run = make_run(folder / "one", b"first")
    first = ModelLine.begin(folder / "models/dogs", "dogs", run, 0.9, ["cat", "dog"])
    (folder / "gate.json").write_text("{}")
    return first.add(make_run(folder / "two", b"second"), "better", 0.95, {"cat": 1, "emu": 3}, (folder / "gate.json",))
