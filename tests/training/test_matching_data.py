import logging

import pytest

from tests.data.trees import prepare
from tests.factories import make_recipe, write_colored_classes
from tests.factories import prepare as prepare_default
from vitrine.config.data import LabelsSection
from vitrine.config.loading import load_recipe
from vitrine.config.recipe import Recipe
from vitrine.errors import UserError
from vitrine.training.matching_data import adopt_settings, open_matching_data

TINY = ("model.small_cnn.filters=[8]", "optim.epochs=1", "engine.tracker=none")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    return prepare_default(write_colored_classes(folder / "source"), folder / "prepared" / "colours")


@pytest.fixture(scope="module")
def unusual(tmp_path_factory):
    """A data set that was made with other settings than the defaults, in every section."""
    source = write_colored_classes(tmp_path_factory.mktemp("data") / "source", per_class=9)
    labels = LabelsSection(target="red", rest="other")
    return prepare(source, labels=labels, validation_fraction=0.25, folds=3, fold=2)


def open_with(data_set, *overrides):
    return open_matching_data(load_recipe(None, [f"data.prepared={data_set.folder}", *TINY, *overrides]))


def test_what_the_recipe_does_not_state_is_taken_from_the_data_set(unusual):
    opened, recipe = open_with(unusual)
    stored = unusual.facts.settings
    assert opened.label_names == ("other", "red")
    assert (recipe.data.image_size, recipe.data.validation_fraction, recipe.data.folds) == (16, 0.25, 3)
    assert (recipe.labels, recipe.checks, recipe.preparation) == (stored.labels, stored.checks, stored.preparation)


def test_a_copy_of_a_data_set_in_a_store_is_mended_before_a_training(prepared, put_in_store):
    recipe = load_recipe(None, [f"data.prepared={put_in_store(prepared.folder)}", *TINY])
    copy = open_matching_data(recipe)[0].folder
    shard = copy / "pictures" / "train-00000.arrow"
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-1] + b"?")
    assert open_matching_data(recipe)[0].folder == copy
    assert shard.read_bytes() == whole


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("data.image_size=64", r"data\.image_size is 64, not 16"),
        ("data.image_size=224", r"data\.image_size is 224, not 16"),  # stated, though it is the default
        ("labels.target=null", r"labels\.target is None, not red"),
        ("checks.near_duplicates=on", r"checks\.near_duplicates is True, not False"),
        ("preparation.resize=crop", r"preparation\.resize is crop, not squash"),
        ("data.columns.label=breed", r"data\.columns\.label is breed, not None"),
    ],
)
def test_what_the_recipe_states_differently_is_refused_with_both_values(unusual, override, said):
    with pytest.raises(UserError, match=said):
        open_with(unusual, override)


def test_all_that_differs_is_named_and_nothing_else(unusual):
    with pytest.raises(UserError, match=r"\(data\.image_size is 64, not 16; preparation\.resize is crop, not squash\)"):
        open_with(unusual, "preparation.resize=crop", "data.image_size=64", "labels.rest=other")


def test_a_line_says_what_was_taken_from_the_data_set(unusual, caplog):
    with caplog.at_level(logging.WARNING):
        open_with(unusual, "data.image_size=16", "data.folds=3")
    assert "data.validation_fraction=0.25" in caplog.text
    assert "labels.target=red" in caplog.text
    assert "image_size" not in caplog.text


def test_a_recipe_that_says_all_is_not_talked_about(prepared, caplog):
    with caplog.at_level(logging.WARNING):
        open_matching_data(make_recipe(prepared))
    assert caplog.text == ""


def test_the_fold_is_that_of_the_data_set_unless_the_recipe_states_one(unusual):
    assert open_with(unusual)[1].data.fold == 2
    assert open_with(unusual, "data.fold=0")[1].data.fold == 0


def test_an_adopted_recipe_is_checked_as_a_whole(unusual):
    with pytest.raises(UserError, match=r"augmentation\.image_size must be data\.image_size where the head flattens"):
        open_with(unusual, "augmentation.image_size=224", "model.small_cnn.head_pool=flatten")


def test_a_recipe_made_in_python_states_what_it_was_given(unusual):
    stored = unusual.facts.settings
    assert adopt_settings(Recipe(), stored, unusual.folder).data.image_size == 16
    copied = Recipe().model_copy(update={"data": Recipe().data.model_copy(update={"image_size": 32})})
    with pytest.raises(UserError, match="image_size is 32, not 16"):
        adopt_settings(copied, stored, unusual.folder)


def test_the_source_of_the_data_set_need_not_be_repeated(prepared):
    found, recipe = open_matching_data(make_recipe(prepared, "data.source=elsewhere"))
    assert recipe.data.source == found.facts.source == prepared.facts.source


def test_a_missing_data_set_says_what_to_run(prepared):
    with pytest.raises(UserError, match=r"run `python -m vitrine prepare` with the same recipe first"):
        open_matching_data(make_recipe(prepared, "data.prepared=nowhere"))


def test_a_recipe_that_streams_opens_what_is_streamed(in_many_files, put_in_store):
    address = put_in_store(in_many_files.folder)
    opened, recipe = open_matching_data(load_recipe(None, [f"data.prepared={address}", "engine.reading=streamed"]))
    assert opened.away is not None
    assert recipe.data.image_size == in_many_files.facts.image_size
    assert open_matching_data(load_recipe(None, [f"data.prepared={address}"]))[0].away is None
