"""New corrections join earlier ones, but for those of pictures that judge."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from vitrine.data.labels.class_changes import AcceptedNames, ClassChanges
from vitrine.data.labels.further_corrections import join_corrections, place_pictures
from vitrine.data.labels.store_rows import KnownPictures
from vitrine.records.corrections import Row

MANIFEST = pd.DataFrame(
    {
        "file": ["a", "b", "judge", "asked", "corrected"],
        "sha256": ["1", "2", "3", "4", "5"],
        "status": ["kept"] * 5,
        "label_name": ["x", "y", "x", "x", "y"],
        "source_label": ["X", "Y", "X", "X", "X"],
        "split": ["train", "validation", "gate", "test", "train"],
    }
)
PICTURES = KnownPictures.of(MANIFEST, {"x": ["X"], "y": ["Y"]})


def join(earlier, marked, renamed=None, accepted=()):
    return join_corrections(earlier, marked, ClassChanges(renamed or {}, {}), PICTURES, "pets", accepted)


def relabel(file, label, new, **values):
    return Row(file, label, action="relabel", new_label=new, **values)


def said(row, sha256="", model="pets", **values):
    """The row as a store writes it."""
    return replace(row, sha256=sha256, model=model, time="2026-11-24T10:00:00.000+00:00", **values)


def test_pictures_that_judge_keep_their_labels():
    joined = join([], [relabel("a", "x", "y"), relabel("judge", "x", "y"), Row("asked", "x", action="remove")])
    assert [row.file for row in joined.rows] == ["a"]
    assert list(joined.refused) == ["judge", "asked"]
    assert "set aside for the gate" in joined.refused["judge"]


def test_a_second_correction_follows_the_first_and_the_labels_of_the_source_stand():
    joined = join([relabel("a", "x", "y")], [relabel("a", "y", "z")])
    assert joined.rows == [relabel("a", "x", "z")]
    assert joined.new == joined.rows


def test_what_takes_a_correction_back_leaves_no_row_and_is_new_all_the_same():
    joined = join([relabel("a", "x", "y")], [relabel("a", "y", "x")])
    assert joined.rows == []
    assert len(joined.new) == 1


def test_a_table_that_grows_brings_only_what_it_did_not_say_before():
    before = [relabel("a", "x", "y"), Row("b", "x", action="remove"), Row("/p.png", "", action="add", new_label="x")]
    joined = join(before, [*before, relabel("c", "x", "y")])
    assert [row.file for row in joined.new] == ["c"]
    assert len(joined.rows) == 4


def test_what_an_earlier_row_removed_or_added_stays_so():
    before = [Row("b", "x", action="remove"), Row("/p.png", "", action="add", new_label="x")]
    joined = join(before, [relabel("b", "x", "y"), Row("/p.png", "", action="add", new_label="y")])
    assert joined.rows == before
    assert list(joined.refused.values()) == ["an earlier correction removed it", "an earlier correction added it"]


def test_all_rows_are_in_todays_names_of_the_classes():
    joined = join([relabel("a", "x", "y")], [relabel("b", "y", "x")], {"y": "Y"})
    assert joined.rows == [relabel("a", "x", "Y"), relabel("b", "Y", "x")]


def test_added_pictures_are_found_wherever_the_table_lies():
    rows = place_pictures([Row("pictures/p.png", "", action="add"), Row("a", "x", action="remove")], Path("/store"))
    assert [row.file for row in rows] == ["/store/pictures/p.png", "a"]


def test_a_picture_that_judges_is_known_by_other_capitals_too():
    assert list(join([], [relabel("Judge", "x", "y")]).refused) == ["judge"]


def test_what_a_store_says_of_other_data_sets_and_models_is_passed_over_and_counted():
    marked = [
        said(relabel("a", "x", "y"), "1"),
        said(relabel("fruit/1.jpg", "apple", "pear"), "9"),
        said(relabel("b", "y", "x"), "9"),  # another picture of this name
        said(Row("/p.png", "", action="add", new_label="x"), "7", "fruits"),
        said(Row("/q.png", "", action="add", new_label="pear", kind="new"), "8", "fruits"),
        said(Row("/r.png", "", action="add", new_label="x"), "6"),
    ]
    joined = join([], marked)
    assert [row.file for row in joined.new] == ["a", "/r.png"]
    assert (joined.elsewhere, joined.refused) == (4, {})


def test_what_of_a_store_does_not_fit_is_not_taken_and_of_a_person_stays_to_be_refused():
    marked = [relabel("a", "x", "pear"), relabel("b", "z", "x"), Row("/p.png", "", action="add", new_label="pear")]
    joined = join([], [said(row) for row in marked])
    assert joined.rows == []
    assert joined.refused == {
        "a": "there is no class 'pear'",
        "b": "it is 'y' now, not 'z' as it was when somebody looked at it",
        "/p.png": "there is no class 'pear'",
    }
    assert join([], marked).rows == marked


def test_a_class_that_one_row_adds_is_there_for_the_others():
    marked = [said(Row("/p.png", "", action="add", new_label="z", kind="new")), said(relabel("a", "x", "z"))]
    assert len(join([], marked).new) == 2


def test_of_an_earlier_table_of_a_store_the_rows_hold_that_were_applied():
    applied, since = said(relabel("b", "x", "y"), "2"), said(relabel("a", "x", "y"), "1")
    elsewhere, removed = said(relabel("fruit/1.jpg", "apple", "pear")), said(Row("a", "x", action="remove"), "1")
    assert join([applied, since, elsewhere], []).rows == [applied]
    assert join([applied, since], [applied, since]).new == [since]
    assert join([removed], []).rows == []


def test_what_was_learned_before_a_class_got_its_name_is_not_new():
    accepted = [AcceptedNames("2026-11-25T10:00:00+00:00", {"old": "y"})]
    before = [relabel("b", "x", "y")]
    for row in (said(relabel("b", "x", "old"), "2"), relabel("b", "x", "old")):
        joined = join(before, [row], accepted=accepted)
        assert (joined.rows, joined.new, joined.refused) == (before, [], {})
    assert join([], [said(relabel("a", "x", "old"), "1")], accepted=accepted).new[0].new_label == "y"
    assert join([], [said(relabel("b", "old", "x"), "2")], accepted=accepted).new[0].label_name == "y"


def test_what_somebody_says_of_a_corrected_picture_without_a_row_is_about_the_label_of_the_source():
    for label in ("x", "y"):
        row = said(Row("corrected", label, action="remove"), "5")
        assert join([], [row]).rows == [replace(row, label_name="x")]
    assert join([], [relabel("corrected", "y", "z")]).rows == [relabel("corrected", "x", "z")]
    since = said(relabel("corrected", "x", "z", kind="new"), "5")  # its table was written anew since it said y
    assert join([since], [since]).new == [since]


def test_a_picture_that_somebody_brought_and_the_source_has_is_relabelled_there():
    def brought(sha256, label):
        return said(Row(f"/{sha256}.png", "", action="add", new_label=label), sha256)

    joined = join([], [brought("1", "y"), brought("2", "y"), brought("3", "y"), brought("9", "y")])
    assert [(row.file, row.action, row.label_name, row.label) for row in joined.new] == [
        ("a", "relabel", "x", "y"),
        ("/9.png", "add", "", "y"),
    ]
    assert list(joined.refused) == ["judge"]
    known = Row("/1.png", "", action="add", new_label="y")  # as an earlier build took it
    assert join([known], [brought("1", "y")]).rows == [known]
