"""What tests need to compare folders with what was made of them."""

import hashlib
import os
from pathlib import Path

from vitrine.config.data import ChecksSection, DataSection
from vitrine.data.prepare.pipeline import write_prepared
from vitrine.data.prepare.working_folder import working_folder
from vitrine.data.prepared.dataset import PreparedDataset, open_prepared
from vitrine.records.prepared import Settings


def digest(folder: Path) -> dict[bytes, str]:
    """Everything in a folder by its name: content, kind, time of change."""
    found = {}
    for place, folders, files in os.walk(os.fsencode(folder)):
        for name in (*folders, *files):
            path = os.path.join(place, name)  # noqa: PTH118 (Path takes no bytes)
            status = os.lstat(path)
            content = os.readlink(path) if os.path.islink(path) else b""  # noqa: PTH114, PTH115
            if not content and name in files:
                content = Path(os.fsdecode(path)).read_bytes()
            found[path] = f"{status.st_mode} {status.st_mtime_ns} {hashlib.sha256(content).hexdigest()}"
    return found


def settings_for(source: Path, **changes: object) -> Settings:
    """The default settings with small pictures; `changes` are those of the section `data`, or whole other sections."""
    sections = {name: changes.pop(name) for name in ("labels", "checks", "preparation") if name in changes}
    # Drawn pictures look alike; what is done about that has tests of its own.
    sections.setdefault("checks", ChecksSection(near_duplicates=False))
    return Settings(data=DataSection(**({"source": str(source), "image_size": 16} | changes)), **sections)


def prepare(source: Path, again: bool = False, **changes: object) -> PreparedDataset:
    """Writes `<source>_prepared` beside the source, replacing an older one, as data_prep.py does."""
    final = source.with_name(f"{source.name}_prepared")
    with working_folder(final) as folder:
        earlier = final if final.exists() else None
        write_prepared(folder, source.name, settings_for(source, **changes), earlier=earlier, again=again)
    return open_prepared(final)
