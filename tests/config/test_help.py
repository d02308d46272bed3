"""The schema as help text."""

import pytest

from vitrine.config.help import describe_parameters
from vitrine.config.loading import parameter_names
from vitrine.config.recipe import Recipe


def test_help_shows_every_parameter_with_its_meaning():
    text = describe_parameters()
    for name in parameter_names(Recipe):
        assert f"\n  {name} = " in f"\n{text}"


def test_help_shows_defaults_choices_and_limits_as_a_recipe_writes_them():
    text = describe_parameters()
    assert "data.image_size = 224  (at least 8, at most 1024)" in text
    assert "augmentation.policy = light  (none | light | standard | strong" in text
    assert "augmentation.horizontal_flip = true" in text
    assert "model.small_cnn.filters = [32, 64, 128]" in text
    assert "optim.learning_rate = 0.001  (more than 0, at most 10)" in text
    assert "data.prepared = null" in text


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_help_fits_the_terminal(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    assert max(map(len, describe_parameters().splitlines())) <= min(columns, 100)
