"""Pictures get the name of where they lie, and are prepared once."""

import pytest

import vitrine
from tests.factories import fault_of
from vitrine.config.recipe import Recipe
from vitrine.records.prepared import FACTS
from vitrine.workflows.prepare import name_source


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("builtin:digits", "digits"),
        ("hub:owner/birds", "birds"),
        ("pictures/my dogs", "my_dogs"),
        ("pictures/_old", "old"),
        ("犬", "pictures"),
    ],
)
def test_a_data_set_takes_the_name_of_its_source(source, name):
    assert name_source(source) == name
    Recipe(name=name)


@pytest.mark.parametrize("file", ["dogs.tar.gz", "dogs.zip", "dogs.csv"])
def test_the_suffix_of_a_file_is_not_part_of_its_name(tmp_path, file):
    (tmp_path / file).touch()
    assert name_source(str(tmp_path / file)) == "dogs"


def test_what_has_not_changed_is_not_prepared_again_unless_asked(make_class_folders, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_class_folders({"a": 8, "b": 8}, "pets")

    def written(**parameters):
        data = vitrine.prepare("pets", image_size=16, **{"checks.near_duplicates": False}, **parameters)
        return (data.folder / FACTS).stat().st_mtime_ns

    first = written()
    assert written() == first
    assert written(again=True) > first


def test_pictures_are_not_prepared_into_a_store(make_class_folders):
    source = make_class_folders({"a": 8, "b": 8}, "pets")
    said = fault_of(vitrine.prepare, source, folder="s3://bucket/prepared/pets")
    assert said.startswith("data.prepared: s3://bucket/prepared/pets is in a store")
    assert said.endswith("leave data.prepared out, and copy prepared/pets there when it is done")
