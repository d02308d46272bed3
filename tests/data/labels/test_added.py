"""Corrections bring pictures along: for training, or for nothing where they show what judges."""

import shutil
from dataclasses import replace

import pytest

from tests.conftest import draw_shape
from tests.corrections.examples import digest, judgment
from tests.factories import fault_of
from vitrine.config.data import ChecksSection, DataSection
from vitrine.corrections.export import write_table
from vitrine.corrections.judgment import LABEL, NEW
from vitrine.data.labels.added import list_added, name_added
from vitrine.data.prepare.pipeline import write_prepared
from vitrine.records.corrections import Row, write_rows
from vitrine.records.manifest import read_manifest
from vitrine.records.prepared import Settings

PLAIN = ChecksSection(near_duplicates=False)  # the shapes are all alike
COUNTS = {"cat": 20, "dog": 20}


def add(file, label, kind=""):
    return Row(file, "", action="add", new_label=label, kind=kind)


def prepare(source, folder, corrections=None, earlier=None):
    folder.mkdir()
    data = DataSection(source=str(source), image_size=16, gate_fraction=0.2, corrections=corrections)
    facts = write_prepared(folder, "pets", Settings(data=data, checks=PLAIN), earlier=earlier)
    return facts, read_manifest(folder).set_index("file")


@pytest.fixture
def before(make_class_folders, tmp_path):
    """The source, its data set, and a folder for new pictures."""
    source = make_class_folders(COUNTS)
    (tmp_path / "new").mkdir()
    return source, tmp_path / "first", *prepare(source, tmp_path / "first"), tmp_path / "new"


def test_new_pictures_are_for_training_and_move_no_other(before, tmp_path):
    source, first, facts, manifest, new = before
    for number in range(8):
        draw_shape(0, 1000 + number).save(new / f"{number}.png")
    write_rows(new / "table.csv", [add(f"{number}.png", "cat") for number in range(8)])
    after, now = prepare(source, tmp_path / "second", str(new / "table.csv"), first)
    assert now.loc[manifest.index, "split"].tolist() == manifest["split"].tolist()
    assert set(now.loc[[name_added(new / f"{number}.png") for number in range(8)], "split"]) == {"train"}
    assert after.counts["train"]["cat"] == facts.counts["train"]["cat"] + 8
    assert after.counts["gate"] == facts.counts["gate"]


@pytest.mark.parametrize("split", ["gate", "test"])
def test_a_copy_of_a_picture_that_judges_is_refused_whatever_it_is_called(before, tmp_path, split):
    source, first, _, manifest, new = before
    judge = manifest[manifest["split"] == split].index[0]
    shutil.copy(source / judge, new / "copy.png")
    write_rows(new / "table.csv", [add("copy.png", "dog" if judge.startswith("cat") else "cat")])
    _, now = prepare(source, tmp_path / "second", str(new / "table.csv"), first)
    copy = now.loc[name_added(new / "copy.png")]
    assert (copy["status"], copy["reason"]) == ("left_out", f"a copy of the {split} picture {judge}")
    assert (now.loc[judge, "status"], now.loc[judge, "split"]) == ("kept", split)


def test_pictures_of_a_new_class_are_divided_as_in_every_data_set(before, tmp_path):
    source, first, facts, _, new = before
    for number in range(20):
        draw_shape(4, number).save(new / f"{number}.png")
    write_rows(new / "table.csv", [add(f"{number}.png", "emu", "new") for number in range(20)])
    after, _ = prepare(source, tmp_path / "second", str(new / "table.csv"), first)
    assert after.label_names == ["cat", "dog", "emu"]
    assert after.label_sources == {"cat": ["cat"], "dog": ["dog"], "emu": []}  # so that a new name is no business of it
    assert {split: counts["emu"] for split, counts in after.counts.items()} == {
        "train": 10, "validation": 3, "test": 3, "gate": 4,
    }  # fmt: skip
    assert after.counts["gate"]["cat"] == facts.counts["gate"]["cat"]
    again, _ = prepare(source, tmp_path / "third", str(new / "table.csv"), tmp_path / "second")
    assert again.counts == after.counts  # those that judge now are no copies of themselves


def test_a_slip_of_the_pen_makes_no_class(tmp_path):
    write_rows(tmp_path / "table.csv", [add("a.png", "catt")])
    assert "line 2: there is no class 'catt'; did you mean 'cat'?" in fault_of(
        list_added, tmp_path / "table.csv", None, ["cat", "dog"]
    )


def test_a_picture_that_is_gone_is_named_and_ends_nothing(before, tmp_path):
    source, first, _, _, new = before
    write_rows(new / "table.csv", [add("gone.png", "cat")])
    _, now = prepare(source, tmp_path / "second", str(new / "table.csv"), first)
    assert now.loc[name_added(new / "gone.png"), "reason"] == "the file is not there"


def test_pictures_of_a_store_whose_class_is_not_known_are_passed_over_and_told(tmp_path):
    table = tmp_path / "table.csv"
    said = [
        replace(judgment(name, label, kept=f"pictures/aa/{digest(name)}.jpg"), kind=kind)
        for name, label, kind in (("a", "cat", LABEL), ("b", "pear", LABEL), ("c", "fox", NEW), ("d", "fox", LABEL))
    ]
    write_table(table, said)
    found, notes = list_added(table, None, ["cat", "dog"])
    assert [one.label_name for one in found.values()] == ["cat", "fox", "fox"]
    assert notes == ["table.csv: 1 picture shows a class that this data set does not have, and is not added."]
    write_table(table, said[:1])
    assert list_added(table, None, ["cat"])[1] == []
