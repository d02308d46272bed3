"""Every measure with words, interval and number of pictures."""

import numpy as np
import pytest

from vitrine.evaluation.test_metrics import measure_test
from vitrine.ui.sentences.measures import MEASURES, show_measures
from vitrine.ui.texts import load_texts, plain_spaces

ENGLISH, FRENCH = load_texts("en"), load_texts("fr")
NAMES = ["cat", "dog", "emu", "fox"]


def measure(answers, label_ids, top_k=3, **options):
    probabilities = np.full((len(answers), 4), 0.05)
    probabilities[np.arange(len(answers)), answers] = 0.85
    return measure_test(probabilities, np.asarray(label_ids), NAMES, top_k, **{"resamples": 20} | options)


RIGHT_17_OF_20 = [0, 1, 2, 3] * 4 + [0, 0, 1, 2], [0, 1, 2, 3] * 5


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_every_measure_has_a_row_with_its_number_of_pictures(texts):
    rows = show_measures(measure(*RIGHT_17_OF_20), texts)["rows"]
    assert len(rows) == len(MEASURES)
    assert len({row.name for row in rows}) == len(rows)
    assert {row.pictures for row in rows} == {20}
    assert all(row.meaning and row.value for row in rows)


def test_shares_are_written_in_percent_and_losses_as_numbers():
    rows = dict(zip(MEASURES, show_measures(measure(*RIGHT_17_OF_20), ENGLISH)["rows"], strict=True))
    assert plain_spaces(rows["accuracy"].value) == "85.0 %"
    assert rows["loss"].value == f"{-(17 * np.log(0.85) + 3 * np.log(0.05)) / 20:.3f}"
    assert rows["accuracy"].interval


@pytest.mark.parametrize("top_k", [1, 4])
def test_a_top_k_that_says_nothing_new_has_no_row(top_k):
    assert len(show_measures(measure(*RIGHT_17_OF_20, top_k=top_k), ENGLISH)["rows"]) == len(MEASURES) - 1


def test_a_measure_that_cannot_be_computed_says_so():
    rows = dict(zip(MEASURES, show_measures(measure([0, 0, 0], [0, 0, 0]), ENGLISH)["rows"], strict=True))
    assert rows["macro_auc"].value == ENGLISH("measures.not_computable")
    assert rows["macro_auc"].interval == ""


def test_the_class_that_matters_has_rows_of_its_own_with_the_pictures_that_each_rests_on():
    shown = show_measures(measure(*RIGHT_17_OF_20, target="cat"), ENGLISH)
    assert shown["target_name"] == "cat"
    assert [row.pictures for row in shown["target_rows"]] == [6, 5, 5, 20, 20]  # six answers, five cats
    assert plain_spaces(shown["target_rows"][0].value) == "83.3 %"
    assert show_measures(measure(*RIGHT_17_OF_20), ENGLISH)["target_rows"] == []


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_series_are_told_with_the_accuracy_without_them_where_there_are_any(texts):
    rows = show_measures(measure(*RIGHT_17_OF_20, has_series=np.arange(20) < 16), texts)["series_rows"]
    assert [row.pictures for row in rows] == [20, 4, 16]
    assert [plain_spaces(row.value)[:4] for row in rows] == (
        ["85.0", "25.0", "100."] if texts is ENGLISH else ["85,0", "25,0", "100,"]
    )
    assert len({row.name for row in rows}) == 3
    assert show_measures(measure(*RIGHT_17_OF_20, has_series=np.zeros(20, bool)), texts)["series_rows"] == []
    assert show_measures(measure(*RIGHT_17_OF_20), texts)["series_rows"] == []


def test_duplicates_are_told_with_the_accuracy_without_them():
    has_duplicate = np.arange(20) < 16
    shown = show_measures(measure(*RIGHT_17_OF_20, has_duplicate=has_duplicate), ENGLISH)
    assert [row.pictures for row in shown["duplicate_rows"]] == [20, 4, 16]
    assert [plain_spaces(row.value) for row in shown["duplicate_rows"]] == ["85.0 %", "25.0 %", "100.0 %"]
    none = show_measures(measure(*RIGHT_17_OF_20, has_duplicate=np.zeros(20, bool)), ENGLISH)
    assert none["duplicate_rows"] == []
    assert none["duplicates"] == ENGLISH("measures.duplicates.none")
    assert show_measures(measure(*RIGHT_17_OF_20), ENGLISH)["duplicates"] == ""
