"""Colours that everybody can tell apart and read."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from vitrine.ui.palette import CLASS_COLORS, DARK, LIGHT, SPLITS, split_color


@pytest.mark.parametrize(("column", "fill_color"), [(0, "#f6f5f2"), (1, "#242930")])
def test_dots_have_the_contrast_that_wcag_asks_for(column, fill_color):
    for colors in CLASS_COLORS:
        assert contrast(colors[column], fill_color) >= 3


# Machado, Oliveira and Fernandes, "A physiologically-based model for simulation of color vision deficiency", 2009.
COLOR_BLINDNESS = {
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritanopia": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


def linear(color):
    channels = np.asarray(to_rgb(color))
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(light):
    """CIELAB of linear sRGB."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ light.clip(0, 1) / np.array([0.9505, 1.0, 1.089])
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast(first, second):
    weights = (0.2126, 0.7152, 0.0722)
    dark, light = sorted((linear(first) @ weights, linear(second) @ weights))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("kind", COLOR_BLINDNESS)
def test_colors_side_by_side_stay_apart_for_color_blind_people(theme, kind):
    seen = {name: lab(np.array(COLOR_BLINDNESS[kind]) @ linear(getattr(theme, name))) for name in vars(theme)}
    for first, second in (("right", "wrong"), ("training", "validation"), ("validation", "test"), ("test", "gate")):
        assert np.linalg.norm(seen[first] - seen[second]) > 25, (first, second)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_has_the_contrast_that_wcag_asks_for(theme):
    for color in (theme.text, theme.muted, theme.right, theme.wrong):
        for fill_color in (theme.page, theme.surface, theme.raised):
            assert contrast(color, fill_color) >= 4.5, (color, fill_color)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_each_split_has_a_color_of_its_own_and_another_name_none(theme):
    assert len({split_color(theme, split) for split in (*SPLITS, "gate")}) == len(SPLITS) + 1
    with pytest.raises(KeyError):
        split_color(theme, "holdout")
