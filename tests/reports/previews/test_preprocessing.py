"""What the page of the preparation shows and says."""

import re

import numpy as np
import pytest
from PIL import Image

from tests.conftest import draw_scene
from vitrine.data.images.preprocessing import Preparation
from vitrine.data.images.resizing import resize_image
from vitrine.data.sources.samples import Sample
from vitrine.errors import UserError
from vitrine.reports.previews.preprocessing import (
    compare_ways,
    describe_preparation,
    display_whitened,
    list_stages,
    write_preparation_page,
)
from vitrine.ui.texts import load_texts, plain_spaces

ENGLISH = load_texts("en")
CHOSEN = Preparation(steps=("autocontrast", "crop_centre", "whiten"), resize="letterbox", fill_color="black")


def test_every_step_is_shown_between_the_original_and_the_preprocessed_image():
    stages = list_stages(draw_scene(), CHOSEN, 32, ENGLISH)
    assert [plain_spaces(stage.words) for stage in stages] == [
        "original",
        "1. darkest to black, lightest to white",
        "2. centre, 80 % of each side",
        "preprocessed: with bars",
        "whitened: mean 0, deviation 1",
    ]
    sizes = [tuple(map(int, stage.size.replace("×", "x").split(" x "))) for stage in stages]  # noqa: RUF001
    assert sizes == [(60, 40), (60, 40), (48, 32), (32, 32), (32, 32)]
    assert [stage.chosen for stage in stages] == [False, False, False, False, True]


def test_without_steps_the_resized_picture_is_what_the_network_sees():
    stages = list_stages(draw_scene(), Preparation(), 32, ENGLISH)
    assert [(stage.words, stage.chosen) for stage in stages] == [("original", False), ("preprocessed: squashed", True)]


def test_all_ways_of_resizing_stand_side_by_side_and_differ():
    ways = compare_ways(draw_scene(), CHOSEN, 32, ENGLISH)
    assert [way.chosen for way in ways] == [False, False, True]
    assert len({way.picture.address for way in ways}) == 3


def test_whitened_numbers_are_shown_around_middle_gray():
    picture = np.asarray(display_whitened(resize_image(draw_scene(), 32)))
    assert picture.mean() == pytest.approx(127.5, abs=2)
    even = np.asarray(display_whitened(resize_image(Image.new("RGB", (9, 9), "red"), 32)))
    assert set(even.ravel()) <= {127, 128} | set(even[0, 0])


@pytest.mark.parametrize(
    ("preparation", "sentence"),
    [
        (Preparation(), "Every picture: 64 x 64 pixels, squashed."),
        (
            CHOSEN,
            "Every picture: darkest to black, lightest to white; centre, 80 % of each side; 64 x 64 pixels, with bars; "
            "whitened: mean 0, deviation 1.",
        ),
    ],
)
def test_the_preparation_is_told_in_a_sentence(preparation, sentence):
    assert plain_spaces(describe_preparation(preparation, 64, ENGLISH)).replace("×", "x") == sentence  # noqa: RUF001


def test_the_page_needs_nothing_but_itself_and_escapes_names(tmp_path):
    path = tmp_path / "page.html"
    samples = [Sample("a <b>/1.png", "a <b>", draw_scene()), Sample("photo.jpg", "", draw_scene().resize((900, 300)))]
    write_preparation_page(path, "birds & <more>", samples, CHOSEN, 32)
    text = path.read_text("utf-8")
    assert "<b>/1" not in text
    assert "birds &amp; &lt;more&gt;" in text
    assert "photo" in text
    assert not re.search(r'(src|href)="(?!data:|#)', text)
    assert len(re.findall(r"<img ", text)) == 2 * (5 + 3)


def test_the_page_is_written_in_french(tmp_path):
    write_preparation_page(tmp_path / "page.html", "x", [Sample("1.png", "chat", draw_scene())], CHOSEN, 32, "fr")
    page = plain_spaces((tmp_path / "page.html").read_text("utf-8"))
    said = "Chaque image : le plus sombre en noir, le plus clair en blanc ; centre, 80 % de chaque côté ;"
    assert '<html lang="fr">' in page
    assert said in page
    assert "telle que le réseau la voit" in page


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(UserError, match=r"there is no folder .*nowhere"):
        write_preparation_page(tmp_path / "nowhere" / "page.html", "x", [], CHOSEN, 32)
