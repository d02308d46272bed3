"""`python -m vitrine augment`: which pictures it shows, and the mistakes that people make."""

import re

import pytest

from tests.conftest import draw_scene
from vitrine.commands import augment


@pytest.fixture
def show(tmp_path, monkeypatch, capsys):
    """A function that runs the command in an empty folder: (exit code, output, errors, page)."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        code = augment.main([*map(str, arguments), "data.image_size=32"])
        page = tmp_path / "augmentation.html"
        return code, *capsys.readouterr(), page.read_text("utf-8") if page.exists() else ""

    return call


def test_one_picture_of_each_class_is_shown_with_its_variants(show, make_class_folders):
    source = make_class_folders({"cat": 3, "dog": 3})
    code, out, _, page = show(f"data.source={source}", "augmentation.policy=strong", "augmentation.mixup=0.4")
    assert code == 0
    assert "10 % in grey" in out
    assert "mixup (alpha 0.4) in 100 % of the batches" in out
    assert "page: augmentation.html" in out
    names = [name.replace("<wbr>", "") for name in re.findall(r"<small>(.*?)</small>", page)]
    assert names == ["cat/000.png", "dog/000.png"]
    assert page.count("<img ") == 2 * 17 + 8


def test_given_pictures_need_no_source(show, tmp_path):
    draw_scene().save(tmp_path / "scene.png")
    unchanged = ("augmentation.policy=none", "augmentation.horizontal_flip=off")
    code, out, _, page = show(*unchanged, "--pictures", "scene.png", "--out", "augmentation.html")
    assert code == 0
    assert "nothing is changed" in out
    assert "scene" in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--pictures", "nothing.png"], "--pictures: nothing.png cannot be shown: the file is not there"),
        (["augmentation.policy=stron"], "did you mean strong?"),
        (["augmentation.crop_max=0.5"], "augmentation.crop_min must not be larger than crop_max"),
        (["augmentation.operations=2"], "belong to policy 'randaugment'"),
    ],
)
def test_a_mistake_is_one_message(show, arguments, message):
    code, _, errors, page = show(*arguments)
    assert code == 2
    assert message in errors
    assert not page
