import numpy as np
import pytest
from PIL import Image

from tools import make_pictures
from tools.drawn_pictures import KINDS, draw, write_drawn_pictures
from vitrine.errors import UserError


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
