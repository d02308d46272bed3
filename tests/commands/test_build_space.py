"""`python -m vitrine build-space`: what is handed on, and what is told."""

from pathlib import Path
from types import SimpleNamespace

import pytest

import vitrine.ship.browser.build as browser
from vitrine.commands import build_space
from vitrine.ship import bundle, bundle_trial
from vitrine.ship.bundle_trial import Trial

MADE = {"folder": Path("space"), "examples": 12}


@pytest.fixture
def model(tmp_path, monkeypatch):
    (tmp_path / "model").mkdir()
    monkeypatch.chdir(tmp_path)
    return "model"


@pytest.mark.parametrize(("option", "with_examples"), [([], True), (["--no-examples"], False)])
def test_a_static_page_is_made_and_what_will_be_public_is_said(model, monkeypatch, capsys, option, with_examples):
    given = []
    page = SimpleNamespace(**MADE, label_names=("a", "b"), page_bytes=4_000_000, model_bytes=6_000_000)
    monkeypatch.setattr(browser, "build_page", lambda *arguments: given.append(arguments) or page)
    assert build_space.main([model, "space", "--static", *option]) == 0
    assert given == [(model, Path("space"), with_examples)]
    out = capsys.readouterr().out
    assert "2 classes, page 4.0 MB, model 6.0 MB" in out
    assert "12 test pictures will be public with it" in out


@pytest.mark.parametrize(("options", "for_zero_gpu"), [([], False), (["--zero-gpu"], True)])
def test_a_gradio_space_is_made_and_tried_when_asked(model, monkeypatch, capsys, options, for_zero_gpu):
    given, tried = [], []
    made = SimpleNamespace(**MADE, sizes={"app.py": 1, "model.onnx": 2}, size_bytes=3_000_000)
    monkeypatch.setattr(bundle, "build_bundle", lambda *arguments, say: given.append(arguments) or made)
    monkeypatch.setattr(bundle_trial, "try_bundle", lambda folder: tried.append(folder) or Trial(1, 2, 3.0))
    assert build_space.main([model, "space", *options]) == 0
    assert given == [(model, Path("space"), True, for_zero_gpu)]
    assert not tried
    assert build_space.main([model, "space", *options, "--try"]) == 0
    assert tried == [Path("space")]
    assert "answers 3.0 s after its start" in capsys.readouterr().out


def test_options_that_contradict_each_other_are_one_message(model, capsys):
    assert build_space.main([model, "space", "--static", "--zero-gpu"]) == 2
    assert "--static: such a page needs no server" in capsys.readouterr().err
