"""From a file to the picture that the network sees."""

import errno
import os
import struct
import warnings
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.conftest import STORED_FOR, draw_scene
from vitrine.data.images import decoding
from vitrine.data.images.decoding import ImageError, NotReadError, decode_image, open_image, original_size, to_rgb
from vitrine.data.images.resizing import resize_image


def encode(image: Image.Image, form: str, **options) -> BytesIO:
    stream = BytesIO()
    image.save(stream, form, **options)
    return BytesIO(stream.getvalue())


def corners(image):
    """Colours in the middle of the four quarters, rounded to what JPEG keeps."""
    width, height = image.size
    places = [(width // 4, height // 4), (3 * width // 4, height // 4), (width // 4, 3 * height // 4)]
    return [tuple(int(round(level, -1)) for level in image.getpixel(place)) for place in places]


def png_header(width, height):
    """A PNG that promises pixels and holds none: what a decompression bomb looks like from outside."""
    chunks = b""
    for kind, data in ((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IEND", b"")):
        chunks += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return BytesIO(b"\x89PNG\r\n\x1a\n" + chunks)


def test_awkward_pictures_all_open_as_8_bit_rgb(awkward_pictures):
    for path in awkward_pictures.iterdir():
        picture = open_image(path)
        assert picture.mode == "RGB", path.name
        assert not picture.has_transparency_data, path.name


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_is_turned_upright(awkward_pictures, orientation):
    picture = open_image(awkward_pictures / f"exif_{orientation}.jpg")
    assert picture.size == (60, 40)
    assert corners(picture) == corners(open_image(awkward_pictures / "exif_1.jpg"))


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
def test_orientation_is_honoured_in_other_formats_and_only_once(form):
    exif = Image.Exif()
    exif[0x0112] = 6
    options = {"lossless": True} if form == "WEBP" else {}
    stream = encode(draw_scene().transpose(STORED_FOR[6]), form, exif=exif, **options)
    assert np.array_equal(open_image(stream), draw_scene())


@pytest.mark.parametrize("exif", [b"Exif\0\0garbagegarbage", b"Exif\0\0II*\0\xff\xff\xff\xffgarbage", b"Exif\0\0"])
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_damaged_exif_data_do_not_cost_the_picture(exif):
    assert open_image(encode(draw_scene(), "JPEG", exif=exif)).size == (60, 40)


@pytest.mark.parametrize(("orientation"), [0, 9, 65535])
def test_an_orientation_that_does_not_exist_changes_nothing(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert np.array_equal(open_image(encode(draw_scene(), "PNG", exif=exif)), draw_scene())


def test_cmyk_keeps_its_colors(awkward_pictures):
    seen = np.asarray(open_image(awkward_pictures / "cmyk.jpg")).astype(int)
    assert np.abs(seen - np.asarray(draw_scene())).mean() < 4


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_16_bit_gray_is_scaled_not_cut_off(form):
    levels = np.array([[0, 255, 256, 300], [32768, 60000, 65000, 65535]], np.uint16)
    picture = open_image(encode(Image.fromarray(levels), form))
    assert np.asarray(picture)[:, :, 0].tolist() == [[0, 0, 0, 1], [127, 233, 252, 255]]


def test_16_bit_gray_in_either_byte_order_is_the_same():
    levels = np.linspace(0, 65535, 12).reshape(3, 4).astype(np.uint16)
    little = Image.fromarray(levels)
    big = Image.frombytes("I;16B", (4, 3), levels.astype(">u2").tobytes())
    assert np.array_equal(to_rgb(little), to_rgb(big))


def test_32_bit_gray_is_read_as_16_bit_and_clipped():
    levels = np.array([[-5, 0, 65535, 10**6]], np.int32)
    assert np.asarray(to_rgb(Image.fromarray(levels)))[0, :, 0].tolist() == [0, 0, 255, 255]


def test_transparent_parts_become_white_and_half_transparent_ones_half_white():
    pixels = np.zeros((1, 3, 4), np.uint8)
    pixels[0, :, 3] = 0, 128, 255
    assert np.asarray(to_rgb(Image.fromarray(pixels)))[0, :, 1].tolist() == [255, 127, 0]
    gray = Image.fromarray(pixels[:, :, 2:].copy(), "LA")
    assert np.asarray(to_rgb(gray))[0, :, 1].tolist() == [255, 127, 0]


@pytest.mark.parametrize("mode", ["P", "L", "RGB", "1"])
def test_a_transparent_color_becomes_white(mode):
    image = Image.new("RGB", (4, 2), "black").convert(mode)
    stream = encode(image, "PNG", transparency=(0, 0, 0) if mode == "RGB" else 0)
    assert open_image(stream).getpixel((0, 0)) == (255, 255, 255)


def test_an_animation_shows_its_first_frame(awkward_pictures):
    assert corners(open_image(awkward_pictures / "animated.gif")) == corners(draw_scene())
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    for form in ("PNG", "WEBP", "TIFF"):
        stream = encode(frames[0], form, save_all=True, append_images=frames[1:])
        red, green, blue = open_image(stream).getpixel((4, 4))
        assert (red > 240, green < 15, blue < 15) == (True, True, True), form


MODES = ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV", "LAB", "I", "F", "I;16"]


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_that_files_have_becomes_rgb(mode):
    assert to_rgb(Image.new(mode, (3, 2))).mode == "RGB"


def test_a_mode_without_a_way_to_rgb_is_named():
    with pytest.raises(ImageError, match="colours in the mode La, which has no way to RGB"):
        to_rgb(Image.new("La", (3, 2)))


def test_a_picture_too_large_for_the_memory_is_named(monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(Image.Image, "convert", fail)
    with pytest.raises(ImageError, match="too large for the memory of this machine"):
        to_rgb(Image.new("CMYK", (3, 2)))


def cut(stream, share=0.5):
    return BytesIO(stream.getvalue()[: int(len(stream.getvalue()) * share)])


def flip(stream):
    content = bytearray(stream.getvalue())
    content[len(content) // 2] ^= 0xFF
    return BytesIO(content)


NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8))


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (BytesIO(b""), "the file is empty"),
        (BytesIO(b"\xff\xd8\xff\xe0"), "the beginning of a picture, but its header is damaged or cut short"),
        (BytesIO(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n"), "a drawing (EPS)"),
        (cut(encode(NOISE, "JPEG")), "the file is cut short"),
        (cut(encode(NOISE, "JPEG"), 0.999), "the file is cut short"),
        (cut(encode(NOISE, "PNG")), "the file is cut short"),
        (cut(encode(NOISE, "GIF")), "the file is cut short"),
        (cut(encode(NOISE, "BMP")), "the file is cut short"),
        (flip(encode(NOISE, "PNG")), "cannot be decoded"),
        (png_header(1, 70_000), "more than 65,536 times as long as wide"),
        (png_header(70_000, 1), "more than 65,536 times as long as wide"),
        (png_header(12_000, 14_000), "168 megapixels; the limit is 150"),
        (png_header(12_248, 12_248), "151 megapixels; the limit is 150"),
        (png_header(30_000, 30_000), "more than 178 megapixels; the limit is 150"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_what_cannot_be_used_is_named_with_its_reason(stream, reason, tmp_path):
    (tmp_path / "file.jpg").write_bytes(stream.getvalue())
    for source in (stream, tmp_path / "file.jpg", str(tmp_path / "file.jpg")):
        with pytest.raises(ImageError) as caught:
            open_image(source)
        assert str(caught.value).startswith(reason)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(ImageError, match="the file is not there"):
        open_image(tmp_path / "nothing.jpg")
    with pytest.raises(ImageError, match="a folder, not a file"):
        open_image(tmp_path)


class Failing(BytesIO):
    """A file of a disk that fails after so many bytes."""

    def __init__(self, content, after, number):
        super().__init__(content)
        self.after, self.number = after, number

    def read(self, size=-1):
        if self.tell() >= self.after:
            raise OSError(self.number, "failed")
        return super().read(size)


@pytest.mark.parametrize(
    ("number", "expected"), [(errno.EIO, NotReadError), (errno.ESTALE, NotReadError), (errno.EINVAL, ImageError)]
)
@pytest.mark.parametrize("after", [0, 100])
def test_a_disk_that_fails_is_told_from_a_damaged_picture(number, expected, after):
    stream = BytesIO()
    draw_scene().resize((200, 200)).save(stream, "png")
    with pytest.raises(ImageError) as caught:
        open_image(Failing(stream.getvalue(), after, number))
    assert type(caught.value) is expected


@pytest.mark.skipif(os.name == "nt" or not os.geteuid(), reason="who may read all cannot be refused")
def test_a_picture_that_may_not_be_read_may_be_sound(tmp_path):
    draw_scene().save(tmp_path / "1.png")
    (tmp_path / "1.png").chmod(0)
    with pytest.raises(NotReadError, match="no permission"):
        open_image(tmp_path / "1.png")


def test_damage_anywhere_in_a_file_never_raises_anything_but_a_reason():
    generator = np.random.default_rng(0)
    streams = [
        encode(draw_scene(), form) for form in ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "ICO", "TGA")
    ]
    opened = refused = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, about the damage
        for stream in streams:
            for _ in range(40):
                content = np.frombuffer(stream.getvalue(), np.uint8).copy()
                places = generator.integers(0, len(content), 4)
                content[places] = generator.integers(0, 256, len(places))
                try:
                    assert open_image(BytesIO(content.tobytes()), 10).mode == "RGB"
                    opened += 1
                except ImageError:
                    refused += 1
    assert opened
    assert refused


def test_decoding_keeps_mode_and_format_for_the_manifest(awkward_pictures):
    picture = decode_image(awkward_pictures / "palette_alpha.png")
    assert (picture.mode, picture.format) == ("P", "PNG")
    assert decode_image(awkward_pictures / "exif_6.jpg").format == "JPEG"


@pytest.mark.parametrize("size", [(60, 40), (1, 90), (500, 3), (224, 224), (7, 7), (223, 225), (901, 640)])
@pytest.mark.parametrize("side", [32, 224])
def test_the_picture_is_exactly_what_the_networks_image_processor_gives(size, side):
    from transformers import ViTImageProcessor

    processor = ViTImageProcessor(
        size={"height": side, "width": side}, resample=Image.Resampling.BICUBIC, do_rescale=False, do_normalize=False
    )
    generator = np.random.default_rng(size)
    picture = Image.fromarray(generator.integers(0, 256, (*size[::-1], 3)).astype(np.uint8))
    expected = processor(picture, return_tensors="np")["pixel_values"][0]
    preprocessed = resize_image(picture, side)
    assert preprocessed.shape == (3, side, side)
    assert np.array_equal(preprocessed.numpy(), expected)


@pytest.fixture
def large_from_a_thousandth(monkeypatch):
    """Pictures of more than 600 pixels count as large: the scene has 2,400, a quarter of which is 600."""
    monkeypatch.setattr(decoding, "LARGE_MEGAPIXELS", 0.0006)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "GIF", "WEBP"])
def test_a_very_large_picture_is_read_at_half_its_size_in_every_format(large_from_a_thousandth, form):
    exif = Image.Exif()
    exif[0x0112] = 6
    options = {"JPEG": {"quality": 95, "exif": exif}, "WEBP": {"lossless": True}}.get(form, {})
    stored = draw_scene().transpose(STORED_FOR[6]) if form == "JPEG" else draw_scene()
    decoded = decode_image(encode(stored, form, **options))
    picture = open_image(encode(stored, form, **options))
    assert (picture.size, original_size(decoded)) == ((30, 20), (60, 40))
    assert corners(picture) == [(230, 20, 20), (20, 200, 20), (20, 20, 230)]


def test_only_as_much_as_is_needed_is_left_away():
    sizes = [(8000, 4000), (8001, 4000), (12_000, 12_000), (13_000, 10_000), (22, 1_400_000)]
    assert [decoding._reduction(size) for size in sizes] == [1, 2, 4, 4, 1]


def test_a_picture_of_ordinary_size_is_read_as_it_is():
    decoded = decode_image(encode(draw_scene(), "PNG"))
    assert (original_size(decoded), np.array_equal(open_image(encode(draw_scene(), "PNG")), draw_scene())) == (
        (60, 40),
        True,
    )
