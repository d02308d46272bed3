"""Places in words, so that a file can tell other processes and machines where pictures lie."""

import json
from pathlib import Path

from vitrine.data.sources.addresses import RemoteFile
from vitrine.data.sources.places import FileBelow, Place, TarMember, make_absolute


def describe_place(place: Place) -> str:
    """The place in JSON, for processes started anywhere; `read_place` reads it.

    Args:
        place: of a file of a source.

    Raises:
        TypeError: it is of no kind that has words.
    """
    match make_absolute(place):
        case Path() as path:
            words: list[str | int] = ["path", str(path)]
        case FileBelow(folder, file):
            words = ["below", folder, file]
        case TarMember(archive, offset, size, modified_ns):
            words = ["tar", str(archive), offset, size, modified_ns]
        case RemoteFile(address, witness, size, modified_ns):
            words = ["address", address, witness, size, modified_ns]
        case other:
            raise TypeError(f"a place of the kind {type(other).__name__}")
    return json.dumps(words)


def read_place(text: str) -> Place:
    """The place that `describe_place` has put into words."""
    kind, *words = json.loads(text)
    match kind:
        case "path":
            return Path(*words)
        case "below":
            return FileBelow(*words)
        case "tar":
            archive, *numbers = words
            return TarMember(Path(archive), *numbers)
    return RemoteFile(*words)
