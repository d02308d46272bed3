"""A prepared data set at an address (s3://bucket/prepared/dogs) is copied to this machine, once.

It is copied whole, or without most of the training files where those are streamed. A copy bears the digest of its facts
in its name, so that nothing changes under a training that reads it: a data set that is prepared anew is copied anew,
beside the earlier one.
"""

import hashlib
import logging
import re
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from vitrine.data.prepared.training_files import list_kept_files, list_training_files
from vitrine.data.sources.addresses import RemoteFile, address_of, check_address, has_file, is_address
from vitrine.data.sources.places import UNKNOWN_SIZE, UNKNOWN_TIME, SourceLostError
from vitrine.errors import UserError
from vitrine.invocation import command_line
from vitrine.records.atomic import write_bytes
from vitrine.records.cache import cache_folder
from vitrine.records.checksums import Checksums, FileSum, find_damage
from vitrine.records.disk_room import check_room
from vitrine.records.locks import hold_lock
from vitrine.records.prepared import CARD, FACTS, REPORT, REPORT_NUMBERS, TRAINING_INDEX, PreparedFacts

FETCHED_AT_A_TIME = 8  # files, each in one stream
SECONDS_BETWEEN_NOTES = 30.0
LETTERS = 12  # of the digest
PAGES = (REPORT, REPORT_NUMBERS, CARD)  # they may be written anew at any time, so that nobody knows their checksums
COPY_AGAIN = "copy all of the data set there again"
STREAMED = "streamed"  # ends the name of a copy without all training files
ELSEWHERE = "or set XDG_CACHE_HOME to a folder on another disk"


def make_local(place: Path, full: bool = False, streamed: bool = False) -> Path:
    """The folder of a prepared data set, which is copied to this machine first where it lies at an address.

    The processes of a machine wait for the one that copies. A copy that was broken off goes on, and files of it that
    are not as they were written are fetched again.

    Args:
        place: folder, which is given back as it is, or an address that became a path.
        full: whether every file of an earlier copy is read, or only its size is compared.
        streamed: whether a copy may lack most of the training files; a whole one is given back where there is one.

    Raises:
        UserError: there is no whole data set, the store does not answer, or this machine has no room for it; or it was
            prepared by a version that cannot be streamed.
    """
    address = address_of(place)
    if address is None:
        return place
    root = _open_root()
    content = _read_content(address, root)
    facts = PreparedFacts.parse(content, f"{address}/{FACTS}")
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", address.rpartition("/")[2])
    copy = root / f"{name}-{hashlib.sha256(content).hexdigest()[:LETTERS]}"
    _check_files(address, facts, copy)
    files = facts.files
    if streamed and not (copy / FACTS).is_file():
        copy = copy.with_name(f"{copy.name}-{STREAMED}")
        files = _leave_training_files(address, facts)
    if _find_missing(copy, files, full):
        no_locks = UserError(f"the disk of {root} has no locks, which copying {address} needs; {ELSEWHERE[3:]}")
        with hold_lock(root / f".{copy.name}.lock", unlockable=no_locks):
            if missing := _find_missing(copy, files, full):  # another process may have fetched it in the meantime
                _complete(copy, address, facts, missing)
                write_bytes(copy / FACTS, content)
    return copy


def read_facts_at(address: str) -> PreparedFacts:
    """The facts of a prepared data set in a store; nothing else is copied.

    Raises:
        UserError: there is none, or the store does not answer.
    """
    return PreparedFacts.parse(_read_content(address, _open_root()), f"{address}/{FACTS}")


def is_prepared_address(source: str) -> bool:
    """Whether a prepared data set lies at an address, and not pictures.

    Raises:
        UserError: nothing knows such addresses.
    """
    return is_address(source) and has_file(f"{source.rstrip('/')}/{FACTS}")


def _open_root() -> Path:
    root = cache_folder() / "prepared"
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{root}, for copies of prepared data sets, cannot be made ({error.strerror}); {ELSEWHERE[3:]}"
        ) from error
    return root


def _read_content(address: str, root: Path) -> bytes:
    """What `prepared.json` of a store says just now."""
    try:
        check_address(address)
    except UserError as error:
        error.reword("data.source: ", "")
        raise
    with TemporaryDirectory(dir=root, prefix=".") as folder:
        place = Path(folder) / FACTS
        try:
            RemoteFile(f"{address}/{FACTS}", "", UNKNOWN_SIZE, UNKNOWN_TIME).fetch(place)
        except SourceLostError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                raise UserError(
                    f"{address} holds no prepared data set (no {FACTS}); check the address (capitals count), or copy a "
                    "prepared data set there first"
                ) from error
            raise
        return place.read_bytes()


