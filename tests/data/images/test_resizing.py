"""The ways to a square, against standard processors and by hand; whitening."""

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import BitImageProcessor

from tests.conftest import draw_scene
from vitrine.data.images import resizing
from vitrine.data.images.decoding import open_image, to_rgb
from vitrine.data.images.resizing import MOST_OBLONG, cut_ends, resize_image, shrink_first, whiten

SIZES = [(60, 40), (1, 60), (500, 9), (224, 224), (7, 7), (223, 225), (901, 640), (31, 33), (100, 3)]


def noise(size):
    return Image.fromarray(np.random.default_rng(size).integers(0, 256, (*size[::-1], 3)).astype(np.uint8))


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
        open_image(tmp_path / "drawing.png", fill_color=fill_color),
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
    scale = resizing.F.resize
    monkeypatch.setattr(
        resizing.F, "resize", lambda image, *rest, **how: seen.append(image) or scale(image, *rest, **how)
    )
    ramp = np.linspace(0, 255, size[1]).astype(np.uint8)[:, None, None]
    square = resize_image(Image.fromarray(np.broadcast_to(ramp, (size[1], size[0], 3)).copy()), 224)
    assert seen[0].shape == (3, 224, size[0])
    expected = (np.arange(224) + 0.5) / 224 * 255
    assert np.abs(square.numpy() - expected[None, :, None]).max() <= 2


@pytest.mark.parametrize("size", [(640, 480), (100, 3000), (3000, 100), (224, 20_000)])
def test_ordinary_pictures_are_not_scaled_twice(size):
    image = Image.new("RGB", size)
    assert shrink_first(image, 224) is image
