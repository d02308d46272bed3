"""The ways to a square, against standard processors and by hand; whitening."""

import gc
import struct
import sys
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms.v2 import functional
from transformers import BitImageProcessor

from tests.conftest import draw_scene
from tests.data.images.test_decoding import encode
from vitrine.data.images.decoding import ImageError, Rendering, decode_image, note_of, open_image, to_rgb
from vitrine.data.images.resizing import MOST_OBLONG, cut_ends, resize_image, share_pixels, shrink_first, whiten
from vitrine.ui.stored import translate
from vitrine.ui.texts import load_texts

SIZES = [(60, 40), (1, 60), (500, 9), (224, 224), (7, 7), (223, 225), (901, 640), (31, 33), (100, 3)]


def noise(size):
    return Image.fromarray(np.random.default_rng(size).integers(0, 256, (*size[::-1], 3)).astype(np.uint8))


@pytest.fixture
def several_blocks():
    """As Pillow keeps pictures beyond 16 MB by itself."""
    Image.core.set_use_block_allocator(0)
    yield
    Image.core.set_use_block_allocator(1)


@pytest.mark.parametrize("size", SIZES)
def test_shared_pixels_are_those_of_the_picture_and_no_copy(size):
    picture = noise(size)
    pixels = share_pixels(picture)
    assert pixels.shape == (*size[::-1], 4)
    assert np.array_equal(pixels[..., :3], np.asarray(picture))
    picture.putpixel((0, 0), (1, 2, 3))
    assert pixels[0, 0, :3].tolist() == [1, 2, 3]


def test_shared_pixels_stay_when_their_picture_is_gone():
    expected = np.asarray(noise((640, 480)))
    pixels = share_pixels(noise((640, 480)))
    gc.collect()
    others = [Image.new("RGB", (640, 480)) for _ in range(20)]
    assert np.array_equal(pixels[..., :3], expected)
    assert len(others) == 20


def test_a_large_photograph_is_shared_once_it_is_opened():
    file = encode(Image.new("RGB", (2500, 2000), (10, 200, 30)), "JPEG")
    assert share_pixels(open_image(file)).shape == (2000, 2500, 4)


def test_pixels_that_cannot_be_shared_are_copied(several_blocks, monkeypatch):
    large = noise((2500, 2000))
    assert share_pixels(large).shape == (2000, 2500, 3)
    assert np.array_equal(share_pixels(large), np.asarray(large))
    expected = resize_image(noise((60, 40)), 32)
    monkeypatch.setitem(sys.modules, "nanoarrow", None)
    assert share_pixels(noise((60, 40))).shape == (40, 60, 3)
    assert np.array_equal(resize_image(noise((60, 40)), 32), expected)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("side", [32, 33, 224])
def test_a_crop_is_exactly_what_a_standard_processor_gives(size, side):
    processor = BitImageProcessor(
        size={"shortest_edge": side},
        crop_size={"height": side, "width": side},
        do_rescale=False,
        do_normalize=False,
    )
    expected = processor(noise(size), return_tensors="np")["pixel_values"][0]
    preprocessed = resize_image(noise(size), side, "crop")
    assert preprocessed.shape == (3, side, side)
    assert np.array_equal(preprocessed.numpy(), expected)


@pytest.mark.parametrize("resize", ["squash", "crop", "letterbox"])
@pytest.mark.parametrize("size", [*SIZES, (1, 1), (40_000, 1)])
def test_every_way_gives_equal_sides_to_any_picture(resize, size):
    preprocessed = resize_image(noise(size), 32, resize)
    assert preprocessed.shape == (3, 32, 32)
    assert preprocessed.dtype == torch.uint8


def test_extremely_long_pictures_are_cut_to_their_middle_before_a_crop():
    picture = Image.new("RGB", (1_000_001, 1), "white")
    picture.paste((255, 0, 0), (499_990, 0, 500_011, 1))
    assert cut_ends(picture).size == (MOST_OBLONG, 1)
    assert resize_image(picture, 64, "crop")[:, 32, 32].tolist() == [255, 0, 0]
    assert cut_ends(draw_scene()).size == (60, 40)


