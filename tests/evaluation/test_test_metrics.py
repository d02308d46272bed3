import time
import warnings

import numpy as np
import pytest
from sklearn import metrics as sk

from vitrine.errors import UserError
from vitrine.evaluation.intervals import wilson_interval
from vitrine.evaluation.test_metrics import compare_duplicates, measure_test
from vitrine.records.evidence import TestEvidence


def random_case(num_labels, pictures=200, seed=0, levels=None):
    """Probabilities and labels that have to do with each other; `levels` makes many probabilities equal."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, num_labels, pictures)
    labels[:num_labels] = np.arange(num_labels)
    logits = generator.normal(size=(pictures, num_labels))
    logits[np.arange(pictures), labels] += 1
    if levels:
        logits = np.round(logits * levels) / levels
    probabilities = np.exp(logits)
    return probabilities / probabilities.sum(1, keepdims=True), labels


def names(num_labels):
    return [f"class {number}" for number in range(num_labels)]


def measure(probabilities, labels, **options):
    return measure_test(probabilities, labels, names(probabilities.shape[1]), 3, **{"resamples": 50} | options)


@pytest.mark.parametrize("num_labels", [2, 3, 19])
@pytest.mark.parametrize("levels", [None, 1])
def test_every_figure_equals_scikit_learns(num_labels, levels):
    probabilities, labels = random_case(num_labels, levels=levels)
    predicted = probabilities.argmax(1)
    ours = measure(probabilities, labels)
    hot = np.eye(num_labels)[labels]
    areas = [sk.roc_auc_score(hot[:, k], probabilities[:, k]) for k in range(num_labels)]
    precisions = [sk.average_precision_score(hot[:, k], probabilities[:, k]) for k in range(num_labels)]
    expected = {
        "accuracy": sk.accuracy_score(labels, predicted),
        "balanced_accuracy": sk.balanced_accuracy_score(labels, predicted),
        "macro_precision": sk.precision_score(labels, predicted, average="macro", zero_division=0),
        "macro_recall": sk.recall_score(labels, predicted, average="macro"),
        "macro_f1": sk.f1_score(labels, predicted, average="macro"),
        "cohen_kappa": sk.cohen_kappa_score(labels, predicted),
        "matthews_correlation": sk.matthews_corrcoef(labels, predicted),
        "macro_auc": np.mean(areas),
        "macro_average_precision": np.mean(precisions),
        "loss": sk.log_loss(labels, probabilities),
        "brier_score": sk.brier_score_loss(labels, probabilities, labels=range(num_labels), scale_by_half=False),
    }
    if num_labels > 2:
        assert ours.macro_auc == pytest.approx(sk.roc_auc_score(labels, probabilities, multi_class="ovr"), abs=1e-12)
    assert {name: getattr(ours, name) for name in expected} == pytest.approx(expected, abs=1e-12)
    assert [row.auc for row in ours.per_class] == pytest.approx(areas, abs=1e-12)
    assert [row.average_precision for row in ours.per_class] == pytest.approx(precisions, abs=1e-12)


def test_the_target_class_has_the_figures_of_scikit_learns_binary_case():
    probabilities, labels = random_case(4)
    target = measure(probabilities, labels, target="class 2").target
    right, answered = labels == 2, probabilities.argmax(1) == 2
    assert target.label_name == "class 2"
    assert target.share == right.mean()
    assert target.precision == pytest.approx(sk.precision_score(right, answered), abs=1e-12)
    assert target.recall == pytest.approx(sk.recall_score(right, answered), abs=1e-12)
    assert target.f1 == pytest.approx(sk.f1_score(right, answered), abs=1e-12)
    assert target.recall_interval == wilson_interval(int((right & answered).sum()), int(right.sum()))
    assert target.precision_interval == wilson_interval(int((right & answered).sum()), int(answered.sum()))


def test_without_a_target_there_are_no_target_figures_and_a_wrong_one_is_refused():
    probabilities, labels = random_case(3)
    assert measure(probabilities, labels).target is None
    with pytest.raises(UserError, match=r"labels\.target: 'cat' is not a class of this model; there are 'class 0'"):
        measure(probabilities, labels, target="cat")


def test_every_figure_lies_in_its_interval_which_is_named_like_it():
    ours = measure(*random_case(5))
    for name, interval in ours.intervals.items():
        assert interval[0] < getattr(ours, name) < interval[1], name
    scalars = {name for name, value in ours if isinstance(value, float)} - {"top_k"}
    assert scalars == set(ours.intervals)
    for row in ours.per_class:
        for name in ("precision", "recall", "f1", "auc", "average_precision"):
            assert getattr(row, f"{name}_interval")[0] < getattr(row, name) < getattr(row, f"{name}_interval")[1]


def test_four_times_the_pictures_give_half_the_interval():
    probabilities, labels = random_case(6, pictures=300)
    few = measure(probabilities, labels, resamples=1000)
    many = measure(np.tile(probabilities, (4, 1)), np.tile(labels, 4), resamples=1000)
    for name, (low, high) in many.intervals.items():
        wide = few.intervals[name][1] - few.intervals[name][0]
        assert (high - low) / wide == pytest.approx(0.5, rel=0.1), name


def test_no_mistake_is_not_certainty_in_any_figure():
    labels = np.repeat([0, 1, 2], 10)
    ours = measure(np.eye(3)[labels] * 0.97 + 0.01, labels)
    for name in ("macro_f1", "cohen_kappa", "matthews_correlation", "macro_auc", "macro_average_precision"):
        low, high = ours.intervals[name]
        assert getattr(ours, name) == pytest.approx(1)
        assert low < 0.93
        assert high == pytest.approx(1)
    assert all(row.f1_interval[0] < 0.9 and row.auc_interval[0] < 0.8 for row in ours.per_class)


def test_a_class_without_test_pictures_has_no_figures_that_are_made_up():
    probabilities, labels = random_case(4)
    probabilities, labels = probabilities[labels != 3], labels[labels != 3]
    row = measure(probabilities, labels).per_class[3]
    assert (row.pictures, row.auc, row.average_precision) == (0, None, None)
    assert row.recall_interval is row.f1_interval is row.auc_interval is row.average_precision_interval is None


def test_a_class_that_is_never_named_has_no_interval_of_its_precision():
    probabilities, labels = random_case(3)
    probabilities[:, 2] = 0
    row = measure(probabilities / probabilities.sum(1, keepdims=True), labels).per_class[2]
    assert (row.answers, row.precision, row.precision_interval) == (0, 0.0, None)
    assert row.recall_interval[0] == 0


@pytest.mark.parametrize(
    ("probabilities", "labels"),
    [
        ([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]], [0, 0, 1]),
        ([[0.9, 0.1]] * 3, [0, 1, 1]),
        ([[0.9, 0.1]] * 3, [1, 1, 1]),
        ([[0.9, 0.1]] * 3, [0, 0, 0]),
        ([[0.5, 0.5]], [0]),
        ([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], [0, 1, 2]),
        ([[1.0, 0.0], [1.0, 0.0]], [1, 1]),
    ],
)
def test_the_smallest_and_oddest_test_sets_give_numbers_or_nothing(probabilities, labels):
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        ours = measure(np.array(probabilities), np.array(labels))
    assert TestEvidence.model_validate(ours.model_dump(mode="json")) == ours  # refuses NaN
    for interval in ours.intervals.values():
        assert interval is None or interval[0] <= interval[1]


def test_probabilities_that_are_no_numbers_are_counted_and_refused():
    probabilities, labels = random_case(3)
    probabilities[[4, 7], 1] = np.nan
    probabilities[9, 0] = np.inf
    with pytest.raises(UserError, match=r"3 of 200 pictures got probabilities that are not numbers .* row 4"):
        measure(probabilities, labels)


def test_an_empty_test_split_is_refused():
    with pytest.raises(UserError, match="there is no test picture"):
        measure(np.zeros((0, 3)), np.zeros(0, dtype=int))


def test_equal_seeds_give_equal_intervals_and_other_seeds_others():
    case = random_case(4)
    assert measure(*case, seed=1) == measure(*case, seed=1)
    assert measure(*case, seed=1).intervals != measure(*case, seed=2).intervals


def test_the_flat_keys_of_older_runs_are_still_there():
    content = measure(*random_case(3)).model_dump(mode="json")
    older = {"pictures", "accuracy", "accuracy_interval", "top_k", "top_k_accuracy", "macro_precision", "macro_recall"}
    older |= {"macro_f1", "cohen_kappa", "loss", "per_class", "confusion_matrix"}
    assert older <= content.keys()
    assert {"label_name", "precision", "recall", "f1", "pictures"} <= content["per_class"][0].keys()
    assert content["intervals"]["accuracy"] == content["accuracy_interval"]


def test_accuracy_is_told_with_and_without_duplicates():
    is_right = np.array([True, True, True, False, True, False])
    has_duplicate = np.array([True, True, True, False, False, False])
    found = compare_duplicates(is_right, has_duplicate)
    assert (found.pictures, found.accuracy, found.accuracy_interval) == (3, 1.0, wilson_interval(3, 3))
    assert (found.other_pictures, found.other_accuracy) == (3, pytest.approx(1 / 3))
    assert found.other_accuracy_interval == wilson_interval(1, 3)


def test_without_any_duplicate_there_is_no_accuracy_of_duplicates():
    found = compare_duplicates(np.array([True, False]), np.zeros(2, dtype=bool))
    assert (found.pictures, found.accuracy, found.accuracy_interval) == (0, None, None)
    assert measure(*random_case(3)).duplicates is None


def test_many_classes_and_pictures_take_seconds():
    probabilities, labels = random_case(40, pictures=3000)
    start = time.process_time()
    measure(probabilities, labels, resamples=1000)
    assert time.process_time() - start < 5  # 1 s on an idle core


@pytest.mark.parametrize(("wrong", "is_known"), [(0, False), (4, False), (5, True)])
def test_the_loss_of_few_mistakes_has_no_interval(wrong, is_known):
    labels = np.arange(60) % 2
    said = np.where(np.arange(60) < wrong, 1 - labels, labels)
    noise = np.random.default_rng(0).random(60) / 10  # no two pictures are equally sure
    probabilities = np.stack([np.where(said == number, 0.8 + noise, 0.2 - noise) for number in (0, 1)], axis=1)
    assert (measure(probabilities, labels).intervals["loss"] is not None) == is_known


def test_scores_of_a_few_resamples_and_classes_at_a_time_are_those_of_all_to_the_last_bit(monkeypatch):
    at_once = measure(*random_case(5, pictures=500, levels=8))
    monkeypatch.setattr("vitrine.evaluation.test_metrics.NUMBERS_AT_ONCE", 500)
    monkeypatch.setattr("vitrine.evaluation.test_metrics.FEWEST_AT_ONCE", 7)
    assert measure(*random_case(5, pictures=500, levels=8)) == at_once
