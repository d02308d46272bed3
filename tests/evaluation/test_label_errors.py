import numpy as np
import pytest

from vitrine.errors import UserError
from vitrine.evaluation import label_errors
from vitrine.evaluation.label_errors import (
    LabeledProbabilities,
    count_confident,
    estimate_joint,
    find_label_errors,
    judge_by_features,
    rate_suspicion,
)
from vitrine.evaluation.probe.cross_validation import agree_with_neighbors, predict_out_of_fold
from vitrine.records.mistakes import LabelErrors

NAMES = ("cat", "dog", "emu")


def clusters(per_class=40, classes=3, seed=0, width=8):
    generator = np.random.default_rng(seed)
    label_ids = np.repeat(np.arange(classes), per_class)
    features = 6 * np.eye(width)[label_ids] + generator.normal(size=(len(label_ids), width))
    return features.astype(np.float32), label_ids


def spoiled(label_ids, number, seed=0, classes=3):
    wrong = np.random.default_rng(seed).choice(len(label_ids), number, replace=False)
    given = label_ids.copy()
    given[wrong] = (given[wrong] + 1) % classes
    return given, set(wrong.tolist())


def test_the_confident_joint_is_that_of_the_papers_definition():
    # Mean self-confidence: 0.6 for label 0 (0.9, 0.8, 0.1) and 0.7 for label 1 (0.8, 0.6).
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8], [0.4, 0.6]])
    label_ids = np.array([0, 0, 0, 1, 1])
    assert count_confident(probabilities, label_ids).tolist() == [[2, 1], [0, 1]]  # the last is confidently nothing
    assert estimate_joint(probabilities, label_ids) == pytest.approx(np.array([[2, 1], [0, 2]]))


def test_of_two_confident_labels_the_more_probable_counts():
    probabilities = np.array([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5], [0.35, 0.4, 0.25]])
    joint = count_confident(probabilities, np.array([0, 1, 2]))
    assert joint[2].tolist() == [0, 1, 0]  # 0.25, 0.4 for its own label: its threshold is its own 0.25


def test_a_label_without_pictures_is_never_suggested_with_confidence():
    joint = count_confident(np.array([[0.2, 0.8], [0.1, 0.9]]), np.array([0, 0]))
    assert joint[:, 1].sum() == 0


def test_injected_errors_are_on_top_and_almost_nothing_else_is_listed():
    features, label_ids = clusters()
    given, wrong = spoiled(label_ids, 12)
    files = [str(place) for place in range(len(given))]
    judged = judge_by_features("train", files, features, given, 3)
    suspicion = rate_suspicion(judged.probabilities, given, judged.agreement)
    assert set(np.argsort(-suspicion)[:12].tolist()) == wrong
    found = find_label_errors([judged], NAMES)
    listed = {int(suspect.file): suspect for suspect in found.suspects}
    assert len(set(listed) & wrong) >= 10
    assert len(set(listed) - wrong) <= 1
    assert all(listed[place].suggested == NAMES[label_ids[place]] for place in set(listed) & wrong)
    assert all(listed[place].label_name == NAMES[given[place]] for place in listed)
    assert [suspect.suspicion for suspect in found.suspects] == sorted(
        (suspect.suspicion for suspect in found.suspects), reverse=True
    )


def test_right_labels_give_an_empty_list():
    features, label_ids = clusters()
    judged = judge_by_features("train", list(map(str, range(120))), features, label_ids, 3)
    found = find_label_errors([judged], NAMES, not_examined=("test",))
    assert found.suspects == ()
    assert (found.examined[0].estimated, found.examined[0].agreement, found.not_examined) == (0, 1, ("test",))
    assert LabelErrors.model_validate(found.model_dump(mode="json")) == found


def test_copies_do_not_vouch_for_each_other():
    features, label_ids = clusters(per_class=10)
    features = np.concatenate([features, features[:1], features[:1]])
    given = np.concatenate([label_ids, [1, 1]])
    given[0] = 1  # three copies of one picture, all with a wrong label
    groups = np.concatenate([np.arange(30), [0, 0]])
    shares = agree_with_neighbors(features, given, groups, 5)
    assert shares[0] == shares[30] == shares[31] == 0
    out = predict_out_of_fold(features, given, 3, groups, 0, 0.5)
    assert (out.probabilities[[0, 30, 31]].argmax(axis=1) == 0).all()


def test_neighbors_are_the_same_in_blocks(monkeypatch):
    features, label_ids = clusters(per_class=15)
    whole = agree_with_neighbors(features, label_ids, np.arange(45), 5)
    monkeypatch.setattr("vitrine.evaluation.probe.cross_validation.ROWS_AT_ONCE", 7)
    assert agree_with_neighbors(features, label_ids, np.arange(45), 5) == pytest.approx(whole)


def test_neighbors_that_vote_for_the_label_make_it_less_suspicious():
    probabilities, label_ids = np.array([[0.4, 0.6]] * 3), np.zeros(3, int)
    none, half, all_ = rate_suspicion(probabilities, label_ids, np.array([0.0, 0.5, 1.0]))
    assert none > half > all_
    assert half == pytest.approx(rate_suspicion(probabilities, label_ids)[0])


def test_what_has_no_other_picture_to_learn_from_is_not_judged():
    features, label_ids = clusters(per_class=5)
    label_ids[0] = 3  # alone in its class
    judged = judge_by_features("train", list(map(str, range(15))), features, label_ids, 4)
    assert "0" not in judged.files
    assert (len(judged.files), judged.of) == (14, 15)
    assert judge_by_features("train", ["a", "b"], features[:2], np.array([0, 1]), 4) is None


def test_long_lists_are_cut_and_the_rest_is_counted(monkeypatch):
    monkeypatch.setattr(label_errors, "MOST_SUSPECTS", 4)
    features, label_ids = clusters()
    given, _ = spoiled(label_ids, 12)
    found = find_label_errors([judge_by_features("train", list(map(str, range(120))), features, given, 3)], NAMES)
    assert len(found.suspects) == 4
    assert found.more >= 6


def test_a_list_that_is_cut_is_the_beginning_of_the_whole_one_where_many_are_equally_suspicious(monkeypatch):
    given = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 1])
    probabilities = np.where(np.arange(10)[:, None] % 5 == 0, [[0.1, 0.9]], np.eye(2)[given] * 0.8 + 0.1)
    part = LabeledProbabilities("test", list("jihgfedcba"), given, probabilities, "model")
    whole = find_label_errors([part, part], NAMES)
    assert len(whole.suspects) > 3
    monkeypatch.setattr(label_errors, "MOST_SUSPECTS", 1)
    cut = find_label_errors([part, part], NAMES)
    assert cut.suspects == whole.suspects[:1]
    assert cut.more == len(whole.suspects) - 1


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_very_small_splits_and_equal_answers_are_no_fault(rows):
    part = LabeledProbabilities("test", ["a", "b", "c"][:rows], np.zeros(rows, int), np.full((rows, 2), 0.5), "model")
    found = find_label_errors([part], NAMES)
    assert found.suspects == ()


def test_probabilities_that_are_no_numbers_are_refused_with_their_number():
    probabilities = np.array([[0.5, 0.5], [np.nan, 1.0], [np.inf, 0.0]])
    part = LabeledProbabilities("test", ["a", "b", "c"], np.zeros(3, int), probabilities, "model")
    with pytest.raises(UserError, match="2 of 3 pictures got probabilities that are not numbers"):
        find_label_errors([part], NAMES)
