"""Explaining many pictures without a command line."""

from dataclasses import replace

import pytest
from PIL import Image

from tests.predict.models import line_of_pixels, narrow_preparation, write_small_cnn
from tests.predict.pictures import name_images
from vitrine.config.data import PreparationSection
from vitrine.explain.explainer import Explainer
from vitrine.predict.predictor import Predictor
from vitrine.workflows.explain import TABLE, explain_files


def test_rows_are_told_one_by_one_and_equal_names_have_files_of_their_own(tmp_path):
    explainer = Explainer(Predictor.load(str(write_small_cnn(tmp_path / "model", PreparationSection()))))
    pictures = name_images([Image.new("RGB", (9, 9), "red"), Image.new("RGB", (9, 9), "blue")], ["a.png", "a.png"])
    told = []
    rows = explain_files(explainer, pictures, tmp_path / "out", checks=False, progress=told.append)
    assert told == rows
    assert len({row.overlay for row in rows}) == 2
    assert {path.name for path in (tmp_path / "out").iterdir()} == {TABLE, *(row.overlay for row in rows)}
    likeliest = explainer.explain(pictures[0].open()).prediction.ranking[0]
    assert (rows[0].label, float(rows[0].probability)) == (likeliest[0], pytest.approx(likeliest[1], abs=1e-6))


def test_a_picture_that_the_preparation_cannot_take_has_this_for_a_problem(tmp_path):
    predictor = Predictor.load(str(write_small_cnn(tmp_path / "model", PreparationSection())))
    explainer = Explainer(replace(predictor, preprocess=narrow_preparation()))
    pictures = name_images([line_of_pixels(), Image.new("RGB", (9, 9), "blue")])
    first, second = explain_files(explainer, pictures, tmp_path / "out", checks=False)
    assert "cannot take 1 x 3000 pixels" in first.problem
    assert (second.problem, bool(second.label)) == ("", True)
