"""Pictures of any source, as predictions take them."""

import pytest
from PIL import Image

from vitrine.data.images.decoding import ImageError, Rendering
from vitrine.data.sources.unlabeled_source import find_unlabeled
from vitrine.predict.images import from_files


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
