"""Classes get new names or become one, keep their ids, and recipes say so."""

import pytest

from tests.factories import fault_of
from vitrine.config.data import LabelsSection
from vitrine.data.labels.class_changes import (
    AcceptedNames,
    ClassChanges,
    extend_rename,
    follow_names,
    number_classes,
    read_class_changes,
)
from vitrine.records.corrections import Row

CLASSES = ["cat", "dog", "hound"]


def changes_of(*rows):
    marked = [(number, Row("", old, action=action, new_label=new)) for number, (action, old, new) in enumerate(rows, 2)]
    return read_class_changes(marked, CLASSES)


def test_classes_are_renamed_and_merged_at_once():
    changes = changes_of(("rename", "dog", "Dog"), ("merge", "hound", "dog"))
    assert changes.names == {"dog": "Dog", "hound": "Dog"}
    row = changes.translate(Row("a.png", "hound", "cat", "relabel", "dog"))
    assert (row.label_name, row.suggested, row.new_label) == ("Dog", "cat", "Dog")


def test_two_classes_may_change_places():
    assert changes_of(("rename", "dog", "cat"), ("rename", "cat", "dog")).names == {"dog": "cat", "cat": "dog"}


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([("rename", "dgo", "Dog")], "line 2: there is no class 'dgo'; did you mean 'dog'?"),
        ([("rename", "dog", "")], "line 2: rename needs another name"),
        ([("rename", "dog", "cat")], "line 2: 'cat' is a class already; to join both, write merge"),
        ([("merge", "dog", "cats")], "line 2: there is no class 'cats' that 'dog' could become part of"),
        ([("rename", "dog", "x"), ("merge", "dog", "cat")], "'dog' is both renamed and merged"),
        ([("rename", "dog", "x"), ("rename", "cat", "x")], "several classes are renamed to 'x'"),
        ([("merge", "dog", "cat"), ("merge", "cat", "hound")], "'cat' is merged itself"),
    ],
)
def test_what_is_not_clear_is_refused(rows, fault):
    assert fault in fault_of(changes_of, *rows)


def test_a_recipe_renames_what_the_source_calls_a_class():
    changes = changes_of(("rename", "dog", "Dog"), ("merge", "hound", "dog"))
    sources = {"cat": ["cat"], "dog": ["pug", "dog"], "hound": ["hound"]}
    labels = LabelsSection(rename={"pug": "dog"})
    assert extend_rename(labels, changes, sources) == {"pug": "Dog", "dog": "Dog", "hound": "Dog"}
    cut = LabelsSection(pattern="^([a-z]+)/")
    assert extend_rename(cut, changes_of(("rename", "dog", "Dog")), {"dog": ["dog/a", "dog/b"]}) == {"dog": "Dog"}
    assert extend_rename(labels, changes_of(("rename", "cat", "Cat")), {"cat": []}) == {"pug": "dog"}
    assert extend_rename(labels, ClassChanges({}, {}), sources) == {"pug": "dog"}
    assert "labels.target" in fault_of(extend_rename, LabelsSection(target="cat"), changes, sources)


def test_ids_stay_with_their_classes_and_are_never_used_again():
    changes = changes_of(("rename", "dog", "Dog"), ("merge", "hound", "dog"))
    ids = number_classes({"cat": 1, "dog": 2, "hound": 3}, changes, ["Dog", "bird", "cat"], 3)
    assert ids == {"cat": 1, "Dog": 2, "bird": 4}


EARLY, LATE = "2026-11-01T10:00:00.000+00:00", "2026-12-01T10:00:00.000+00:00"
ACCEPTED = (
    AcceptedNames("2026-11-10T10:00:00+00:00", {"dog": "hound"}),
    AcceptedNames("2026-11-20T10:00:00+00:00", {"hound": "Hound", "cat": "pug", "pug": "cat"}),
)


@pytest.mark.parametrize(
    ("label", "time", "kind", "now"),
    [
        ("dog", EARLY, "", "Hound"),
        ("dog", LATE, "", "Hound"),  # of an app that was not opened again
        ("dog", "", "", "Hound"),  # of a person's table that grows
        ("dog", LATE, "new", "dog"),
        ("dog", EARLY, "new", "Hound"),
        ("cat", EARLY, "", "pug"),  # both changed places
        ("cat", LATE, "", "cat"),
        ("cat", "", "", "cat"),
        ("emu", EARLY, "", "emu"),
    ],
)
def test_an_old_row_is_read_in_the_names_that_its_classes_have_now(label, time, kind, now):
    row = Row("a.png", "cat", action="relabel", new_label=label, kind=kind, time=time)
    assert follow_names(row, ACCEPTED, ["Hound", "cat", "pug"]).new_label == now
