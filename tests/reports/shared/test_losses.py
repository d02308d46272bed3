"""The worst answers: wrong ones, or none is called so."""

import pytest

from vitrine.records.mistakes import TopLoss
from vitrine.reports.shared.losses import MOST_LOSSES, show_losses
from vitrine.ui.texts import load_texts


def answer(number, predicted):
    return TopLoss(
        file=f"{number}.png", label_name="pug", predicted=predicted, probability=0.6, own_probability=0.3, loss=1.2
    )


def show(losses, language="en"):
    return show_losses(losses, lambda file: None, load_texts(language))


def test_right_answers_are_not_among_the_worst_ones():
    shown = show([answer(0, "pug"), answer(1, "corgi"), answer(2, "pug")])
    assert shown["title"] == "The worst answers"
    assert [row["shown"].file for row in shown["rows"]] == ["1.png"]


@pytest.mark.parametrize(("language", "title"), [("en", "nearest to a mistake"), ("fr", "plus proches d’une erreur")])
def test_where_nothing_was_wrong_the_least_sure_right_answers_are_called_right(language, title):
    shown = show([answer(number, "pug") for number in range(20)], language)
    assert title in shown["title"]
    assert len(shown["rows"]) == MOST_LOSSES
    assert all(row["is_right"] for row in shown["rows"])


def test_without_answers_there_is_nothing_to_show():
    assert show([]) is None
