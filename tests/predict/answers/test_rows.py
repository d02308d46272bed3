"""One row for each file, with the same cells for every table."""

import pytest

from vitrine.models.calibration.selective import Answer, NoneOfThese, Unsure
from vitrine.predict.answers.rows import answer_cells, answer_columns, kind_of
from vitrine.predict.batches import Unreadable
from vitrine.predict.predictions import Prediction

RANKING = (("pug", 0.75), ("corgi", 0.2), ("boxer", 0.05))
BROKEN = Unreadable(0, "a.jpg", "the file is empty")


def test_the_cells_of_a_picture_are_those_of_the_columns():
    cells = answer_cells(Prediction(RANKING, Answer("pug"), None), 2)
    assert {"file", "problem", *cells} == set(answer_columns(2))
    assert cells["label_2"] == "corgi"
    assert float(cells["probability_1"]) == 0.75


def test_what_could_not_be_read_has_its_problem_and_no_class():
    assert answer_cells(BROKEN, 3) == {"problem": "the file is empty"}


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (Prediction(RANKING, Answer("pug"), None), "answered"),
        (Prediction(RANKING, Unsure("pug", "corgi"), None), "unsure"),
        (Prediction(RANKING, NoneOfThese(), None), "none"),
        (BROKEN, "unreadable"),
    ],
)
def test_each_decision_is_a_kind_of_row(said, kind):
    assert kind_of(said) == kind
