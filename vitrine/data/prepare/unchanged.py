"""Whether a source is as it was when it was prepared: by names, sizes and times, without opening a picture."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from vitrine.config.data import BUILTIN_DIGITS, HUB_PREFIX, DataSection
from vitrine.data.prepare.damage import find_damage_in
from vitrine.data.progress import Progress, count_items, no_progress
from vitrine.data.sources.addresses import is_address, list_address
from vitrine.data.sources.files import TABLE_EXTENSIONS, reason_by_name, walk_files
from vitrine.data.sources.hidden import is_hidden
from vitrine.errors import UserError
from vitrine.records.prepared import FACTS, PreparedFacts, Settings, read_facts
from vitrine.records.text_column import TextColumn


def source_state(data: DataSection, progress: Progress = no_progress) -> str:
    """A digest of names, sizes and times of change of all files of a source; "" where nothing tells of a change.

    Of a data set of the Hub it is the commit. Corrections of labels count by their content.

    Args:
        data: says where the source is.
        progress: is told of "listing" and "looking at times", in files.

    Raises:
        UserError: the source is in a network, and does not answer.
    """
    state = _state_of_pictures(data, progress)
    corrections = Path(data.corrections).expanduser() if data.corrections else None
    if not state or corrections is None or not corrections.is_file():
        return state
    return f"{state}, corrections {hashlib.sha256(corrections.read_bytes()).hexdigest()}"


def _state_of_pictures(data: DataSection, progress: Progress) -> str:
    if data.source == BUILTIN_DIGITS:
        return "built in"
    if data.source.startswith(HUB_PREFIX):
        return _commit_of(data)
    if is_address(data.source):
        return list_address(data.source).state()
    source = Path(data.source).expanduser()
    if not source.exists():
        return ""
    if source.is_dir():
        return _digest(source, walk_files(source), progress)
    state = _digest(source.parent, [source.name], progress)
    if source.suffix.lower() not in TABLE_EXTENSIONS:
        return state
    given = Path(data.image_folder or "").expanduser()
    pictures = next(folder for folder in (source.parent / given, given, source.parent) if folder.is_dir())
    # Pages and tables that commands write beside a table are no part of it.
    files = (file for file in walk_files(pictures) if not reason_by_name(pictures, file))
    return state + _digest(pictures, files, progress)


def _commit_of(data: DataSection) -> str:
    from vitrine.data.sources.hub_access import ask_hub  # `datasets` takes a second to import

    return ask_hub(data.source.removeprefix(HUB_PREFIX), data.hub.revision).commit or ""


def find_unchanged(prepared_folder: Path, settings: Settings, progress: Progress = no_progress) -> PreparedFacts | None:
    """The facts of a prepared data set, if the same settings on the same files made it and nothing of it is damaged.

    Args:
        prepared_folder: of the data set.
        settings: with which it would be made now.
        progress: is told what `source_state` tells.

    Raises:
        UserError: see `source_state`.
    """
    if not (prepared_folder / FACTS).exists():
        return None
    try:
        facts = read_facts(prepared_folder)
    except UserError:  # another version's: it is made anew
        return None
    if not facts.source_state or facts.settings.content() != settings.content():
        return None
    if facts.source_state != source_state(settings.data, progress) or find_damage_in(prepared_folder):
        return None
    return facts


def _digest(root: Path, files: Iterable[str], progress: Progress) -> str:
    digest = hashlib.sha256()
    # Systems write hidden files whenever somebody looks into a folder.
    visible = (file for file in count_items(files, "listing", 0, progress) if not is_hidden(file))
    listed = TextColumn(visible).sorted()
    for file in count_items(listed, "looking at times", len(listed), progress):
        try:
            status = os.stat(root / file)  # noqa: PTH116 (twice as fast as Path.stat on 200,000 files)
        except OSError:
            digest.update(f"{file!r} -\n".encode())
            continue
        digest.update(f"{file!r} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
