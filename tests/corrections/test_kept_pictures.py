"""Pictures kept with consent: the same pixels, and nothing that a camera wrote beside them."""

import io
from hashlib import sha256

import numpy as np
import pytest
from PIL import ExifTags, Image

from tests.icc import rgb_profile
from vitrine.corrections.kept_pictures import PLACE, keep_picture, plain_jpeg
from vitrine.data.images.decoding import ImageError, Rendering, open_image

SECRET = b"taken at home by ann"


def noise(size=(40, 30)):
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3)).astype(np.uint8))


def photo(orientation: int = 6, **options) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Artist] = SECRET.decode()
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    stream = io.BytesIO()
    noise().save(stream, "JPEG", exif=exif, comment=SECRET, **options)
    return stream.getvalue()


def pixels(content: bytes) -> bytes:
    return open_image(io.BytesIO(content)).tobytes()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0, "icc_profile": rgb_profile()}])
def test_a_jpeg_keeps_its_pixels_and_which_way_is_up_and_loses_the_rest(orientation, options):
    content = photo(orientation, **options)
    plain = plain_jpeg(content)
    assert SECRET in content
    assert SECRET not in plain
    assert pixels(plain) == pixels(content)
    with Image.open(io.BytesIO(plain)) as image:
        assert not image.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        assert image.info.get("icc_profile") == options.get("icc_profile")


def test_what_follows_the_picture_in_a_jpeg_is_not_kept():
    assert SECRET not in plain_jpeg(photo() + SECRET + photo())


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_other_formats_become_an_upright_png_of_the_same_pixels(tmp_path, kind):
    stream = io.BytesIO()
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Artist] = SECRET.decode()
    noise().save(stream, kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {}))
    content = stream.getvalue()
    place = keep_picture(tmp_path, sha256(content).hexdigest(), content)
    kept = (tmp_path / place).read_bytes()
    assert PLACE.fullmatch(place)
    assert kept.startswith(b"\x89PNG")
    assert SECRET not in kept
    assert pixels(kept) == pixels(content)
    with Image.open(io.BytesIO(kept)) as image:
        assert not image.getexif()


def test_a_png_has_the_colors_of_its_profile_since_it_is_kept_without(tmp_path):
    stream = io.BytesIO()
    noise().save(stream, "PNG", icc_profile=rgb_profile())
    content = stream.getvalue()
    kept = tmp_path / keep_picture(tmp_path, sha256(content).hexdigest(), content)
    meant = open_image(io.BytesIO(content), rendering=Rendering(color_profiles="apply"))
    assert open_image(kept).tobytes() == meant.tobytes() != pixels(content)


def test_a_picture_is_kept_once_under_the_hash_of_its_file(tmp_path):
    content = photo()
    digest = sha256(content).hexdigest()
    assert keep_picture(tmp_path, digest, content) == keep_picture(tmp_path, digest, content)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [f"{digest}.jpg"]


def test_what_is_no_picture_or_no_hash_is_not_kept(tmp_path):
    with pytest.raises(ImageError):
        keep_picture(tmp_path, "0" * 64, b"\xff\xd8\xff no picture")
    with pytest.raises(ValueError, match="not a SHA-256"):
        keep_picture(tmp_path, "../../etc/passwd", photo())
    assert not list(tmp_path.iterdir())
