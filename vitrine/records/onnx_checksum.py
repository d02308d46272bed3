"""The checksum of an ONNX file, in a note of the file itself, so that it travels along.

It is the SHA-256 of the whole file with zeros in its own place.
"""

import hashlib
import mmap
from pathlib import Path
from typing import Any

ONNX_SUFFIX = ".onnx"
CHECKSUM = "vitrine_sha256"  # name of the note
_DIGITS = 64
_BLANK = b"0" * _DIGITS
# The note as protobuf writes it: name (field 1, its length, text), then the text (field 2, its length).
_BEFORE = b"\x0a" + bytes((len(CHECKSUM),)) + CHECKSUM.encode() + b"\x12" + bytes((_DIGITS,))


def has_onnx_suffix(name: str) -> bool:
    """Whether a name ends as those of ONNX files do, be it in capitals, as some systems hand files over."""
    return name.lower().endswith(ONNX_SUFFIX)


def seal(model: Any) -> bytes:
    """A model as the content of a file that holds its own checksum.

    Args:
        model: `onnx.ModelProto`; a checksum that it holds from an earlier file is taken out.
    """
    others = [(note.key, note.value) for note in model.metadata_props if note.key != CHECKSUM]
    del model.metadata_props[:]
    for key, value in (*others, (CHECKSUM, _BLANK.decode())):
        model.metadata_props.add(key=key, value=value)
    content = bytearray(model.SerializeToString())
    del model.metadata_props[-1]  # whoever writes it in another way writes no wrong checksum
    place = content.rfind(_BEFORE) + len(_BEFORE)
    content[place : place + _DIGITS] = hashlib.sha256(content).hexdigest().encode()
    return bytes(content)


def has_checksum(file: Path) -> bool:
    """Whether an ONNX file notes its checksum; those of earlier versions and of other programs do not."""
    return file.stat().st_size > 0 and _find(file) is not None


def is_as_written(file: Path) -> bool:
    """Whether an ONNX file gives its own checksum; true where it notes none."""
    place = _find(file) if file.stat().st_size else None
    if place is None:
        return True
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        digest = hashlib.sha256()
        for part in (memoryview(content)[:place], _BLANK, memoryview(content)[place + _DIGITS :]):
            digest.update(part)
            if isinstance(part, memoryview):
                part.release()
        return digest.hexdigest().encode() == content[place : place + _DIGITS]


def _find(file: Path) -> int | None:
    """Where the digest begins."""
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        place = content.rfind(_BEFORE)
    return None if place < 0 else place + len(_BEFORE)
