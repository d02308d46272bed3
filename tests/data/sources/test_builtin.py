"""The built-in digits are written as a person's own folder would be."""

from PIL import Image

from vitrine.data.sources.builtin import write_digits
from vitrine.data.sources.class_folders import find_files


def test_digits_are_1797_upright_pictures_in_ten_class_folders_written_once(digits):
    found = find_files(digits)
    assert len(found) == 1797
    assert {file.label_name for file in found} == set("0123456789")
    with Image.open(digits / "0" / "0000.png") as zero:
        assert (zero.mode, zero.size) == ("L", (64, 64))
        assert zero.getpixel((32, 32)) < 60 < 150 < zero.getpixel((26, 10)), "white ink around black paper"
    before = {path: path.stat().st_mtime_ns for path in digits.glob("*/*")}
    assert write_digits(digits) == digits
    assert {path: path.stat().st_mtime_ns for path in digits.glob("*/*")} == before


def test_what_is_there_stays_as_a_person_left_it(tmp_path):
    (tmp_path / "digits/0").mkdir(parents=True)
    assert write_digits(tmp_path / "digits") == tmp_path / "digits"
    assert list((tmp_path / "digits").rglob("*.png")) == []
