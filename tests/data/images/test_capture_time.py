"""The time that the camera noted, or nothing."""

from io import BytesIO

import pytest
from PIL import Image

from vitrine.data.images.capture_time import read_capture_time


def picture_of(noted):
    exif, stream = Image.Exif(), BytesIO()
    exif[0x0132] = "2030:01:01 00:00:00"  # when somebody edited it
    if noted:
        exif.get_ifd(0x8769)[0x9003] = noted
    Image.new("RGB", (8, 8)).save(stream, "JPEG", exif=exif)
    return Image.open(stream)


@pytest.mark.parametrize(
    ("noted", "expected"),
    [("2024:05:01 12:30:59", "2024-05-01T12:30:59"), ("0000:00:00 00:00:00", ""), ("yesterday", ""), ("", "")],
)
def test_the_time_is_read_as_the_camera_wrote_it(noted, expected):
    assert read_capture_time(picture_of(noted)) == expected


def test_formats_without_metadata_have_no_time():
    assert read_capture_time(Image.new("L", (4, 4))) == ""
