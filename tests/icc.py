"""Small colour profiles (ICC 2.4) for tests, made of primaries and exponents."""

import struct
from collections.abc import Mapping, Sequence

Column = tuple[float, float, float]

D50 = (0.9642, 1.0, 0.8249)
# Red, green and blue of Display P3 (iPhones) as XYZ under D50.
DISPLAY_P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
CORNERS = 2  # of each ink in the table of a CMYK profile


def rgb_profile(primaries: Sequence[Column] = DISPLAY_P3, gamma: float = 2.2) -> bytes:
    """A profile of a screen or camera."""
    columns = {f"{name}XYZ": _xyz(column) for name, column in zip("rgb", primaries, strict=True)}
    return _build("RGB ", {**columns, **{f"{name}TRC": _curve(gamma) for name in "rgb"}})


def gray_profile(gamma: float) -> bytes:
    """A profile of a scanner for grey pictures."""
    return _build("GRAY", {"kTRC": _curve(gamma)})


def cmyk_profile() -> bytes:
    """A profile of a press whose inks are a little pale."""
    table = bytearray()
    for corner in range(CORNERS**4):
        cyan, magenta, yellow, black = ((corner >> place) & 1 for place in (3, 2, 1, 0))
        light = 100 * (1 - black) * (1 - 0.3 * cyan - 0.4 * magenta - 0.1 * yellow)
        red, warm = 60 * (magenta - cyan) * (1 - black), 60 * (yellow - cyan / 2) * (1 - black)
        table += bytes(max(0, min(255, round(value))) for value in (light * 2.55, red + 128, warm + 128))
    straight = bytes(range(256))
    identity = b"".join(map(_fixed, (1, 0, 0, 0, 1, 0, 0, 0, 1)))
    head = b"mft1" + bytes(4) + bytes([4, 3, CORNERS, 0])
    return _build("CMYK", {"A2B0": head + identity + straight * 4 + bytes(table) + straight * 3}, "Lab ")


def _build(space: str, tags: Mapping[str, bytes], connection: str = "XYZ ") -> bytes:
    named = {"desc": _description("test"), "cprt": b"text" + bytes(4) + b"none\0", "wtpt": _xyz(D50), **tags}
    start = 128 + 4 + 12 * len(named)
    index, body = struct.pack(">I", len(named)), b""
    for name, data in named.items():
        index += name.encode() + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    kind = b"prtr" if space == "CMYK" else b"mntr"
    spaces = kind + space.encode() + connection.encode()
    head = struct.pack(">I4xI", start + len(body), 0x02400000) + spaces + bytes(12) + b"acsp" + bytes(28)
    return (head + b"".join(map(_fixed, D50))).ljust(128, b"\0") + index + body


def _fixed(number: float) -> bytes:
    return struct.pack(">i", round(number * 65536))


def _xyz(column: Column) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(map(_fixed, column))


def _curve(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)


def _description(text: str) -> bytes:
    encoded = text.encode() + b"\0"
    return b"desc" + bytes(4) + struct.pack(">I", len(encoded)) + encoded + bytes(78)
