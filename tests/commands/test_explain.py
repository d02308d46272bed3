"""`python -m vitrine explain`: overlays and a table."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from tests.predict.models import write_small_cnn
from vitrine.commands import explain
from vitrine.config.data import PreparationSection
from vitrine.explain import occlusion, shap_values
from vitrine.explain.explainer import METHODS
from vitrine.explain.perturbation import HIDINGS


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_small_cnn(tmp_path_factory.mktemp("model"), PreparationSection())


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    generator = np.random.default_rng(0)
    for name in ("a.png", "=b.png"):
        Image.fromarray(generator.integers(0, 256, (20, 30, 3), dtype=np.uint8)).save(folder / name)
    (folder / "broken.jpg").write_text("no picture")
    return folder


def test_every_picture_has_an_overlay_and_a_row(model, pictures, tmp_path, capsys):
    assert explain.main([str(model), str(pictures), "--output", str(tmp_path / "out")]) == 0
    rows = list(csv.DictReader((tmp_path / "out/explanations.csv").open(encoding="utf-8")))
    assert [row["file"].rpartition("/")[2].rpartition("'")[2] for row in rows] == ["=b.png", "a.png", "broken.jpg"]
    for row in rows[:2]:
        assert Image.open(tmp_path / "out" / row["overlay"]).size == (30, 20)
        assert row["trusted"] in ("yes", "no")
        assert 0 <= float(row["deletion"]) <= 1
    assert rows[2]["problem"].startswith("a text")
    said = capsys.readouterr().out
    assert "of 2 maps say more than maps that know nothing" in said
    assert "explanations.csv" in said


def test_checks_can_be_left_out_and_a_class_be_named(model, pictures, tmp_path):
    labels = json.loads((model / "config.json").read_text())["label2id"]
    words = [str(model), str(pictures / "a.png"), "--output", str(tmp_path / "out"), "--no-checks"]
    assert explain.main([*words, "--label", list(labels)[1], "--method", "occlusion"]) == 0
    (row,) = csv.DictReader((tmp_path / "out/explanations.csv").open(encoding="utf-8"))
    assert (row["label"], row["trusted"], row["deletion"]) == (list(labels)[1], "", "")


def test_where_nothing_can_be_explained_the_exit_code_says_so(model, pictures, tmp_path, capsys):
    assert explain.main([str(model), str(pictures / "broken.jpg"), "--output", str(tmp_path / "out")]) == 2
    assert "no picture was explained; the column problem of " in capsys.readouterr().err


def test_a_class_with_a_typo_is_suggested(model, pictures, tmp_path, capsys):
    words = [str(model), str(pictures / "a.png"), "--output", str(tmp_path / "out"), "--label"]
    known = list(json.loads((model / "config.json").read_text())["label2id"])[1]
    assert explain.main([*words, f"{known}x"]) == 2
    assert f"the model knows no class '{known}x'" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_named(model, pictures, tmp_path, capsys):
    (tmp_path / "taken").write_text("a file")
    assert explain.main([str(model), str(pictures), "--output", str(tmp_path / "taken")]) == 2
    assert "taken: cannot be written" in capsys.readouterr().err


def test_maps_do_not_go_among_the_pictures(model, pictures, capsys):
    for output in (pictures, pictures / "maps"):
        assert explain.main([str(model), str(pictures), "--output", str(output)]) == 2
        assert "lies among the pictures; give a folder of its own" in capsys.readouterr().err


def test_the_methods_are_those_that_there_are():
    assert explain.METHODS == METHODS
    assert explain.HIDINGS == HIDINGS
    assert explain.EVALUATIONS == {"shap": shap_values.EVALUATIONS, "occlusion": occlusion.EVALUATIONS}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--hiding", "blur"], "--hiding: is for --method shap alone"),
        (["--evaluations", "100", "--method", "hirescam"], "--evaluations: is for --method shap or occlusion"),
        (["--evaluations", "3", "--method", "shap"], "--evaluations 3: must be at least 10"),
    ],
)
def test_options_of_shapley_values_are_refused_where_they_do_nothing(capsys, options, words):
    assert explain.main(["model", "photo.jpg", *options]) == 2
    assert words in capsys.readouterr().err
