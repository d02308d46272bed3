"""Files as nobody should send them: damaged, disguised, of odd shapes, with hostile names. One for each number."""

import io
import zipfile

import numpy as np
from PIL import Image

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>"
NAMES = (
    "photo.jpg", "../../etc/passwd.png", "<img src=x onerror=alert(1)>.png", "=1+1.png", "{{7*7}}.jpg", "con.png",
    f"{'x' * 240}.png", "\u202egpj.exe", "名前.png", "a b\tc.png", ".hidden.png", "no ending", "many.dots..png",
    "%2e%2e%2fa.png", "C:\\Windows\\a.png", "'; DROP TABLE answers; --.png",
)  # fmt: skip


def odd_file(number: int) -> tuple[str, bytes]:
    """Name and content; the same for the same number."""
    generator = np.random.default_rng(number)
    name = NAMES[number % len(NAMES)]
    make = MAKERS[number // len(NAMES) % len(MAKERS)] if number >= len(MAKERS) else MAKERS[number]
    content = make(generator)
    return (name if content[:2] != b"PK" or number % 2 else f"{name}.zip"), content


def _picture(generator, mode="RGB", size=(24, 18)):
    pixels = generator.integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)
    return Image.fromarray(pixels).convert(mode)


def _encode(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def _cut(generator):
    whole = _encode(_picture(generator), "jpeg")
    return whole[: int(generator.integers(2, len(whole)))]


def _flipped(generator):
    content = bytearray(_encode(_picture(generator), generator.choice(["jpeg", "png", "gif", "tiff", "webp"])))
    for place in generator.integers(0, len(content), 8):
        content[place] ^= int(generator.integers(1, 256))
    return bytes(content)


def _huge_on_paper(generator):
    content = bytearray(_encode(_picture(generator), "png"))
    content[16:24] = (60_000).to_bytes(4) * 2
    return bytes(content)


def _zip(generator):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as opened:
        for name, content in (
            ("../../slip.png", b"x"),
            ("/absolute.png", b"x"),
            ("inner.zip", b"PK\3\4"),
            ("good.png", _encode(_picture(generator), "png")),
            ("drawing.png", SVG),
        ):
            opened.writestr(zipfile.ZipInfo(name), content)  # of 1980, so that it is the same each time
    return stream.getvalue()


MAKERS = (
    lambda generator: generator.bytes(int(generator.integers(1, 5000))),
    _cut,
    _flipped,
    _huge_on_paper,
    lambda _: _encode(Image.new("L", (1, 20_000)), "png"),
    lambda _: SVG,
    lambda _: HTML,
    lambda _: b"",
    lambda _: bytes(1000),
    _zip,
    lambda generator: _zip(generator)[:-30],
    lambda generator: _encode(_picture(generator), "gif", save_all=True, append_images=[_picture(generator)] * 3),
    lambda generator: _encode(Image.fromarray(generator.integers(0, 65536, (9, 9)).astype(np.uint16)), "png"),
    lambda generator: _encode(_picture(generator, "CMYK"), "jpeg"),
    lambda generator: _encode(_picture(generator, "P"), "png", transparency=0),
    lambda _: b"=cmd|' /C calc'!A0,1,2\r\n",
    lambda generator: _encode(_picture(generator), "jpeg") + generator.bytes(500),
)
