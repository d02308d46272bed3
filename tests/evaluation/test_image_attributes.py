"""How test pictures look."""

import numpy as np
import pytest

from tests.factories import prepare
from vitrine.evaluation.image_attributes import describe_images, measure_attributes
from vitrine.records.prepared import THUMBNAILS


@pytest.fixture
def looks(tmp_path):
    """A test split in which a dark, a grey, a small, a long and a blurred picture stand out; with the data set."""
    from PIL import Image, ImageFilter

    from tests.data.pictures import photograph

    special = {
        "dark": photograph(1).point(lambda level: level // 5),
        "grey": photograph(2).convert("L").convert("RGB"),
        "small": photograph(3, (30, 24)),
        "long": photograph(4, (400, 60)),
        "blurred": photograph(5).filter(ImageFilter.GaussianBlur(12)),
    }
    for name in ("cat", "dog"):
        (tmp_path / "source" / "test" / name).mkdir(parents=True)
        (tmp_path / "source" / "train" / name).mkdir(parents=True)
        for number in range(6):
            noise = np.random.default_rng(number + len(name)).integers(0, 90, (160, 200, 3)).astype(np.uint8)
            picture = photograph(40 + number + 10 * (name == "dog"))
            lively = Image.fromarray(np.asarray(picture) // 2 + noise)
            lively.save(tmp_path / "source" / "train" / name / f"{number}.png")
            lively.transpose(Image.Transpose.ROTATE_180).save(tmp_path / "source" / "test" / name / f"{number}.png")
    for name, picture in special.items():
        picture.save(tmp_path / "source" / "test" / "cat" / f"{name}.png")
    return prepare(tmp_path / "source", tmp_path / "prepared", image_size=64)


def check_looks(prepared):
    table = describe_images(prepared, "test")
    assert table["file"].tolist() == list(prepared.splits["test"]["file"])
    table.index = [file.split("/")[-1].removesuffix(".png") for file in table["file"]]
    assert table["brightness"].idxmin() == "dark"
    assert table.index[table["is_grey"]].tolist() == ["grey"]
    assert (table["side"].idxmin(), table.loc["small", "side"]) == ("small", 24)
    assert table["elongation"].idxmax() == "long"
    assert table["sharpness"].idxmin() == "blurred"
    return table


def test_looks_are_those_of_the_pictures_with_and_without_what_the_scan_kept(looks):
    scanned = check_looks(looks)
    (looks.folder / THUMBNAILS).unlink()
    preprocessed = check_looks(looks)
    assert np.abs(scanned["brightness"] - preprocessed["brightness"]).max() < 5


def test_an_even_picture_has_its_own_brightness_no_contrast_and_no_sharpness():
    pixels = np.full((8, 8, 3), (200, 100, 50), np.uint8)
    brightness, contrast, is_gray, sharpness = measure_attributes(pixels)
    assert brightness == pytest.approx(0.299 * 200 + 0.587 * 100 + 0.114 * 50)
    assert (contrast, sharpness) == (pytest.approx(0, abs=1e-6), pytest.approx(0, abs=1e-6))
    assert not is_gray


def test_stripes_are_as_sharp_as_can_be_and_a_ramp_is_not():
    stripes = np.zeros((8, 8, 3), np.uint8)
    stripes[:, ::2] = 255
    brightness, contrast, is_gray, sharpness = measure_attributes(stripes)
    assert (brightness, contrast) == (pytest.approx(127.5), pytest.approx(127.5))
    assert is_gray
    assert sharpness == pytest.approx(4.0)  # each level differs from both neighbours by twice the contrast
    ramp = np.broadcast_to(np.arange(0, 240, 30, dtype=np.uint8)[:, None, None], (8, 8, 3))
    assert measure_attributes(ramp)[3] == pytest.approx(0, abs=1e-9)


def test_a_gray_picture_that_was_saved_in_color_is_gray():
    pixels = np.full((10, 10, 3), 120, np.uint8)
    pixels[:, :, 0] += 5
    assert measure_attributes(pixels)[2]
    pixels[:, :, 0] += 20
    assert not measure_attributes(pixels)[2]
