"""Opening what a source lists, or the reason in words."""

import os

import pytest
from PIL import Image

from tests.data.sources.stores import fill, refusing
from vitrine.data.images.decoding import ImageError, NotReadError, Rendering
from vitrine.data.sources.addresses import list_address
from vitrine.data.sources.files import FoundFile
from vitrine.data.sources.opening import open_found, reason_not_to_open


def found(path, file="cat/1.png", left_out=""):
    return FoundFile(path, file, "cat", "", left_out)


def test_a_sound_file_opens_upright_in_rgb_on_the_wanted_color(tmp_path):
    Image.new("RGBA", (6, 4), (0, 0, 0, 0)).save(tmp_path / "1.png")
    picture = open_found(found(tmp_path / "1.png"), rendering=Rendering("black"))
    assert (picture.mode, picture.size, picture.getpixel((0, 0))) == ("RGB", (6, 4), (0, 0, 0))
    assert open_found(found(tmp_path / "1.png")).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("file", "left_out", "reason"),
    [("cat/1.png", "hidden file", "hidden file"), ("cat/", "", "a folder that cannot be listed"), ("1.png", "", "")],
)
def test_the_list_tells_what_is_not_opened(tmp_path, file, left_out, reason):
    Image.new("RGB", (6, 4)).save(tmp_path / "1.png")
    one = found(tmp_path / "1.png", file, left_out)
    assert reason_not_to_open(one) == reason
    if reason:
        with pytest.raises(ImageError, match=reason):
            open_found(one)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes in folders")
def test_a_pipe_is_named_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "1.png")
    with pytest.raises(ImageError, match="a pipe or device, not a file"):
        open_found(found(tmp_path / "1.png"))


def test_a_picture_that_cannot_be_had_just_now_may_be_sound_and_one_that_is_gone_is_not(monkeypatch):
    listing = list_address(fill({"1.jpg": b"one", "2.jpg": b"two"}))
    with refusing(monkeypatch, only="2.jpg"), pytest.raises(NotReadError, match="cannot be fetched"):
        open_found(found(listing.place("2.jpg")))
    fill({"1.jpg": b"one"})
    with pytest.raises(ImageError) as caught:
        open_found(found(listing.place("2.jpg")))
    assert type(caught.value) is ImageError


def test_too_many_pixels_are_named(tmp_path):
    Image.new("L", (2000, 600)).save(tmp_path / "1.png")
    with pytest.raises(ImageError, match="megapixels"):
        open_found(found(tmp_path / "1.png"), max_megapixels=1)
