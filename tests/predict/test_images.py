"""Pictures of any source, as predictions take them."""

import pytest
from PIL import Image

from vitrine.data.images.decoding import ImageError, Rendering
from vitrine.data.sources.unlabeled_source import find_unlabeled
from vitrine.predict.images import from_files, from_images


def test_uploads_are_numbered_or_named_and_opened_as_copies():
    upload = Image.new("RGB", (3, 2), "red")
    numbered = from_images([upload, upload])
    assert [picture.file for picture in numbered] == ["0", "1"]
    assert [picture.file for picture in from_images([upload], ["photo.jpg"])] == ["photo.jpg"]
    opened = numbered[0].open()
    opened.putpixel((0, 0), (0, 0, 255))
    assert upload.getpixel((0, 0)) == (255, 0, 0)
    assert numbered[0].open_preprocessed is None


def test_pictures_and_names_of_different_number_are_refused():
    with pytest.raises(ValueError, match="argument 2 is"):
        from_images([Image.new("RGB", (1, 1))] * 2, ["one"])


def test_files_are_opened_in_rgb_on_the_models_fill_color_when_they_are_asked_for(tmp_path):
    Image.new("RGBA", (2, 2), (0, 0, 0, 0)).save(tmp_path / "glass.png")
    (picture,) = from_files(find_unlabeled([tmp_path], tmp_path), Rendering("grey"))
    opened = picture.open()
    assert (opened.mode, picture.file.endswith("glass.png")) == ("RGB", True)
    assert opened.getpixel((0, 0)) not in ((0, 0, 0), (255, 255, 255))
    assert len(set(opened.getpixel((0, 0)))) == 1


def test_what_the_source_left_out_says_why_when_it_is_opened(tmp_path):
    (tmp_path / "notes.txt").write_text("no picture")
    (picture,) = from_files(find_unlabeled([tmp_path], tmp_path), Rendering())
    with pytest.raises(ImageError, match=r"not a picture \(\.txt\)"):
        picture.open()