def _check_files(address: str, facts: PreparedFacts, copy: Path) -> None:
    """Makes sure that the facts say what there is to be fetched, all of it into the copy."""
    if not facts.files:
        raise UserError(
            f"{address} was prepared by an earlier version of Vitrine, which noted no checksums; copy it to a folder "
            "yourself, and give that one"
        )
    for name in facts.files:
        if not (copy / name).resolve().is_relative_to(copy.resolve()):
            raise UserError(f"{address}/{FACTS} names a file outside of the data set ({name}); do not use it")


def _leave_training_files(address: str, facts: PreparedFacts) -> Checksums:
    """The files that a copy needs where the other training files are fetched when they are read."""
    if TRAINING_INDEX not in facts.files:
        raise UserError(
            f"{address} was prepared by an earlier version of Vitrine, which wrote no {TRAINING_INDEX}, so its files "
            f"cannot be streamed; run `{command_line('prepare')} --again` and copy it there anew, or take "
            "engine.reading=shards, which copies all of it"
        )
    left = set(list_training_files(facts)) - set(list_kept_files(facts))
    return {name: one for name, one in facts.files.items() if name not in left}


def _find_missing(copy: Path, files: Checksums, full: bool) -> list[str]:
    """Names of the files of a data set that a copy lacks, or has otherwise; its facts are the last that it gets."""
    is_whole = (copy / FACTS).is_file()
    damaged = [damage.file for damage in find_damage(copy, files, full or not is_whole)]
    return damaged if is_whole else [*damaged, FACTS]


def _complete(copy: Path, address: str, facts: PreparedFacts, missing: Sequence[str]) -> None:
    """Fetches what a copy lacks, and the pages of the data set where there are some."""
    sums = {name: facts.files[name] for name in missing if name != FACTS}
    copy.mkdir(exist_ok=True)
    needed = sum(one.size_bytes for one in sums.values())
    advice = f"remove what nobody needs in {copy.parent}, {ELSEWHERE}"
    if TRAINING_INDEX in facts.files and not copy.name.endswith(STREAMED):
        advice += "; a training needs a few GB alone with engine.reading=streamed"
    check_room(address, copy, needed, advice)
    _fetch_all(copy, address, sums)
    for name in PAGES:
        with suppress(SourceLostError):
            RemoteFile(f"{address}/{name}", "", UNKNOWN_SIZE, UNKNOWN_TIME).fetch(copy / name)


def _fetch_all(copy: Path, address: str, sums: dict[str, FileSum]) -> None:
    """Some files at a time; the first that cannot be had ends it, and what was fetched stays."""
    total, done = sum(one.size_bytes for one in sums.values()), 0
    log, told = logging.getLogger(__name__), time.monotonic()
    log.warning("note: %s is copied to %s (%s MB)", address, copy, f"{total / 1e6:,.1f}")
    with ThreadPoolExecutor(FETCHED_AT_A_TIME) as threads:
        fetched = threads.map(lambda name: fetch_file(copy, address, name, sums[name]), sums)
        for one, _ in zip(sums.values(), fetched, strict=True):
            done += one.size_bytes
            if time.monotonic() - told > SECONDS_BETWEEN_NOTES:
                told = time.monotonic()
                log.warning("note: %s: %s of %s MB are here", address, f"{done / 1e6:,.1f}", f"{total / 1e6:,.1f}")


def fetch_file(copy: Path, address: str, name: str, expected: FileSum) -> None:
    """Fetches a file of a data set, and compares it with its checksum.

    Args:
        copy: folder that gets it, under its name.
        address: of the data set.
        name: of the file, below both.
        expected: what it was when it was written.

    Raises:
        SourceLostError: it cannot be had.
        UserError: it is not there, or not as it was written.
    """
    target = copy / name
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        RemoteFile(f"{address}/{name}", "", expected.size_bytes, UNKNOWN_TIME).fetch(target)
    except SourceLostError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise UserError(f"{address} is not whole: {name} is missing; {COPY_AGAIN}") from error
        raise
    for damage in find_damage(copy, {name: expected}, full=True):
        target.unlink()
        raise UserError(f"{address} is not whole: {damage}; {COPY_AGAIN}")
