"""A tiny comparison on built-in digits, whose data set is prepared once."""

import pytest

from vitrine.config.loading import load_recipe
from vitrine.data.prepare.pipeline import write_prepared
from vitrine.records.prepared import Settings

RECIPE = """
data: {source: "builtin:digits", image_size: 8}
checks: {near_duplicates: off}
model: {small_cnn: {filters: [4]}}
augmentation: {policy: none, horizontal_flip: false}
optim: {epochs: 1, batch_size: 512, learning_rate: 0.01}
engine: {precision: fp32, tracker: none}
"""


@pytest.fixture(scope="session")
def digits(tmp_path_factory):
    """The prepared data set that the recipes of these tests want."""
    folder = tmp_path_factory.mktemp("digits")
    (folder / "base.yaml").write_text(RECIPE)
    recipe = load_recipe(folder / "base.yaml")
    settings = Settings(data=recipe.data, labels=recipe.labels, checks=recipe.checks, preparation=recipe.preparation)
    prepared = folder / "prepared"
    prepared.mkdir()
    write_prepared(prepared, "digits", settings)
    return prepared


@pytest.fixture
def write_comparison(tmp_path, monkeypatch, digits):
    """A function that writes a comparison beside its base recipe: its path. The tests work in that folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.yaml").write_text(RECIPE)

    def write(text, is_prepared=True):
        path = tmp_path / "trial.yaml"
        data = f"data: {{prepared: {digits}}}\n" if is_prepared else ""
        path.write_text(f"recipe: base.yaml\n{data}{text}")
        return path

    return write