@pytest.mark.parametrize(("fill_color", "level"), [("white", 255), ("grey", 128), ("black", 0)])
def test_a_letterbox_has_equal_bars_of_the_fill_color(fill_color, level):
    preprocessed = resize_image(Image.new("RGB", (60, 30), (10, 200, 30)), 32, "letterbox", fill_color)
    assert (preprocessed[:, :8] == level).all()
    assert (preprocessed[:, 24:] == level).all()
    assert (preprocessed[:, 8:24] == torch.tensor([10, 200, 30]).view(3, 1, 1)).all()
    tall = resize_image(Image.new("RGB", (30, 60), (10, 200, 30)), 32, "letterbox", fill_color)
    assert torch.equal(tall, preprocessed.transpose(1, 2))


def test_a_picture_of_equal_sides_is_the_same_by_every_way():
    picture = noise((50, 50))
    preprocessed = [resize_image(picture, 32, resize) for resize in ("squash", "crop", "letterbox")]
    assert torch.equal(preprocessed[0], preprocessed[1])
    assert torch.equal(preprocessed[0], preprocessed[2])


def test_an_unknown_way_is_an_error_not_silence():
    with pytest.raises(ValueError, match="called 'stretch'"):
        resize_image(draw_scene(), 32, "stretch")


@pytest.mark.parametrize(("fill_color", "levels"), [("white", [255, 127]), ("grey", [128, 64]), ("black", [0, 0])])
def test_the_fill_color_shows_through_transparent_parts(fill_color, levels, tmp_path):
    pixels = np.zeros((1, 2, 4), np.uint8)
    pixels[0, :, 3] = 0, 128
    Image.fromarray(pixels).save(tmp_path / "drawing.png")
    for picture in (
        to_rgb(Image.fromarray(pixels), fill_color),
        open_image(tmp_path / "drawing.png", rendering=Rendering(fill_color)),
    ):
        assert np.asarray(picture)[0, :, 1] == pytest.approx(levels, abs=1)


def test_whitened_pictures_have_mean_0_and_deviation_1_each():
    pixels = torch.stack([resize_image(draw_scene(), 32), resize_image(noise((50, 40)), 32) // 8]).float()
    values = whiten(pixels)
    torch.testing.assert_close(values.mean(dim=(1, 2, 3)), torch.zeros(2), atol=1e-5, rtol=0)
    torch.testing.assert_close(values.std(dim=(1, 2, 3), correction=0), torch.ones(2), atol=1e-5, rtol=0)


@pytest.mark.parametrize("level", [0, 1, 77, 255])
def test_whitening_a_picture_of_one_color_gives_zeros(level):
    values = whiten(torch.full((2, 3, 224, 224), float(level)))
    assert values.abs().max() < 1e-2


def test_whitening_removes_light_and_contrast():
    pixels = resize_image(noise((50, 40)), 32).unsqueeze(0).float()
    torch.testing.assert_close(whiten(pixels / 4 + 60), whiten(pixels), atol=1e-4, rtol=0)


@pytest.mark.parametrize("size", [(1, 60_000), (3, 40_000), (200, 30_000)])
def test_a_very_long_picture_is_shrunk_before_it_is_made_wider(size, monkeypatch):
    seen = []
    scale = functional.resize
    monkeypatch.setattr(
        functional, "resize", lambda image, *rest, **how: seen.append(image) or scale(image, *rest, **how)
    )
    ramp = np.linspace(0, 255, size[1]).astype(np.uint8)[:, None, None]
    square = resize_image(Image.fromarray(np.broadcast_to(ramp, (size[1], size[0], 3)).copy()), 224)
    assert seen[0].shape[1:] == (224, size[0])
    expected = (np.arange(224) + 0.5) / 224 * 255
    assert np.abs(square.numpy() - expected[None, :, None]).max() <= 2


@pytest.mark.parametrize("size", [(640, 480), (100, 3000), (3000, 100), (224, 20_000)])
def test_ordinary_pictures_are_not_scaled_twice(size):
    image = Image.new("RGB", size)
    assert shrink_first(image, 224) is image


def gray(stream):
    return np.asarray(open_image(stream))[0, :, 0].tolist()


def tiff(levels, photometric=1, **options):
    return encode(Image.fromarray(np.array([levels])), "TIFF", tiffinfo={262: photometric}, **options)


def with_tag(stream, tag, value):
    """The TIFF with another value of a short tag that it has."""
    content = bytearray(stream.getvalue())
    place = content.find(struct.pack("<HHL", tag, 3, 1), struct.unpack("<L", content[4:8])[0])
    content[place + 8 : place + 10] = struct.pack("<H", value)
    return BytesIO(bytes(content))


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
@pytest.mark.parametrize(
    "levels", [np.array([0, 51, 255], np.uint8), np.array([0, 13107, 65535], np.uint16), np.array([0, 0.2, 1], "f4")]
)
def test_a_tiff_whose_zero_is_white_is_turned_round_whatever_its_type(levels, compression):
    if levels.dtype == np.uint8:
        stored = encode(Image.fromarray(levels[None]), "TIFF", compression=compression)
        expected = gray(with_tag(stored, 262, 0))
    else:
        expected = gray(tiff(levels, 0, compression=compression))
    assert expected == [255, 204, 0]
    assert gray(tiff(levels, 1, compression=compression)) == [0, 51, 255]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 127, 255]),
        ([-0.02, 0.5, 1.02], [0, 127, 255]),
        ([np.nan, 0.5, 1.0001], [0, 127, 255]),
        ([np.inf, -np.inf, 0.5], [255, 0, 127]),
        ([0.0, 0.1, 0.2], [0, 25, 51]),
    ],
)
def test_floating_point_levels_go_from_0_to_1_and_what_resizing_adds_is_cut_off(levels, expected):
    assert gray(tiff(np.array(levels, np.float32))) == expected


