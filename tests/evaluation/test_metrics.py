import numpy as np
import pytest
from sklearn import metrics as sk

from vitrine.evaluation.metrics import Accuracy, CohenKappa, ConfusionMatrix, MacroScores, TopKAccuracy, compute_metrics


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


def test_a_class_without_test_pictures_does_not_change_the_macro_scores():
    scores = MacroScores(keep_in_memory=True).compute(predictions=[0, 1, 1, 0], references=[0, 1, 1, 1])
    probabilities = np.eye(3)[[0, 1, 1, 0]]
    with_third = compute_metrics(probabilities, np.array([0, 1, 1, 1]), ["a", "b", "never tested"], top_k=1)
    assert with_third["macro_f1"] == scores["macro_f1"]
    assert with_third["per_class"][2] == {
        "label_name": "never tested",
        "precision": 0.0,
        "recall": 0.0,
        "f1": 0.0,
        "pictures": 0,
    }


def test_kappa_is_zero_for_always_the_same_answer():
    assert CohenKappa(keep_in_memory=True).compute(predictions=[1] * 10, references=[0, 1] * 5)["cohen_kappa"] == 0
    assert CohenKappa(keep_in_memory=True).compute(predictions=[1] * 3, references=[1] * 3)["cohen_kappa"] == 0


def test_the_true_class_stands_in_the_row_of_the_confusion_matrix():
    metric = ConfusionMatrix(keep_in_memory=True)
    matrix = metric.compute(predictions=[1, 1], references=[0, 0], num_labels=2)["confusion_matrix"]
    assert matrix == [[0, 2], [0, 0]]


def test_among_all_classes_the_right_one_is_always_found():
    metric = TopKAccuracy(keep_in_memory=True)
    assert metric.compute(predictions=[[0.9, 0.1]], references=[1], k=2)["top_k_accuracy"] == 1.0
    assert metric.compute(predictions=[[0.9, 0.1]], references=[1], k=1)["top_k_accuracy"] == 0.0


def test_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match=r"[Mm]ismatch"):
        Accuracy(keep_in_memory=True).compute(predictions=[0, 1], references=[0])
