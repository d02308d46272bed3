"""The recipe before and the best one are trained with the same seeds, once each, and compared answer by answer."""

import re
from types import SimpleNamespace

import pandas as pd
import pytest

from vitrine.config.loading import load_recipe
from vitrine.errors import UserError
from vitrine.experiments.search import gain
from vitrine.experiments.search.gain import measure_gain
from vitrine.records.folder import PREDICTIONS

FILES = ["a.png", "b.png", "c.png", "d.png"]
# By learning rate and seed: which of the four pictures are named rightly.
WITHOUT_DIGEST = re.compile(r"_[0-9a-f]{8}(?=[.:]|$)")
RIGHT = {(0.1, 0): "ab", (0.1, 1): "a", (0.2, 0): "abc", (0.2, 1): "abcd"}


@pytest.fixture
def measure(monkeypatch, tmp_path):
    """A function that measures the gain of a rate of 0.2 over 0.1 with trainings that take no time."""
    trained, said = [], []

    def train(recipe, folder, studies, prepared):
        assert (studies, recipe.engine.tracker) == (False, "none")
        right = RIGHT[recipe.optim.learning_rate, recipe.engine.seed]
        if right is None:
            raise UserError("the loss is no longer a number")
        trained.append(folder.name)
        # The order of a table is the loader's; answers are held against each other by file.
        files = FILES if recipe.engine.seed else FILES[::-1]
        table = pd.DataFrame({"file": files, "correct": [file[0] in right for file in files]})
        table.to_csv(folder / PREDICTIONS, index=False)
        return SimpleNamespace(test=SimpleNamespace(accuracy=len(right) / 4))

    def call(seeds=(0, 1), digest="pictures"):
        monkeypatch.setattr(gain, "run_training", train)
        before, best = (load_recipe(None, [f"optim.learning_rate={rate}"]) for rate in (0.1, 0.2))
        return measure_gain(before, best, 7, seeds, SimpleNamespace(version=digest), tmp_path, said.append)

    call.trained, call.said, call.folder = trained, said, tmp_path / "final"
    return call


def test_the_gain_is_the_difference_of_the_mean_accuracies(measure):
    difference, seconds = measure()
    assert difference.base_accuracy == pytest.approx(3 / 8)
    assert difference.variant_accuracy == pytest.approx(7 / 8)
    assert difference.points == pytest.approx(50)
    assert (difference.only_base_right, difference.only_variant_right) == (0, 4)
    assert (difference.pictures, difference.seeds) == (4, (2, 2))
    assert seconds >= 0


def test_each_run_has_a_folder_by_recipe_and_seed_and_a_line(measure):
    measure()
    names = ["before_seed_0", "best_0007_seed_0", "before_seed_1", "best_0007_seed_1"]
    assert [WITHOUT_DIGEST.sub("", name) for name in measure.trained] == [f"{name}.unfinished" for name in names]
    assert sorted(WITHOUT_DIGEST.sub("", path.name) for path in measure.folder.iterdir()) == sorted(names)
    assert [WITHOUT_DIGEST.sub("", line).split(" (")[0] for line in measure.said[:2]] == [
        "before_seed_0: test accuracy 0.5000",
        "best_0007_seed_0: test accuracy 0.7500",
    ]


def test_what_is_trained_already_is_not_trained_again_and_counts_with_its_seconds(measure):
    measure(seeds=(0,))
    for run in measure.folder.iterdir():
        (run / "seconds.json").write_text("2.5")
    measure.trained.clear()
    _, seconds = measure(seeds=(0,))
    assert (measure.trained, seconds) == ([], 5.0)
    measure(seeds=(0,), digest="other pictures")
    assert len(measure.trained) == 2


def test_a_training_that_fails_is_named(measure, monkeypatch):
    monkeypatch.setitem(RIGHT, (0.2, 0), None)  # has no answers
    with pytest.raises(UserError, match=r"^best_0007_seed_0_[0-9a-f]{8}: the loss is no longer a number$"):
        measure(seeds=(0,))


def test_answers_that_cannot_be_read_are_named_with_what_to_remove(measure):
    measure(seeds=(0,))
    (run,) = measure.folder.glob("before_seed_0_*")
    (run / PREDICTIONS).write_text("file\n")
    with pytest.raises(UserError, match=rf"predictions\.csv: cannot be read; remove .*{run.name} and run the same"):
        measure(seeds=(0,))
