"""What the C library of TIFF says while it decodes: kept for the note of the file, not written on the terminal."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import local
from typing import Any

from PIL import Image

# (module, format, arguments). The arguments are not read: how C passes them differs from machine to machine.
_Handler = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)
_MOST_TO_SAY = 60  # characters

_heard = local()


@contextmanager
def hear_tiff_errors() -> Iterator[list[str]]:
    """Yields a list that fills with what the library finds wrong, in this thread; each kind of fault once."""
    _install_handler()
    before = getattr(_heard, "faults", None)
    faults: list[str] = []
    _heard.faults = faults
    try:
        yield faults
    finally:
        _heard.faults = before


def _hear(module: bytes | None, fault: bytes | None, _arguments: int | None) -> None:
    faults: list[str] | None = getattr(_heard, "faults", None)
    said = f"{_plain(module)}: {_plain(fault).partition('%')[0].strip(' .,;(')}".strip(": ")
    if faults is not None and said not in faults:
        faults.append(said)


def _plain(text: bytes | None) -> str:
    return (text or b"").decode("utf-8", "replace")[:_MOST_TO_SAY].removeprefix("tempfile.tif")


_HEAR, _IGNORE = _Handler(_hear), _Handler()


@cache
def _install_handler() -> None:
    """For the whole process, once; where the library cannot be reached, it goes on writing on the terminal."""
    try:
        library: Any = ctypes.CDLL(Image.core.__file__)  # type: ignore[attr-defined]  # finds what Pillow is linked to
        set_errors, set_warnings = library.TIFFSetErrorHandler, library.TIFFSetWarningHandler
    except (AttributeError, OSError):
        return
    for setter, handler in ((set_errors, _HEAR), (set_warnings, _IGNORE)):
        setter.argtypes, setter.restype = [_Handler], ctypes.c_void_p
        setter(handler)
