"""New corrections join earlier ones, but for those of pictures that judge."""

from pathlib import Path

import pandas as pd

from vitrine.data.labels.class_changes import ClassChanges
from vitrine.data.labels.further_corrections import join_corrections, place_pictures
from vitrine.records.corrections import Row

MANIFEST = pd.DataFrame(
    {
        "file": ["a", "b", "judge", "asked"],
        "status": ["kept"] * 4,
        "split": ["train", "validation", "gate", "test"],
    }
)


def join(earlier, marked, renamed=None):
    return join_corrections(earlier, marked, ClassChanges(renamed or {}, {}), MANIFEST)


def relabel(file, label, new):
    return Row(file, label, action="relabel", new_label=new)


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
