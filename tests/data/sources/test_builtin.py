"""The built-in digits are written as a person's own folder would be."""

from PIL import Image

from vitrine.data.sources.builtin import write_digits
from vitrine.data.sources.class_folders import find_files


def test_digits_are_1797_upright_pictures_in_ten_class_folders_written_once(tmp_path):
    folder = write_digits(tmp_path / "data" / "digits")
    found = find_files(folder)
    assert len(found) == 1797
    assert {file.label_name for file in found} == set("0123456789")
    with Image.open(folder / "0" / "0000.png") as zero:
        assert (zero.mode, zero.size) == ("L", (64, 64))
        assert zero.getpixel((32, 32)) < 60 < 150 < zero.getpixel((26, 10)), "white ink around black paper"
    (folder / "0" / "0000.png").unlink()
    write_digits(folder)
    assert not (folder / "0" / "0000.png").exists(), "what is there stays as a person left it"
