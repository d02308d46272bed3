from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from tools import make_pictures
from tools.drawn_pictures import KINDS, draw, write_drawn_pictures
from tools.site_links import LINK
from vitrine.errors import UserError
from vitrine.models.calibration.selective import Unsure

ROOT = Path(__file__).parents[2]


def test_without_a_browser_there_is_one_message_and_the_pictures_stay(monkeypatch, tmp_path):
    monkeypatch.setattr(make_pictures.shutil, "which", lambda name: None)
    monkeypatch.setattr(make_pictures, "PLACES", ())
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    (tmp_path / "app.png").write_bytes(b"as before")
    with pytest.raises(UserError, match="No browser was found: install Chromium or Chrome"):
        make_pictures.make_pictures(tmp_path)
    assert (tmp_path / "app.png").read_bytes() == b"as before"


def test_drawn_pictures_are_the_same_in_each_call_and_differ_from_each_other(tmp_path):
    folder = write_drawn_pictures(tmp_path / "fruit", 2, side=32)
    files = sorted(folder.glob("*/*.jpg"))
    assert [path.parent.name for path in files] == [kind for kind in KINDS for _ in range(2)]
    assert len({path.read_bytes() for path in files}) == len(files)
    with Image.open(files[0]) as picture:
        assert picture.size == (32, 32)
    first, second = (np.asarray(draw("pear", np.random.default_rng(3), 32)) for _ in range(2))
    assert (first == second).all()


def test_each_language_has_the_pictures_that_its_readme_shows():
    for language, readme in (("en", "README.md"), ("fr", "README.fr.md")):
        shown = [found["address"] for found in LINK.finditer((ROOT / readme).read_text("utf-8")) if found["image"]]
        assert shown == [f"docs/pictures/{make_pictures.name_picture(page, language)}" for page in ("app", "report")]
        assert all((ROOT / path).is_file() for path in shown)


@pytest.mark.parametrize(("unsure", "shown"), [(["001", "002"], "001"), ([], "000")])
def test_the_app_is_shown_with_a_picture_that_the_model_is_unsure_about(tmp_path, unsure, shown):
    examples = [SimpleNamespace(file=f"examples/{name}.png") for name in ("000", "001", "002")]
    decision = Unsure("apple", "quince")
    model = SimpleNamespace(
        predictor=SimpleNamespace(folder=tmp_path, metadata=SimpleNamespace(examples=examples)),
        predict=lambda path: SimpleNamespace(decision=decision if path.stem in unsure else None),
    )
    assert make_pictures.choose_example(model) == shown
