"""Whether a model may have learned from the pictures that it is to be measured on."""

import pytest

from tests.factories import make_recipe, prepare, write_colored_classes
from vitrine.evaluation.provenance import compare_origin, has_same_preprocessing
from vitrine.records.model import ModelMetadata


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("provenance")
    return prepare(write_colored_classes(folder / "source", per_class=5), folder / "prepared" / "colours")


@pytest.fixture
def trained(prepared):
    """A function that describes a model of a recipe for this data set."""

    def call(*overrides, image_size=32, **recipe):
        return ModelMetadata(
            vitrine_version="0", name="colours", created="2026-01-01T00:00:00+00:00", backbone="small_cnn",
            label_names=list(prepared.label_names), image_size=image_size, training_pictures=9, test_pictures=3,
            test_accuracy=None, test_accuracy_interval=None, test_macro_f1=None, examples=[],
            recipe=make_recipe(prepared, *overrides).model_dump(mode="json") | recipe,
        )  # fmt: skip

    return call


def test_the_very_data_set_is_the_same_split(trained, prepared):
    assert compare_origin(trained(), "anything", prepared.facts) == "same_split"


def test_another_version_of_the_data_set_may_hold_pictures_that_were_learned(trained, prepared):
    model = trained().model_copy(update={"dataset_version": prepared.version})
    assert compare_origin(model, "anything", prepared.facts) == "same_split"
    other = model.model_copy(update={"dataset_version": "0123456789ab"})
    assert compare_origin(other, "anything", prepared.facts) == "same_source"


@pytest.mark.parametrize("override", ["data.split_seed=7", "data.test_fraction=0.3", "labels.leave_out=[red]"])
def test_pictures_of_one_source_divided_otherwise_may_have_been_learned(trained, prepared, override):
    assert compare_origin(trained(override), "anything", prepared.facts) == "same_source"


def test_the_folder_itself_is_the_same_source_however_it_is_written(trained, prepared):
    source = prepared.facts.source
    assert compare_origin(trained(), source, None) == "same_source"
    assert compare_origin(trained(), f"{source}/../{source.rpartition('/')[2]}", None) == "same_source"


def test_nothing_is_known_of_other_sources_other_makers_and_recipes_that_cannot_be_read(trained, prepared, tmp_path):
    assert compare_origin(trained(), str(tmp_path), None) == "unknown"
    assert compare_origin(None, prepared.facts.source, prepared.facts) == "unknown"
    assert compare_origin(trained(data={"of": "another version"}), prepared.facts.source, None) == "unknown"


def test_prepared_pictures_are_the_models_own_only_with_its_size_and_preparation(trained, prepared):
    assert has_same_preprocessing(trained(), prepared.facts)
    assert not has_same_preprocessing(trained(image_size=64), prepared.facts)
    assert not has_same_preprocessing(trained("preparation.resize=crop"), prepared.facts)
    assert not has_same_preprocessing(None, prepared.facts)
    assert not has_same_preprocessing(trained(), None)
