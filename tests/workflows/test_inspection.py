from PIL import Image

from vitrine.workflows.inspection import inspect_image


def test_a_picture_is_told_by_its_size_and_looks():
    size, (brightness, contrast, is_grey, sharpness) = inspect_image(Image.new("RGB", (40, 30), "black"))
    assert size == (40, 30)
    assert (brightness, contrast, sharpness) == (0, 0, 0)
    assert is_grey
    assert not inspect_image(Image.new("RGB", (40, 30), "red"))[1][2]
