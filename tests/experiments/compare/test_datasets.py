"""Which variants share a prepared data set, where it lies, and when it is prepared."""

from pathlib import Path

import pytest

from tests.experiments.comparisons import do, refuse
from vitrine.errors import UserError
from vitrine.experiments.compare.datasets import find_data_sets, prepare_missing
from vitrine.experiments.compare.file import load_comparison
from vitrine.experiments.compare.plan import plan_runs
from vitrine.experiments.compare.results import collect_figures
from vitrine.records.folder import METRICS
from vitrine.records.run import Metrics
from vitrine.workflows.prepare import write_data_set

BARE = "model: {small_cnn: {filters: [4]}}\nengine: {tracker: none}\n"
VARIANTS = "variants: {plain: {}, wide: {'model.small_cnn.filters': [6]}}\n"


@pytest.fixture
def bare_comparison(write_comparison):
    """A comparison whose base recipe states nothing of the pictures."""
    path = write_comparison(VARIANTS)
    (path.parent / "base.yaml").write_text(BARE)
    return path


def test_what_no_variant_states_is_taken_from_the_named_data_set(bare_comparison, prepared_colors):
    comparison = load_comparison(bare_comparison)
    (found,) = find_data_sets(comparison)
    assert (found.folder, found.is_there, found.variants) == (prepared_colors, True, ("plain", "wide"))
    runs = plan_runs(comparison, Path("runs/trial"), {"plain": prepared_colors, "wide": prepared_colors})
    assert {run.recipe.data.image_size for run in runs} == {8}


def test_a_run_is_the_same_whether_its_settings_are_stated_or_taken(bare_comparison, prepared_colors):
    places = {"plain": prepared_colors, "wide": prepared_colors}
    stated = load_comparison(bare_comparison, ["data.image_size=8", "checks.near_duplicates=off"])
    taken = load_comparison(bare_comparison)
    identities = [[run.identity for run in plan_runs(one, Path("runs/x"), places)] for one in (stated, taken)]
    assert identities[0] == identities[1]


def test_what_a_variant_states_differently_is_refused_by_name_and_values(bare_comparison):
    with pytest.raises(UserError, match=r"variants\.wide: .*data\.image_size is 16, not 8"):
        find_data_sets(load_comparison(bare_comparison, ["variants.wide.data.image_size=16"]))


def test_a_data_set_in_a_store_is_copied_and_not_prepared(bare_comparison, prepared_colors, put_in_store):
    address = put_in_store(prepared_colors)
    (found,) = find_data_sets(load_comparison(bare_comparison, [f"data.prepared={address}"]))
    assert found.is_there
    assert (found.folder / "prepared.json").read_bytes() == (prepared_colors / "prepared.json").read_bytes()


def test_a_data_set_that_nobody_named_is_used_only_if_it_is_what_would_be_prepared(bare_comparison, prepared_colors):
    (bare_comparison.parent / "prepared").mkdir()
    (bare_comparison.parent / "prepared/base").symlink_to(prepared_colors)
    (found,) = find_data_sets(load_comparison(bare_comparison, ["data.prepared=null"]))
    assert (found.folder, found.is_there) == (Path("prepared/trial"), False)


@pytest.mark.slow
def test_folds_are_runs_of_their_own_and_missing_pictures_are_prepared(write_comparison):
    path = write_comparison("folds: 3\nseeds: [0]\nvariants: {plain: {}}\n", is_prepared=False)
    comparison = load_comparison(path)
    folder = Path("runs/trial")
    folder.mkdir(parents=True)
    prepared = prepare_missing(comparison, folder, write_data_set, print)
    assert prepared == {"plain": Path("prepared/trial")}
    runs = plan_runs(comparison, folder, prepare_missing(comparison, folder, refuse, print))
    assert [run.folder.name for run in runs] == [f"fold_{one.fold}_seed_0_{one.identity[:8]}" for one in runs]
    do(runs)
    figures = collect_figures(comparison, runs)
    assert [run.fold for run in figures.runs] == [0, 1, 2]
    assert len({run.identity for run in runs}) == 3
    assert len({Metrics.read(run.folder / METRICS).validation.loss for run in runs}) == 3
    assert figures.variants[0].runs == 3
