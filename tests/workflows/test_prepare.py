"""Pictures get the name of where they lie, and are prepared once."""

import pyarrow.parquet as pq
import pytest

import vitrine
from tests.conftest import draw_shape
from tests.factories import fault_of
from tests.work.here import Here
from vitrine.config.recipe import Recipe
from vitrine.data.prepare.working_folder import AtWorkError
from vitrine.records.prepared import FACTS
from vitrine.work.ranks import LeadingRank, Ranks
from vitrine.workflows.parameters import build_recipe
from vitrine.workflows.prepare import (
    make_images_as_rank,
    name_source,
    parts_folder,
    scan_as_rank,
    write_data_set,
)


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


def test_a_report_that_cannot_be_written_costs_itself_alone(make_class_folders, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_class_folders({"a": 8, "b": 8}, "pets")

    def prepare():
        return vitrine.prepare("pets", image_size=16, **{"checks.near_duplicates": False})

    def fail(*_):
        raise RuntimeError("no figure")

    with monkeypatch.context() as patch:
        patch.setattr("vitrine.reports.data.page.write_data_report", fail)
        with pytest.raises(RuntimeError, match="no figure"):
            prepare()
    monkeypatch.setattr(
        "vitrine.data.prepare.preprocessed_images.preprocess_file", lambda *_: pytest.fail("made again")
    )
    monkeypatch.setattr("vitrine.data.manifest.scan._scan_file", lambda *_: pytest.fail("read again"))
    assert len(prepare()) == 16


@pytest.mark.parametrize(("again", "read"), [(False, 1), (True, 17)])
def test_a_rank_reads_what_was_added_alone_unless_all_is_to_be_read_again(
    make_class_folders, tmp_path, monkeypatch, again, read
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("vitrine.work.ranks.LocalPool", lambda _: Here())
    pets = make_class_folders({"a": 8, "b": 8}, "pets")
    parameters = {"data.source": str(pets), "image_size": 16, "checks.near_duplicates": False}
    recipe = build_recipe(None, {"name": "pets", **parameters})
    write_data_set(recipe)
    draw_shape(0, 30).save(pets / "a" / "0 first.png")
    assert scan_as_rank(recipe, Ranks(0, 1), again=again)
    parts = parts_folder(recipe.prepared_folder)
    assert sum(pq.read_metadata(part).num_rows for part in parts.glob("*.parquet")) == read


def test_a_rank_makes_its_share_of_the_images_that_the_one_at_work_has_planned(
    make_class_folders, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Ranks, "pool", Here())
    make_class_folders({"a": 8, "b": 8}, "pets")
    parameters = {"data.source": "pets", "image_size": 16, "checks.near_duplicates": False}
    recipe = build_recipe(None, {"name": "pets", **parameters})
    helper, made = Ranks(1, 2, are_together=True), []
    assert make_images_as_rank(recipe, helper) == 0  # nobody is at work

    def help_once(what, *_, faults=0):
        if what == "resizing" and not made:
            made.append(make_images_as_rank(recipe, helper))

    parts_folder(recipe.prepared_folder).mkdir(parents=True)
    write_data_set(recipe, help_once, engine=LeadingRank(Ranks(0, 2)))
    assert made == [2]  # of training, validation and test the second file
    assert make_images_as_rank(recipe, helper) == 0


def test_a_rank_that_comes_when_all_is_done_does_not_begin_again(make_class_folders, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_class_folders({"a": 8, "b": 8}, "pets")
    recipe = build_recipe(None, {"name": "pets", "data.source": "pets", "image_size": 16})
    with pytest.raises(AtWorkError, match=r"another rank has prepared prepared/pets"):
        write_data_set(recipe, engine=LeadingRank(Ranks(0, 2)), again=True)


def test_pictures_are_not_prepared_into_a_store(make_class_folders):
    source = make_class_folders({"a": 8, "b": 8}, "pets")
    said = fault_of(vitrine.prepare, source, folder="s3://bucket/prepared/pets")
    assert said.startswith("data.prepared: s3://bucket/prepared/pets is in a store")
    assert said.endswith("leave data.prepared out, and copy prepared/pets there when it is done")
