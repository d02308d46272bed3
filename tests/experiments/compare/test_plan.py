"""What makes two runs the same run, and where each lies."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from tests.experiments.comparisons import ONE, TWO, plan
from vitrine.errors import UserError


@pytest.mark.parametrize("override", ["engine.tracker=tensorboard", "engine.checkpoint_minutes=1"])
def test_what_does_not_change_the_figures_does_not_ask_for_a_new_run(write_comparison, override):
    path = write_comparison(ONE)
    assert plan(path)[1][0].identity == plan(path, override)[1][0].identity


def test_other_pictures_ask_for_new_runs(write_comparison, prepared_colors, tmp_path):
    path = write_comparison(ONE)
    (tmp_path / "copy").symlink_to(prepared_colors)
    manifest = pd.read_parquet(prepared_colors / "manifest.parquet")
    other = tmp_path / "other"
    other.mkdir()
    for file in prepared_colors.iterdir():
        (other / file.name).symlink_to(file)
    (other / "manifest.parquet").unlink()
    manifest.loc[manifest["status"] == "kept", "label_name"] = "red"
    manifest.to_parquet(other / "manifest.parquet")
    own, copied, changed = (
        plan(path, f"data.prepared={folder}")[1][0].identity for folder in (prepared_colors, tmp_path / "copy", other)
    )
    assert own == copied != changed


def test_runs_come_seed_by_seed_each_with_its_recipe_and_a_folder_of_its_own(write_comparison, prepared_colors):
    _, runs = plan(write_comparison(TWO))
    assert [run.title for run in runs] == ["plain, seed 0", "wide, seed 0", "plain, seed 1", "wide, seed 1"]
    assert [run.recipe.engine.seed for run in runs] == [0, 0, 1, 1]
    assert [run.recipe.model.small_cnn.filters for run in runs[:2]] == [(4,), (6,)]
    assert {run.recipe.data.prepared for run in runs} == {str(prepared_colors)}
    assert runs[0].folder == Path(f"runs/trial/plain/seed_0_{runs[0].identity[:8]}")
    assert len({run.folder for run in runs}) == len({run.identity for run in runs}) == 4
    assert len({run.lock for run in runs}) == 4


def test_a_fold_is_named_in_the_title(write_comparison):
    (run,) = plan(write_comparison(ONE))[1]
    assert replace(run, fold=1).title == "plain, fold 1, seed 0"


def test_a_folder_without_figures_is_named_with_what_to_do(write_comparison):
    (run,) = plan(write_comparison(ONE))[1]
    assert not run.is_done()
    run.folder.mkdir(parents=True)
    with pytest.raises(UserError, match=r"metrics\.json is missing; remove the folder to train it again"):
        run.is_done()
    (run.folder / "metrics.json").touch()
    assert run.is_done()
