"""The search file: what is refused before the first trial."""

from pathlib import Path

import pytest

from vitrine.errors import UserError
from vitrine.experiments.search.file import load_search

FILES = sorted((Path(__file__).parents[3] / "configs" / "search").glob("*.yaml"))


@pytest.fixture
def write(tmp_path):
    """A function that writes a search file over an empty recipe and returns its path."""
    (tmp_path / "base.yaml").write_text("optim: {epochs: 3}\n")

    def write(parameters, rest=""):
        path = tmp_path / "mine.yaml"
        path.write_text(f"recipe: base.yaml\n{rest}\nparameters:\n  {parameters}\n")
        return path

    return write


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_ready_files_load_and_open_with_their_purpose_and_commands(path):
    search = load_search(path)
    assert search.name == path.stem
    header = path.read_text("utf-8").split("recipe:")[0]
    assert f"python -m vitrine search configs/search/{path.name}" in header
    assert "python data_prep.py configs/" in header


def test_the_search_of_the_dog_shelter_covers_all_that_its_authors_tuned():
    names = {parameter.name for parameter in load_search(FILES[0].with_name("s1.yaml")).space}
    assert names >= {"model.small_cnn.filters", "model.small_cnn.dense_units", "model.small_cnn.dense_dropouts"}
    assert names >= {"optim.name", "optim.learning_rate"}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ("optim.learning_rat: {low: 1e-4, high: 1e-2}", "unknown name; did you mean optim.learning_rate?"),
        ("optim.lr: {low: 1e-4, high: 1e-2}", "unknown name; did you mean optim.learning_rate?"),
        ("optim: {low: 1e-4, high: 1e-2}", "optim: is a section; name its parameters"),
        ("optim.learning_rate: {low: 1e-4, high: 20}", "optim.learning_rate: must be at most 10 (got 20.0)"),
        ("optim.learning_rate: {low: 0, high: 1}", "optim.learning_rate: must be greater than 0"),
        ("optim.learning_rate: {low: 0, high: 1, log: true}", "log needs a low above 0 (got 0)"),
        ("optim.learning_rate: {low: 1, high: 0.1}", "low must be less than high (got 1 and 0.1)"),
        ("optim.learning_rate: {lo: 1, high: 0.1}", "unknown name; did you mean low?"),
        ("optim.learning_rate: {low: 0.1}", "give low and high, or choices"),
        ("optim.name: {choices: [adamw, sdg]}", "must be 'adamw', 'adam', 'sgd' or 'rmsprop' (got 'sdg')"),
        ("optim.name: {low: 1, high: 2}", "optim.name: must be 'adamw', 'adam', 'sgd' or 'rmsprop'"),
        ("optim.name: {choices: [sgd, sgd]}", "optim.name: sgd is there twice"),
        ("optim.accumulate: {low: 1.5, high: 4}", "optim.accumulate: must be a whole number (got 1.5)"),
        ("optim.epochs: {low: 1, high: 4}", "set 'epochs' of the search"),
        ("data.image_size: {choices: [32, 64]}", "data.image_size: cannot be searched"),
        ("engine.seed: {low: 1, high: 4}", "engine.seed: cannot be searched"),
        ("model.small_cnn.kernel_sizes: {choices: [[3], [4]]}", "[4] fits none of the others: model.small_cnn: kernel"),
    ],
)
def test_what_no_trial_could_train_is_refused(write, parameters, message):
    with pytest.raises(UserError) as error:
        load_search(write(parameters))
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("rest", "overrides", "message"),
    [
        ("trails: 3", [], "trails: unknown name; did you mean trials?"),
        ("pruner: {methd: median}", [], "did you mean method?"),
        ("trials: 0", [], "trials: must be at least 1 (got 0)"),
        ("seeds: [1, 1]", [], "seeds: a seed is there twice"),
        ("", ["optim.learning_rate=0.1"], "optim.learning_rate: is searched"),
        ("", ["optim.epoch=3"], "did you mean optim.epochs?"),
        ("epochs: 2", ["model.backbone=some", "model.frozen_epochs=2"], "epochs: model.frozen_epochs must be less"),
    ],
)
def test_faults_of_the_file_and_of_overrides_are_named(write, rest, overrides, message):
    with pytest.raises(UserError) as error:
        load_search(write("optim.learning_rate: {low: 1e-4, high: 1e-2}", rest), overrides)
    assert message in str(error.value)


def test_every_fault_is_listed_at_once(write):
    with pytest.raises(UserError) as error:
        load_search(write("optim.lr: {low: 1, high: 2}\n  optim.momentum: {low: 0, high: 2}"))
    assert str(error.value).count("\n") == 2


def test_a_missing_base_recipe_is_named(tmp_path):
    (tmp_path / "mine.yaml").write_text("recipe: nowhere.yaml\nparameters: {optim.momentum: {low: 0, high: 0.9}}\n")
    with pytest.raises(UserError, match="there is no such recipe"):
        load_search(tmp_path / "mine.yaml")


def test_overrides_change_the_search_and_its_base(write):
    search = load_search(
        write("optim.momentum: {low: 0, high: 0.9}"), ["trials=7", "pruner.method=none", "optim.name=sgd", "name=other"]
    )
    assert (search.file.trials, search.file.pruner.method, search.base.optim.name) == (7, "none", "sgd")
    assert (search.name, search.epochs) == ("other", 3)


def test_a_name_on_the_command_line_names_the_search_and_the_data_set_as_with_other_commands(write):
    path = write("optim.learning_rate: {low: 1e-4, high: 1e-2}")
    search = load_search(path, ["name=dogs"])
    assert (search.name, str(search.base.prepared_folder)) == ("dogs", "prepared/dogs")
    assert load_search(path).base.name == "base"


@pytest.mark.parametrize(
    ("parameters", "kind", "ends"),
    [
        ("optim.accumulate: {low: 1, high: 8}", "int", (1, 8)),
        ("optim.weight_decay: {low: 0, high: 1}", "float", (0.0, 1.0)),
        ("optim.batch_size: {low: 16, high: 64, step: 16}", "int", (16, 64)),
    ],
)
def test_whole_ends_mean_whole_numbers_where_the_recipe_wants_them(write, parameters, kind, ends):
    (parameter,) = load_search(write(parameters)).space
    assert (parameter.kind, parameter.extremes) == (kind, ends)


def test_values_travel_to_the_study_and_back(write):
    (parameter,) = load_search(write("model.small_cnn.filters: {choices: [[8], [8, 16]]}")).space
    assert parameter.labels == ("[8]", "[8, 16]")
    assert parameter.read("[8, 16]") == [8, 16]
    assert parameter.store([8, 16]) == "[8, 16]"
    assert parameter.store([8, 17]) is None
