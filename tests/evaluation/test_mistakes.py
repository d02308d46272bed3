import numpy as np
import pytest

from vitrine.errors import UserError
from vitrine.evaluation.label_errors import LabeledProbabilities
from vitrine.evaluation.mistakes import collect_mistakes, rank_losses
from vitrine.records.mistakes import Mistakes

NAMES = ("cat", "dog", "emu")


def judged(answers, label_ids, sure=0.9):
    probabilities = np.full((len(answers), 3), (1 - sure) / 2)
    probabilities[np.arange(len(answers)), answers] = sure
    files = [f"{place}.jpg" for place in range(len(answers))]
    return LabeledProbabilities("test", files, np.asarray(label_ids), probabilities, "model")


def test_pairs_say_how_many_of_how_many_each_way():
    mistakes = collect_mistakes([judged([0, 1, 1, 1, 0, 2], [0, 0, 0, 1, 1, 2])], NAMES, None)
    pair = mistakes.pairs[0]
    assert (pair.first, pair.second, pair.first_as_second, pair.second_as_first) == ("cat", "dog", 2, 1)
    assert (pair.first_pictures, pair.second_pictures, len(mistakes.pairs)) == (3, 2, 1)
    assert mistakes.slices is None
    assert Mistakes.model_validate(mistakes.model_dump(mode="json")) == mistakes


def test_losses_are_those_of_the_true_class_the_largest_first():
    losses = rank_losses(judged([0, 1, 2], [0, 0, 2]), NAMES)
    assert (losses[0].file, losses[0].label_name, losses[0].predicted) == ("1.jpg", "cat", "dog")
    assert losses[0].loss == pytest.approx(-np.log(0.05))
    assert losses[1].loss == losses[2].loss == pytest.approx(-np.log(0.9))


def test_a_probability_of_zero_gives_a_finite_loss():
    assert rank_losses(judged([1], [0], sure=1.0), NAMES)[0].loss < 28


def test_one_answer_for_all_and_probabilities_without_numbers():
    assert collect_mistakes([judged([0, 0, 0], [0, 1, 2])], NAMES, None).pairs[0].first == "cat"
    with pytest.raises(UserError, match="3 of 3 pictures"):
        collect_mistakes([judged([0, 0, 0], [0, 1, 2], sure=np.nan)], NAMES, None)
