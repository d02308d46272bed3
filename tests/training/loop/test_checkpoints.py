"""A training that is killed at any moment goes on exactly; a checkpoint that does not fit is one message."""

import json
import random
import shutil

import pandas as pd
import pytest
from safetensors.torch import load_file

from tests.factories import make_recipe
from tests.training.children import NEEDS_FORKS, train
from vitrine.errors import UserError
from vitrine.records import folder as run_folder
from vitrine.training.loop.checkpoints import Checkpoints

EPOCHS = 4
STEPS = 3  # of an epoch: 42 training pictures, 16 in a step
KILLED = -9
EVERY_STEP = "engine.checkpoint_minutes=0"
SELDOM = "engine.checkpoint_minutes=1000"
MOMENTS = [
    pytest.param(("step", 5), marks=pytest.mark.slow, id="step_5"),
    pytest.param(("evaluation", 3), marks=pytest.mark.slow, id="evaluation_3"),
    pytest.param(("writing", 7), marks=pytest.mark.slow, id="writing_7"),
    ("renaming", 4),
    pytest.param(("tidying", 2), marks=pytest.mark.slow, id="tidying_2"),
]
LAST = {"step": EPOCHS * STEPS, "evaluation": EPOCHS, "writing": EPOCHS * (STEPS + 1), "tidying": 9}


def recipe_for(prepared, *overrides, processes=1):
    # Dropout, so that the random numbers of the steps matter too; the same pictures in each step for two processes.
    return make_recipe(
        *(prepared, f"optim.epochs={EPOCHS}", f"optim.batch_size={16 // processes}", "model.small_cnn.dropout=0.2"),
        *overrides,
    )


@pytest.fixture(scope="module")
def whole(prepared, tmp_path_factory):
    """Uninterrupted runs, by number of processes."""
    runs = {}

    def get(processes):
        if processes not in runs:
            runs[processes] = tmp_path_factory.mktemp("whole")
            assert train(recipe_for(prepared, processes=processes), runs[processes], processes) == [0] * processes
        return runs[processes]

    return get


def assert_same_end(run, whole):
    weights, wanted = (load_file(folder / run_folder.MODEL / "model.safetensors") for folder in (run, whole))
    assert all(weights[name].equal(wanted[name]) for name in wanted)
    ours, theirs = (pd.read_csv(folder / run_folder.HISTORY) for folder in (run, whole))
    figures = ["epoch", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "learning_rate"]
    pd.testing.assert_frame_equal(ours[figures], theirs[figures], rtol=1e-12)
    assert (run / run_folder.PREDICTIONS).read_text() == (whole / run_folder.PREDICTIONS).read_text()


@NEEDS_FORKS
@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: "_".join(map(str, moment)))
def test_a_killed_training_ends_with_the_very_same_weights(prepared, whole, tmp_path, moment):
    recipe = recipe_for(prepared, EVERY_STEP)
    assert train(recipe, tmp_path, moment=moment) == [KILLED]
    assert train(recipe, tmp_path) == [0]
    assert_same_end(tmp_path, whole(1))


@pytest.mark.slow
@pytest.mark.parametrize("moment", [("step", 8), ("evaluation", 2)], ids=lambda moment: "_".join(map(str, moment)))
def test_two_killed_processes_end_with_the_very_same_weights(prepared, whole, tmp_path, moment):
    recipe = recipe_for(prepared, EVERY_STEP, processes=2)
    assert KILLED in train(recipe, tmp_path, processes=2, moment=moment)
    assert train(recipe, tmp_path, processes=2) == [0, 0]
    assert_same_end(tmp_path, whole(2))


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("number", range(25))
def test_killed_twice_at_random_moments_it_ends_with_the_very_same_weights(
    prepared, whole, tmp_path, number, processes
):
    generator = random.Random(number)  # noqa: S311
    recipe = recipe_for(prepared, generator.choice([EVERY_STEP, SELDOM]), processes=processes)
    for _ in range(2):
        kind = generator.choice(sorted(LAST))
        train(recipe, tmp_path, processes, moment=(kind, generator.randint(1, LAST[kind])))
    assert train(recipe, tmp_path, processes) == [0] * processes
    assert_same_end(tmp_path, whole(processes))


@pytest.mark.slow
def test_ctrl_c_finishes_the_step_and_saves_it(prepared, whole, tmp_path):
    recipe = recipe_for(prepared, SELDOM)
    assert train(recipe, tmp_path, moment=("ctrl_c", 5)) == [130]
    checkpoints = Checkpoints(tmp_path / run_folder.CHECKPOINT, {})
    state = checkpoints.load(checkpoints.newest_first()[0])
    assert (state["position"]["epoch"], state["position"]["step"]) == (1, 2)
    assert train(recipe, tmp_path) == [0]
    assert_same_end(tmp_path, whole(1))


@pytest.mark.slow
def test_a_damaged_checkpoint_is_passed_over(prepared, whole, tmp_path):
    recipe = recipe_for(prepared, EVERY_STEP)
    train(recipe, tmp_path, moment=("step", 8))
    newest = Checkpoints(tmp_path / run_folder.CHECKPOINT, {}).newest_first()[0] / "state.pt"
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    newest.write_bytes(content)
    assert train(recipe, tmp_path) == [0]
    assert_same_end(tmp_path, whole(1))


def test_checkpoints_without_a_sound_one_are_one_message(tmp_path):
    checkpoints = Checkpoints(tmp_path, {})
    checkpoints.save({"number": 1})
    (checkpoints.newest_first()[0] / "state.pt").write_bytes(b"")
    with pytest.raises(UserError, match=r"no checkpoint can be used .*state\.pt is damaged.*Remove the folder"):
        checkpoints.find()


def test_a_checkpoint_of_another_recipe_is_refused_with_what_differs(tmp_path):
    Checkpoints(tmp_path, {"optim.learning_rate": "0.01", "engine.seed": "0"}).save({"number": 1})
    with pytest.raises(UserError, match=r"another training \(optim\.learning_rate is 0\.1, not 0\.01\)"):
        Checkpoints(tmp_path, {"optim.learning_rate": "0.1", "engine.seed": "0"}).find()


def test_two_checkpoints_are_kept_and_leftovers_go(tmp_path):
    checkpoints = Checkpoints(tmp_path, {})
    (tmp_path / ".number_00000009.partial").mkdir()
    for number in range(4):
        checkpoints.save({"number": number})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["number_00000003", "number_00000004"]
    assert checkpoints.load(checkpoints.find()[0]) == {"number": 3}
    facts = json.loads((checkpoints.newest_first()[0] / "checkpoint.json").read_text())
    assert facts.keys() == {"sha256", "identity"}


@pytest.mark.slow
def test_a_checkpoint_from_another_run_is_refused(prepared, tmp_path):
    for name, rate in (("one", "0.01"), ("other", "0.02")):
        (tmp_path / name).mkdir()
        train(recipe_for(prepared, f"optim.learning_rate={rate}", EVERY_STEP), tmp_path / name, moment=("step", 3))
    shutil.rmtree(tmp_path / "other" / run_folder.CHECKPOINT)
    shutil.copytree(tmp_path / "one" / run_folder.CHECKPOINT, tmp_path / "other" / run_folder.CHECKPOINT)
    assert train(recipe_for(prepared, "optim.learning_rate=0.02"), tmp_path / "other") == [1]
    assert "another training (optim.learning_rate is 0.02, not 0.01)" in (tmp_path / "other/error.txt").read_text()
