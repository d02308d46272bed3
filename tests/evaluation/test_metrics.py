import numpy as np
import pytest
from sklearn import metrics as sk

from vitrine.evaluation.metrics import ClassifierMetrics, compute_metrics


def random_case(num_labels, pictures=200, seed=0):
    generator = np.random.default_rng(seed)
    probabilities = generator.dirichlet(np.ones(num_labels), pictures)
    return probabilities, generator.integers(0, num_labels, pictures)


@pytest.mark.parametrize("num_labels", [2, 3, 19])
def test_metrics_equal_scikit_learns(num_labels):
    probabilities, labels = random_case(num_labels)
    predicted = probabilities.argmax(1)
    names = [str(number) for number in range(num_labels)]
    ours = compute_metrics(probabilities, labels, names, top_k=2)
    assert ours["accuracy"] == pytest.approx(sk.accuracy_score(labels, predicted), abs=1e-12)
    assert ours["macro_f1"] == pytest.approx(sk.f1_score(labels, predicted, average="macro"), abs=1e-12)
    assert ours["macro_precision"] == pytest.approx(sk.precision_score(labels, predicted, average="macro"), abs=1e-12)
    assert ours["macro_recall"] == pytest.approx(sk.recall_score(labels, predicted, average="macro"), abs=1e-12)
    assert ours["cohen_kappa"] == pytest.approx(sk.cohen_kappa_score(labels, predicted), abs=1e-12)
    assert ours["confusion_matrix"] == sk.confusion_matrix(labels, predicted).tolist()
    in_top = (np.argsort(-probabilities, 1)[:, :2] == labels[:, None]).any(1).mean()
    assert ours["top_k_accuracy"] == pytest.approx(in_top, abs=1e-12)
    assert [row["pictures"] for row in ours["per_class"]] == np.bincount(labels, minlength=num_labels).tolist()


def figures(predicted, label_ids, num_labels, top_k=1):
    """Of answers that are sure: all probability lies on one class."""
    names = [str(number) for number in range(num_labels)]
    return compute_metrics(np.eye(num_labels)[predicted], np.array(label_ids), names, top_k)


def test_a_class_without_test_pictures_does_not_change_the_macro_scores():
    two, three = figures([0, 1, 1, 0], [0, 1, 1, 1], 2), figures([0, 1, 1, 0], [0, 1, 1, 1], 3)
    assert three["macro_f1"] == two["macro_f1"]
    never_tested = {"label_name": "2", "precision": 0.0, "recall": 0.0, "f1": 0.0, "pictures": 0}
    assert three["per_class"][2] == never_tested


def test_kappa_is_zero_for_always_the_same_answer():
    assert figures([1] * 10, [0, 1] * 5, 2)["cohen_kappa"] == 0
    assert figures([1] * 3, [1] * 3, 2)["cohen_kappa"] == 0


def test_the_true_class_stands_in_the_row_of_the_confusion_matrix():
    assert figures([1, 1], [0, 0], 2)["confusion_matrix"] == [[0, 2], [0, 0]]


def test_among_all_classes_the_right_one_is_always_found():
    assert figures([0], [1], 2, top_k=2)["top_k_accuracy"] == 1.0
    assert figures([0], [1], 2, top_k=1)["top_k_accuracy"] == 0.0


@pytest.mark.parametrize("num_labels", [2, 3])
def test_the_likeliest_class_alone_is_the_accuracy(num_labels):
    probabilities, labels = random_case(num_labels)
    unsure = 0.5 * probabilities + 0.5 / num_labels  # of two classes, none is ever far from a half
    scores = compute_metrics(unsure, labels, [str(number) for number in range(num_labels)], top_k=1)
    assert scores["top_k_accuracy"] == scores["accuracy"]


@pytest.mark.parametrize("num_labels", [2, 3])
def test_pictures_that_are_taken_in_parts_have_the_figures_of_all_at_once(num_labels, monkeypatch):
    probabilities, labels = random_case(num_labels, pictures=50)
    names = [str(number) for number in range(num_labels)]
    at_once = compute_metrics(probabilities, labels, names, top_k=num_labels - 1)
    monkeypatch.setattr("vitrine.evaluation.metrics.ROWS_AT_ONCE", 7)
    assert compute_metrics(probabilities, labels, names, top_k=num_labels - 1) == at_once


def test_evaluate_computes_the_figures_of_answers():
    probabilities, labels = random_case(3, pictures=50)
    metrics = ClassifierMetrics(keep_in_memory=True)
    figures = metrics.compute(predictions=probabilities.argmax(1), references=labels, label_names=["a", "b", "c"])
    assert figures["accuracy"] == sk.accuracy_score(labels, probabilities.argmax(1))


def test_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match=r"[Mm]ismatch"):
        compute_metrics(np.eye(2), np.array([0]), ["a", "b"], top_k=1)
