import numpy as np
from PIL import Image

from vitrine.workflows.inspection import LOOKS, inspect_image


def test_a_picture_is_told_by_its_size_and_looks():
    size, (brightness, contrast, is_grey, sharpness) = inspect_image(Image.new("RGB", (40, 30), "black"))
    assert size == (40, 30)
    assert (brightness, contrast, sharpness) == (0, 0, 0)
    assert is_grey
    assert not inspect_image(Image.new("RGB", (40, 30), "red"))[1][2]


def test_what_is_told_of_many_pictures_fits_into_an_array():
    told = [inspect_image(Image.new("RGB", (40, 30), color)) for color in ("black", "red")]
    kept = np.array(told, LOOKS)
    assert kept["size"].tolist() == [[40, 30], [40, 30]]
    assert [looks.item() for looks in kept["looks"]] == [looks for _, looks in told]
