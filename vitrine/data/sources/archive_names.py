"""The names of an archive's entries as text: what it says of them, or the code page that they must be in."""

import struct
import tarfile
import zipfile
import zlib
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from vitrine.data.sources.encoding import ARCHIVE_PAGES, decode

UTF8_FLAG = 0x800
UNICODE_PATH = 0x7075  # an extra field of a zip entry: version, checksum of the plain name, the name in UTF-8


def zip_names(
    infos: Sequence[zipfile.ZipInfo], archive: Path, encoding: str | None, otherwise: str | None
) -> list[str]:
    """The name of each entry of a zip archive; arguments and errors as of `decode`."""
    known = [_known_name(info) for info in infos]
    plain = [_plain_name(info) for info, name in zip(infos, known, strict=True) if name is None]
    decoded = iter(_decode_all(plain, archive, encoding, otherwise))
    return [next(decoded) if name is None else name for name in known]


def decode_tar_names(
    members: Sequence[tarfile.TarInfo], archive: Path, encoding: str | None, otherwise: str | None
) -> None:
    """Puts into entries of a tar archive, in place, the names and targets of links that are not in UTF-8."""
    odd = [text for member in members for text in (member.name, member.linkname) if not _is_text(text)]
    plain = sorted({text.encode("utf-8", "surrogateescape") for text in odd})
    decoded = dict(zip(plain, _decode_all(plain, archive, encoding, otherwise), strict=True))
    for member in members:
        for field in ("name", "linkname"):
            raw = getattr(member, field).encode("utf-8", "surrogateescape")
            if raw in decoded:
                setattr(member, field, decoded[raw])


def _is_text(name: str) -> bool:
    return not any("\udc80" <= character <= "\udcff" for character in name)


def _known_name(info: zipfile.ZipInfo) -> str | None:
    """The name that an entry states in UTF-8 or plain ASCII."""
    if info.flag_bits & UTF8_FLAG:
        return info.filename
    plain = _plain_name(info)
    if plain.isascii():
        return plain.decode("ascii")
    return _unicode_path(info.extra, plain)


def _plain_name(info: zipfile.ZipInfo) -> bytes:
    return info.orig_filename.encode("cp437")  # as zipfile has read it


def _unicode_path(extra: bytes, plain: bytes) -> str | None:
    """The name in the extra field, where it belongs to this plain name: a program may have renamed the entry since."""
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        field, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == UNICODE_PATH and len(field) > 5 and struct.unpack_from("<I", field, 1)[0] == zlib.crc32(plain):
            try:
                return field[5:].decode("utf-8")
            except UnicodeDecodeError:
                return None
    return None


def _decode_all(plain: Sequence[bytes], archive: Path, encoding: str | None, otherwise: str | None) -> list[str]:
    """All names in one page, since one program wrote them; those in UTF-8 are told one by one."""
    decoded: list[str | None] = [None if encoding else _from_utf8(name) for name in plain]
    odd = [name for name, text in zip(plain, decoded, strict=True) if text is None]
    if not odd:
        return [text or "" for text in decoded]
    lines = decode(b"\n".join(odd), f"{archive}, names in it", ARCHIVE_PAGES, encoding, otherwise).split("\n")
    # A name may hold a line end itself.
    ends = list(accumulate(name.count(b"\n") + 1 for name in odd))
    found = iter("\n".join(lines[start:end]) for start, end in zip([0, *ends], ends, strict=False))
    return [next(found) if text is None else text for text in decoded]


def _from_utf8(name: bytes) -> str | None:
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return None
