"""Which rows of the exported table data_prep.py applies; that it comes back exactly is in test_table.py."""

from dataclasses import replace
from hashlib import sha256

from tests.corrections.examples import judgment
from tests.corrections.test_kept_pictures import photo
from vitrine.corrections.export import TABLE_COLUMNS, table_rows, write_store, write_table
from vitrine.corrections.judgment import NONE, WITHDRAWN, Judgment
from vitrine.corrections.store import CorrectionStore
from vitrine.corrections.table import read_table
from vitrine.data.labels.corrections import read_rows
from vitrine.records.corrections import COLUMNS

PLACE = f"pictures/aa/{'a' * 64}.jpg"


def actions(*judgments):
    return [tuple(row[3:5]) for row in table_rows(judgments)]


def test_the_columns_of_a_correction_table_come_first():
    assert TABLE_COLUMNS[: len(COLUMNS)] == COLUMNS
    assert len(set(TABLE_COLUMNS)) == len(TABLE_COLUMNS)


def test_a_label_that_a_picture_has_already_changes_nothing():
    assert actions(judgment(label="dog", file="a.png", label_name="dog")) == [("", "")]


def test_a_picture_of_no_data_set_is_added_where_it_was_kept_and_shows_a_class():
    said = [judgment("a", "cat"), judgment("b", "cat", kept=PLACE), judgment("c", kind=NONE, kept=PLACE)]
    assert actions(*said) == [("", ""), ("add", "cat"), ("", "")]


def test_of_those_who_agree_the_one_with_whom_the_picture_was_kept_has_the_action():
    kept = judgment("a", "cat", kept=PLACE, time="2026-01-01T00:00:00+00:00")
    later = judgment("a", "cat", "bob", time="2026-01-02T00:00:00+00:00")
    assert actions(kept, later) == [("add", "cat"), ("", "")]


def test_a_visitors_copy_does_not_take_the_place_of_the_picture_of_the_data_set():
    reviewed = judgment("a", "cat", file="a.png", label_name="dog")
    brought = judgment("a", "cat", "visitor 1", kept=PLACE)
    assert actions(reviewed, brought) == [("relabel", "cat"), ("", "")]


def test_the_table_of_a_store_leads_data_prep_to_the_kept_pictures(tmp_path):
    store = CorrectionStore(tmp_path / "store")
    content = photo()
    kept = store.add(replace(judgment("a", "cat"), sha256=sha256(content).hexdigest()), content)
    table = write_store(store.folder)
    ((_, row),) = read_rows(table)
    assert (row.action, row.new_label, row.file) == ("add", "cat", kept.kept)
    assert (table.parent / row.file).is_file()


def test_only_the_last_of_those_who_agree_has_the_action():
    first = judgment(label="cat", file="a.png", label_name="dog", time="2026-01-01T00:00:00+00:00")
    second = judgment(label="cat", reviewer="bob", file="a.png", label_name="dog", time="2026-01-02T00:00:00+00:00")
    assert actions(second, first) == [("relabel", "cat"), ("", "")]


def test_the_label_of_the_source_stands_beside_the_action_once_the_data_set_shows_the_corrected_one(tmp_path):
    first = judgment(label="cat", file="a.png", label_name="dog")
    confirmed = judgment(label="cat", reviewer="bob", file="a.png", label_name="cat")
    assert read_corrected(tmp_path, first, confirmed) == [("a.png", "dog", "relabel", "cat")]
    none = [judgment(kind=NONE, reviewer=name, file="a.png", label_name="cat") for name in ("ann", "bob")]
    assert read_corrected(tmp_path, first, confirmed, *none) == [("a.png", "dog", "remove", "")]
    back = [judgment(label="dog", reviewer=name, file="a.png", label_name="cat") for name in ("ann", "bob")]
    assert read_corrected(tmp_path, first, confirmed, *back) == []


def test_a_judgment_that_was_taken_back_tells_the_first_label_all_the_same(tmp_path):
    first = judgment(label="cat", file="a.png", label_name="dog")
    back = Judgment(first.sha256, WITHDRAWN, reviewer="ann", file="a.png", withdraws=first.id)
    confirmed = judgment(label="cat", reviewer="bob", file="a.png", label_name="cat")
    assert read_corrected(tmp_path, first, back, confirmed) == [("a.png", "dog", "relabel", "cat")]


def read_corrected(folder, *judgments):
    write_table(folder / "table.csv", judgments)
    assert read_table(folder / "table.csv") == list(judgments)
    rows = [row for _, row in read_rows(folder / "table.csv") if row.action]
    return [(row.file, row.label_name, row.action, row.new_label) for row in rows]
