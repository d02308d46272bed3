"""A comparison in Python: what is planned of variants, and how far it is."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

import vitrine
from tests.factories import fault_of
from vitrine.experiments.compare.runner import Event
from vitrine.workflows import compare as workflow
from vitrine.workflows.compare import do_missing


@pytest.fixture
def planned(monkeypatch):
    """The comparisons that were about to be done, which ends them."""
    plans = []

    def stop(plan, folder, *_):
        plans.append((plan, folder))
        raise KeyboardInterrupt

    monkeypatch.setattr(workflow, "plan_missing", stop)
    return plans


def test_variants_with_short_names_become_recipes_of_the_data_set(colors_folder, planned):
    variants = {
        "slow": {"learning_rate": 1e-4},
        "quick": {"optim.learning_rate": 1e-2, "model": {"small_cnn": {"filters": [4]}}},
    }
    with pytest.raises(KeyboardInterrupt):
        vitrine.compare("prepared/colours", variants, seeds=[3, 4], epochs=2, folder="out")
    ((plan, folder),) = planned
    assert (plan.name, plan.seeds, plan.reference, str(folder)) == (
        "colours_comparison", (3, 4), "slow", "out/colours_comparison",
    )  # fmt: skip
    slow, quick = (variant.recipe for variant in plan.variants)
    assert (slow.optim.learning_rate, quick.optim.learning_rate, quick.model.small_cnn.filters) == (1e-4, 1e-2, (4,))
    assert {recipe.optim.epochs for recipe in (slow, quick)} == {2}
    assert {recipe.data.prepared for recipe in (slow, quick)} == {"prepared/colours"}


def test_a_file_says_everything_itself(colors_folder, planned):
    (colors_folder / "mine.yaml").write_text("recipe: base.yaml\nseeds: [1]\nvariants: {a: {}}\n")
    (colors_folder / "base.yaml").write_text("optim: {epochs: 2}\n")
    assert "leave out recipe, name and parameters" in fault_of(vitrine.compare, "mine.yaml", epochs=3)
    with pytest.raises(KeyboardInterrupt):
        vitrine.compare("mine.yaml")
    assert (planned[0][0].name, planned[0][0].seeds) == ("mine", (1,))


def test_no_worker_and_a_seed_beside_the_seeds_are_refused(colors_folder):
    variants = {"a": {}, "b": {"epochs": 2}}
    assert fault_of(vitrine.compare, "prepared/colours", variants, workers=0) == "workers: must be at least 1 (got 0)"
    assert "give seeds=[0, 1, 2]" in fault_of(vitrine.compare, "prepared/colours", variants, seed=3)


def test_bars_begin_with_what_was_done_or_failed_before():
    def run(done, failed):
        return SimpleNamespace(is_done=lambda: done, failure=SimpleNamespace(exists=lambda: failed))

    shown = []
    told = workflow._Told(lambda *given: shown.append(given), [run(True, False), run(False, True), run(False, False)])
    told.tell(Event("epoch", "c", 1, 5))
    told.tell(Event("done", "c"))
    assert shown == [("epoch", 1, 5), ("runs", 2, 3), ("runs", 3, 3)]


def test_a_damaged_data_set_is_named_once_before_any_run_starts(colors_folder):
    shutil.copytree("prepared/colours", "prepared/damaged")
    shard = max(Path("prepared/damaged").rglob("*.arrow"), key=lambda path: path.stat().st_size)
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    recipe = SimpleNamespace(prepared_folder=Path("prepared/damaged"))
    failure = SimpleNamespace(exists=lambda: False)
    runs = [SimpleNamespace(recipe=recipe, is_done=lambda: False, failure=failure)] * 2
    told = []
    assert f"{shard.name} does not hold what was written" in fault_of(do_missing, runs, told.append)
    assert told == []