@pytest.mark.parametrize("levels", [[0.0, 100.0, 255.0], [-1.0, 0.0, 1.0], [0.0, 1e6, 1e9]])
def test_floating_point_levels_outside_0_to_1_are_refused_with_their_range(levels):
    with pytest.raises(ImageError, match=r"floating-point levels from .*, whose black and white stand nowhere; save"):
        open_image(tiff(np.array(levels, np.float32)))


def test_32_bit_whole_numbers_are_scaled_by_their_type_and_never_wrap():
    stored = tiff(np.array([0, 1 << 30, -(1 << 31), -1], np.int32))
    assert gray(with_tag(stored, 339, 1)) == [0, 64, 128, 255]


def test_signed_whole_numbers_are_refused():
    with pytest.raises(ImageError, match="signed whole numbers, whose black and white stand nowhere"):
        open_image(tiff(np.array([-5, 0, 5], np.int32)))


def test_32_bit_gray_without_a_type_is_read_as_16_bit_and_clipped():
    levels = np.array([[-5, 0, 65535, 10**6]], np.int32)
    assert np.asarray(to_rgb(Image.fromarray(levels)))[0, :, 0].tolist() == [0, 0, 255, 255]


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_12_bits_in_16_are_kept_and_said(form):
    picture = decode_image(encode(Image.fromarray(np.array([[0, 2000, 4095]], np.uint16)), form))
    assert np.asarray(to_rgb(picture))[0, :, 0].tolist() == [0, 7, 15]
    assert note_of(picture).startswith("its levels use 1/16 of their range")
    whole = decode_image(encode(Image.fromarray(np.array([[0, 2000, 65535]], np.uint16)), form))
    assert note_of(whole) == ""


def bands(count, bits=8, sample_format=1):
    """A TIFF of one pixel with the given bands."""
    tags = [(256, 3, 1, 1), (257, 3, 1, 1), (258, 3, 1, bits), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 200),
            (277, 3, 1, count), (278, 3, 1, 1), (279, 4, 1, count * bits // 8), (339, 3, 1, sample_format)]  # fmt: skip
    listed = b"".join(struct.pack("<HHLL", *tag) for tag in tags)
    head = b"II*\0" + struct.pack("<LH", 8, len(tags)) + listed + bytes(4)
    return BytesIO(head.ljust(200, b"\0") + bytes(count * bits // 8))


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (bands(5), "a TIFF of 5 bands, and which are red, green and blue stands nowhere"),
        (bands(12, 16), "a TIFF of 12 bands"),
        (bands(1, 64, 3), "a TIFF that cannot be read (1 bands of 64 bits, floating-point)"),
    ],
)
def test_a_tiff_of_an_odd_kind_is_named_in_words(stream, reason):
    with pytest.raises(ImageError) as caught:
        open_image(stream)
    assert str(caught.value).startswith(reason)
    assert translate(str(caught.value), load_texts("fr")) != str(caught.value)
