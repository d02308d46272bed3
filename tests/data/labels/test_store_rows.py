"""Which rows of a store are about a data set."""

from dataclasses import replace

from tests.data.labels.test_further_corrections import PICTURES, relabel, said
from vitrine.records.corrections import Row


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
