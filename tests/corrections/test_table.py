"""Store, table, store: nothing is lost and nothing is computed by a spreadsheet."""

import pytest

from tests.corrections.examples import digest, judgment
from vitrine.corrections.export import table_rows, write_table
from vitrine.corrections.judgment import NEW, NONE, WITHDRAWN, Judgment
from vitrine.corrections.opinions import conflicts
from vitrine.corrections.table import read_table
from vitrine.data.labels.corrections import Correction, read_corrections
from vitrine.errors import UserError
from vitrine.records.corrections import NEW_CLASS, Row, write_rows


def history() -> list[Judgment]:
    first = judgment("a", "=1+1", file="-x/a.png", label_name="dog", blind=True, split="test", suspicion="0.734")
    second = judgment(
        "b", "<b>bold</b>", "", kind=NEW, file="b, c.png", label_name="dog", kept=f"pictures/{'b' * 2}/{'b' * 64}.jpg"
    )
    third = judgment("c", kind=NONE, file="c.png", label_name="dog")
    uploaded = judgment("d", "'@cat")
    back = Judgment(third.sha256, WITHDRAWN, reviewer="ann", file="c.png", withdraws=third.id)
    fourth = judgment("e", kind=NONE, file="e.png", label_name="dog")
    return [first, second, third, uploaded, back, fourth, judgment("f", "dog", file="f.png", label_name="dog")]


def test_a_store_comes_back_exactly_from_its_table(tmp_path):
    write_table(tmp_path / "table.csv", history())
    assert [one.label for one in history()] == [one.label for one in read_table(tmp_path / "table.csv")]
    said = history()
    write_table(tmp_path / "table.csv", said)
    assert read_table(tmp_path / "table.csv") == said


def test_times_of_other_zones_are_brought_to_utc(tmp_path):
    times = ["2026-11-29T12:00:00+02:00", "2026-11-29T12:00:00+00:00"]
    write_table(tmp_path / "table.csv", [judgment(time=time) for time in times])
    assert [one.time for one in read_table(tmp_path / "table.csv")] == ["2026-11-29T10:00:00.000+00:00", times[1]]


def test_data_prep_applies_what_holds_and_passes_over_the_rest(tmp_path):
    write_table(tmp_path / "table.csv", history())
    assert read_corrections(tmp_path / "table.csv") == [
        Correction(2, "-x/a.png", "dog", "=1+1", sha256=digest("a"), of_store=True),
        Correction(3, "b, c.png", "dog", "<b>bold</b>", True, digest("b"), of_store=True),
        Correction(7, "e.png", "dog", "", sha256=digest("e"), of_store=True),
    ]


def test_no_cell_of_the_table_is_a_formula(tmp_path):
    write_table(tmp_path / "table.csv", history())
    text = (tmp_path / "table.csv").read_text("utf-8-sig")
    assert "'=1+1" in text
    assert not [cell for line in text.splitlines() for cell in line.split(",") if cell.strip('"')[:1] in tuple("=+-@")]


def test_a_picture_on_which_reviewers_differ_gets_no_action_until_they_agree():
    ann, bob = (
        judgment("a", label, who, file="a.png", label_name="dog") for label, who in (("cat", "ann"), ("cow", "bob"))
    )
    assert [row[3] for row in table_rows([ann, bob])] == ["", ""]
    later = judgment("a", "cat", "bob", file="a.png", label_name="dog", time="2100-01-01T00:00:00+00:00")
    assert [row[3:5] for row in table_rows([ann, bob, later])] == [["", ""], ["", ""], ["relabel", "cat"]]


def test_a_marked_table_of_a_spreadsheet_is_imported_the_same_each_time(tmp_path):
    rows = [
        Row("a.png", "dog", "cat", "relabel", split="train", suspicion="0.9"),
        Row("b.png", "dog", "cat", "remove"),
        Row("c.png", "dog", "cat"),
    ]
    write_rows(tmp_path / "marked.csv", rows)
    found = read_table(tmp_path / "marked.csv", "ann", {"a.png": digest("a")})
    assert [(one.sha256, one.file, one.kind, one.label, one.reviewer) for one in found] == [
        (digest("a"), "a.png", "label", "cat", "ann"),
        ("", "b.png", NONE, "", "ann"),
    ]
    assert [one.id for one in read_table(tmp_path / "marked.csv", "ann")] == [one.id for one in found]
    write_table(tmp_path / "again.csv", found)
    again, first = (read_corrections(tmp_path / name) for name in ("again.csv", "marked.csv"))
    assert [(one.file, one.new_label) for one in again] == [(one.file, one.new_label) for one in first]


def test_rows_that_bring_pictures_are_refused_rather_than_lost(tmp_path):
    rows = [Row("a.png", "dog", "cat", "relabel"), Row("new/1.jpg", "", action="add", new_label="cat")]
    write_rows(tmp_path / "marked.csv", rows)
    with pytest.raises(UserError, match="line 3: add brings a picture"):
        read_table(tmp_path / "marked.csv", "ann")


def test_a_table_that_was_imported_without_hashes_speaks_of_the_same_picture(tmp_path):
    write_rows(tmp_path / "marked.csv", [Row("a.png", "dog", action="relabel", new_label="fox")])
    said = [judgment("a", "cat", file="a.png", label_name="dog"), *read_table(tmp_path / "marked.csv", "bob")]
    assert [len(one) for one in conflicts(said)] == [2]
    write_table(tmp_path / "table.csv", [*said, judgment("a", "fox", file="a.png", label_name="dog")])
    assert [(one.file, one.new_label) for one in read_corrections(tmp_path / "table.csv")] == [("a.png", "fox")]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kept": "../../../etc/passwd"}, "line 2: kept is not where a store keeps pictures"),
        ({"kept": "/etc/passwd"}, "line 2: kept is not where a store keeps pictures"),
        ({"kind": "maybe"}, "line 2: kind must be one of label, new, none, withdrawn"),
        ({"kind": "withdrawn"}, "line 2: a row of kind withdrawn withdraws ''"),
        ({"id": "1"}, "line 2: id must be 32 hexadecimal digits"),
    ],
)
def test_a_row_that_no_store_writes_is_named(tmp_path, values, message):
    write_table(tmp_path / "table.csv", [judgment(**values)])
    with pytest.raises(UserError, match=message):
        read_table(tmp_path / "table.csv")


@pytest.mark.parametrize("time", ["yesterday", "2026-11-29T12:00:00"])
def test_a_time_that_is_none_or_has_no_zone_is_named(tmp_path, time):
    write_table(tmp_path / "table.csv", [judgment(time="2026-11-29T12:00:00+00:00")])
    text = (tmp_path / "table.csv").read_text("utf-8-sig").replace("2026-11-29T12:00:00+00:00", time)
    (tmp_path / "table.csv").write_text(text, "utf-8")
    with pytest.raises(UserError, match="line 2: time must be as in"):
        read_table(tmp_path / "table.csv")


def test_a_table_of_a_store_that_lost_a_column_is_refused(tmp_path):
    write_table(tmp_path / "table.csv", [judgment()])
    text = (tmp_path / "table.csv").read_text("utf-8-sig").replace("reviewer", "who", 1)
    (tmp_path / "table.csv").write_text(text, "utf-8")
    with pytest.raises(UserError, match="the column reviewer is missing"):
        read_table(tmp_path / "table.csv")
    with pytest.raises(UserError, match="there is no such table"):
        read_table(tmp_path / "none.csv")


def test_a_new_label_is_marked_as_data_prep_reads_it():
    assert NEW == NEW_CLASS
