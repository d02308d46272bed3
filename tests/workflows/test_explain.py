"""Explaining many pictures without a command line."""

import pytest
from PIL import Image

from tests.predict.models import write_small_cnn
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
