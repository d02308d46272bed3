"""A tiny comparison on pictures of three colours, whose data set is prepared once."""

import pytest

from tests.factories import write_colored_classes
from vitrine.config.loading import load_recipe
from vitrine.data.prepare.pipeline import write_prepared
from vitrine.records.prepared import Settings

RECIPE = """
data: {{source: "{source}", image_size: 8}}
checks: {{near_duplicates: off, contradictions: keep}}
model: {{small_cnn: {{filters: [4]}}}}
augmentation: {{policy: none, horizontal_flip: false}}
optim: {{epochs: 1, batch_size: 512, learning_rate: 0.01}}
engine: {{precision: fp32, tracker: none}}
"""


@pytest.fixture(scope="session")
def colors(tmp_path_factory):
    """A folder with the recipe `base.yaml` and with the data set that it wants, in `prepared`."""
    folder = tmp_path_factory.mktemp("colors")
    source = write_colored_classes(folder / "source", side=10)
    (folder / "base.yaml").write_text(RECIPE.format(source=source.as_posix()), "utf-8")
    recipe = load_recipe(folder / "base.yaml")
    settings = Settings(data=recipe.data, labels=recipe.labels, checks=recipe.checks, preparation=recipe.preparation)
    (folder / "prepared").mkdir()
    write_prepared(folder / "prepared", "colors", settings)
    return folder


@pytest.fixture(scope="session")
def prepared_colors(colors):
    """The prepared data set alone."""
    return colors / "prepared"


@pytest.fixture
def write_comparison(tmp_path, monkeypatch, colors):
    """A function that writes a comparison beside its base recipe: its path. The tests work in that folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.yaml").write_bytes((colors / "base.yaml").read_bytes())

    def write(text, is_prepared=True):
        path = tmp_path / "trial.yaml"
        data = f"data: {{prepared: {colors / 'prepared'}}}\n" if is_prepared else ""
        path.write_text(f"recipe: base.yaml\n{data}{text}")
        return path

    return write
