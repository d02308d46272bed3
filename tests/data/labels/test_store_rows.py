"""Which rows of a store are about a data set."""

from dataclasses import replace
from hashlib import sha256

import pytest

from tests.corrections.examples import judgment
from tests.data.labels.test_further_corrections import PICTURES, relabel, said
from tests.data.trees import prepare
from vitrine.corrections.export import write_store, write_table
from vitrine.corrections.store import CorrectionStore
from vitrine.records.corrections import Row
from vitrine.records.manifest import read_manifest


def test_a_picture_is_known_by_its_name_and_by_its_hash_where_the_store_has_one():
    rows = [said(relabel("a", "x", "y"), sha256) for sha256 in ("1", "2", "")] + [relabel("fruit", "x", "y")]
    assert PICTURES.choose(rows, "pets") == ([rows[0], rows[2], rows[3]], 1)


def test_what_was_asked_of_another_model_is_not_added():
    added = said(Row("/p.png", "", action="add", new_label="x"))
    rows = [added, replace(added, model="fruits"), replace(added, model="")]
    assert PICTURES.choose(rows, "pets") == ([rows[0], rows[2]], 1)


def test_a_name_in_other_letters_is_written_as_the_data_set_does():
    assert PICTURES.spell(relabel("JUDGE", "x", "y")).file == "judge"
    assert PICTURES.spell(Row("A", "", action="add", new_label="x")).file == "A"


def test_a_row_was_applied_where_the_data_set_is_as_it_says():
    assert PICTURES.was_applied(said(relabel("b", "x", "y"), "2"))
    assert not PICTURES.was_applied(said(relabel("a", "x", "y"), "1"))
    assert not PICTURES.was_applied(said(Row("a", "x", action="remove"), "1"))
    assert not PICTURES.was_applied(said(Row("/p.png", "", action="add", new_label="x")))
    assert PICTURES.was_applied(relabel("a", "x", "y"))


@pytest.fixture
def source(make_class_folders):
    return make_class_folders({"cat": 20, "dog": 20})


def rows_of(prepared):
    return read_manifest(prepared.folder).set_index("file")


def test_what_a_store_says_of_something_else_is_passed_over_and_counted(source, tmp_path):
    digest = sha256((source / "cat/003.png").read_bytes()).hexdigest()
    own = judgment("a", "dog", file="cat/003.png", label_name="cat", sha256=digest)
    said = [
        own,
        judgment("b", "pear", file="fruit/1.jpg", label_name="apple"),
        judgment("c", "dog", file="cat/003.png", label_name="cat"),  # of another data set with such a name
        judgment("", "pear", file="cat/004.png", label_name="cat", sha256=""),
        judgment("", "dog", file="cat/005.png", label_name="bird", sha256=""),
    ]
    write_table(tmp_path / "said.csv", said)
    prepared = prepare(source, corrections=str(tmp_path / "said.csv"))
    assert prepared.facts.corrections == [
        "said.csv: 1 label corrected and 0 pictures removed; 4 rows were passed over, not of this data set."
    ]
    assert rows_of(prepared).loc["cat/003.png", "label_name"] == "dog"


def test_a_picture_that_a_visitor_brought_and_the_source_has_is_relabelled_there(source, tmp_path):
    content = (source / "cat/003.png").read_bytes()
    store = CorrectionStore(tmp_path / "store")
    store.add(judgment(label="dog", sha256=sha256(content).hexdigest()), content)
    manifest = rows_of(prepare(source, corrections=str(write_store(store.folder))))
    assert manifest.loc["cat/003.png", ["label_name", "status"]].tolist() == ["dog", "kept"]
    (added,) = [file for file in manifest.index if file.startswith("added/")]
    assert manifest.loc[added, ["label_name", "status"]].tolist() == ["dog", "kept"]
