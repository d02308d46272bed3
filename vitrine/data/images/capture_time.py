"""When a photograph was taken, as its camera noted it."""

from datetime import datetime

from PIL import Image

EXIF_PART, TAKEN = 0x8769, 0x9003  # DateTimeOriginal; other times change when a picture is edited


def read_capture_time(image: Image.Image) -> str:
    """The time in ISO 8601, without a zone, which cameras do not know; "" where none is noted or it cannot be read.

    Args:
        image: as Pillow opened it.
    """
    try:
        noted = str(image.getexif().get_ifd(EXIF_PART).get(TAKEN, "")).strip("\0 ")
        return datetime.strptime(noted, "%Y:%m:%d %H:%M:%S").isoformat()
    except Exception:  # Pillow's reader of metadata raises what its parts raise; the picture itself is sound
        return ""
