import math

import numpy as np
import pytest

from vitrine.records.run import Metrics
from vitrine.ui.sentences.verdict import kappa_words, most_confused, notices, right_of_hundred, verdict
from vitrine.ui.texts import load_texts

EN, FR = load_texts("en"), load_texts("fr")


def make_metrics(matrix, interval=(0.931, 0.987), validation=0.9, names="abcdefgh", duplicates=None, series=None):
    matrix = np.asarray(matrix)
    total, right = int(matrix.sum()), np.diag(matrix)
    named = matrix.sum(axis=0)
    nothing = {
        f"{name}_interval": None for name in ("precision", "recall", "f1", "auc", "average_precision")
    } | {"auc": None, "average_precision": None}  # fmt: skip
    per_class = [
        nothing | {
            "label_name": name, "precision": 0.5, "recall": r / max(row.sum(), 1), "f1": 0.5,
            "pictures": int(row.sum()), "answers": int(answers),
        }
        for name, row, r, answers in zip(names, matrix, right, named, strict=False)
    ]  # fmt: skip
    return Metrics.model_validate(
        {
            "test": {
                "pictures": total, "accuracy": right.sum() / total, "accuracy_interval": interval, "top_k": 3,
                "top_k_accuracy": 1, "balanced_accuracy": 1, "macro_precision": 1, "macro_recall": 1, "macro_f1": 1,
                "cohen_kappa": 0.5, "matthews_correlation": 0.5, "macro_auc": None, "macro_average_precision": None,
                "loss": 1, "brier_score": 1, "per_class": per_class, "confusion_matrix": matrix.tolist(),
                "target": None, "duplicates": duplicates, "series": series, "intervals": {}, "resamples": 1, "seed": 0,
            },
            "validation": {"pictures": 9, "accuracy": validation, "loss": 1, "best_epoch": 1},
            "training": {
                "seconds": 1, "epochs": 1, "epochs_planned": 1, "stopped_early": False, "images_per_second": 1,
                "pictures": 9, "parameters": 9, "trainable_parameters": 9, "precision": "fp32", "seed": 0,
                "backbone": "x", "trainable_part": "all",
            },
        }
    )  # fmt: skip


def plain(sentence):
    """With plain spaces in place of those that do not break."""
    return " ".join(sentence.split())


def sentences(metrics, language=EN):
    return [plain(notice.text) for notice in notices(metrics, language)]


def claim_of(test, language=EN, **options):
    return plain(" ".join(verdict(test, language, **options)))


def test_verdict_says_what_the_interval_rests_on():
    assert claim_of(make_metrics([[80, 3], [2, 80]]).test) == (
        "Of 100 new pictures like these, about 97 are named rightly "
        "(95 % interval: 93 to 99; measured on 165 test pictures it never saw)."
    )


@pytest.mark.parametrize(
    ("accuracy", "number"), [(1.0, 100), (0.9999, 99), (0.996, 99), (0.5, 50), (0.004, 1), (0.0, 0)]
)
def test_only_a_faultless_test_gives_100_and_only_a_hopeless_one_gives_0(accuracy, number):
    assert right_of_hundred(accuracy) == number


def test_verdict_of_nearly_faultless_tests_does_not_round_the_mistakes_away():
    claim = claim_of(make_metrics([[500, 1], [0, 499]]).test)
    assert claim.startswith("Of 100 new pictures like these, more than 99 are named rightly (")


def test_interval_is_rounded_outwards_but_not_by_rounding_errors_of_the_machine():
    assert "95 % interval: 28 to 58;" in claim_of(make_metrics([[9]], interval=(0.2801, 0.5701)).test)
    assert "95 % interval: 29 to 57;" in claim_of(make_metrics([[9]], interval=(0.29, 0.57)).test)


def test_a_good_model_gets_no_warning():
    assert sentences(make_metrics([[60, 0], [0, 60]], interval=(0.97, 1.0), validation=0.99)) == []


def test_a_model_that_is_no_better_than_the_most_frequent_answer_is_called_so():
    first, *others = sentences(make_metrics([[90, 0], [30, 0]], interval=(0.66, 0.82), validation=0.75))
    assert first == "With 75.0 % it is no better than always answering 'a' (right for 75.0 %)."
    assert "It gives the same answer to every test picture: 'a'." in others


def test_a_model_whose_interval_reaches_down_to_guessing_is_not_called_better():
    assert sentences(make_metrics([[60, 10], [40, 10]], interval=(0.5, 0.7), validation=0.6))[0].startswith(
        "With 58.3 %"
    )
    found = sentences(make_metrics([[60, 10], [20, 30]], interval=(0.58, 0.82), validation=0.7))[0]
    assert found == (
        "It is not shown to be better than always answering 'a' (right for 58.3 %): the interval reaches down to it."
    )


def test_few_test_pictures_are_named_with_what_chance_may_do():
    found = sentences(make_metrics([[12, 0], [1, 11]], interval=(0.61, 0.97)))
    assert found[0] == (
        "There are only 24 test pictures: by chance alone the true share of right answers may be anything "
        "from 61 % to 97 %. More test pictures would tell."
    )


def test_classes_without_test_pictures_are_named():
    found = notices(make_metrics([[60, 0, 0], [0, 60, 0], [0, 0, 0]], interval=(0.97, 1.0)), EN)
    assert [(notice.level, plain(notice.text)) for notice in found] == [
        ("warning", "'c' has no test picture: how well it is recognised is not known.")
    ]


def test_the_hardest_class_is_named_and_a_weak_one_is_a_warning():
    found = notices(make_metrics([[57, 3], [9, 51]], interval=(0.84, 0.94)), EN)
    assert [(notice.level, plain(notice.text)) for notice in found] == [
        ("note", "'b' is the hardest: 85 % of its pictures are found (51 of 60).")
    ]
    assert notices(make_metrics([[60, 0], [30, 30]], interval=(0.66, 0.82), validation=0.8), EN)[0].level == "warning"


def test_several_weak_classes_share_one_sentence_that_names_the_weakest_first():
    matrix = np.diag([100] * 8)
    matrix[np.arange(1, 8), np.arange(1, 8)] = [60, 50, 40, 30, 20, 10, 0]
    matrix[np.arange(1, 8), 0] = 100 - matrix[np.arange(1, 8), np.arange(1, 8)]
    found = sentences(make_metrics(matrix, interval=(0.35, 0.42), validation=0.4))
    assert found == [
        "7 classes are found in less than 70 % of their pictures: 'h' (0 of 100 found), 'g' (10 of 100 found), "
        "'f' (20 of 100 found), 'e' (30 of 100 found), 'd' (40 of 100 found) and 2 more."
    ]


def test_a_validation_accuracy_far_above_the_test_is_suspicious():
    found = sentences(make_metrics([[60, 0], [6, 54]], interval=(0.89, 0.93), validation=0.99))
    assert "On the validation pictures it reached 99.0 %, on the test pictures only 95.0 %" in found[-1]


def test_confusions_are_sorted_by_count_then_by_share():
    matrix = np.array([[5, 2, 0], [0, 10, 3], [2, 1, 1]])
    pairs = [
        (pair.shown, pair.answered, pair.count, pair.pictures) for pair in most_confused(matrix, ("a", "b", "c"), 3)
    ]
    assert pairs == [("b", "c", 3, 13), ("c", "a", 2, 4), ("a", "b", 2, 7)]
    assert most_confused(np.eye(3, dtype=int), ("a", "b", "c"), 3) == []


@pytest.mark.parametrize(
    ("kappa", "words"),
    [(-0.1, "no agreement beyond chance"), (0.0, "no agreement beyond chance"), (0.2, "slight agreement"),
     (0.21, "fair agreement"), (0.6, "moderate agreement"), (0.8, "substantial agreement"),
     (0.81, "almost perfect agreement"), (1.0, "almost perfect agreement")],
)  # fmt: skip
def test_kappa_has_the_words_of_landis_and_koch(kappa, words):
    assert kappa_words(kappa, EN) == words


def test_verdict_and_warnings_speak_french():
    metrics = make_metrics([[12, 0], [1, 11]], interval=(0.61, 0.97))
    assert claim_of(metrics.test, FR) == (
        "Sur 100 nouvelles images comme celles-ci, environ 96 reçoivent le bon nom (intervalle à 95 % : 61 à 97 ; "
        "mesuré sur 24 images de test que le modèle n’avait jamais vues)."
    )
    assert sentences(metrics, FR)[0].startswith("Il n’y a que 24 images de test : par le seul hasard")
    assert kappa_words(0.7, FR) == "accord fort"


def test_pictures_of_another_data_set_are_not_called_unseen():
    assert claim_of(make_metrics([[12, 0], [1, 11]]).test, elsewhere=True).endswith(
        "measured on 24 pictures of this data set)."
    )


def test_series_in_training_are_named_with_the_figure_without_them_and_what_to_set():
    series = {"pictures": 20, "accuracy": 1.0, "accuracy_interval": (0.8, 1.0), "other_pictures": 100}
    series |= {"other_accuracy": 0.9, "other_accuracy_interval": (0.8, 0.95)}
    metrics = make_metrics([[60, 0], [0, 60]], interval=(0.97, 1.0), validation=0.99, series=series)
    (notice,) = [one for one in notices(metrics, EN) if "series" in one.text]
    assert notice.level == "warning"
    assert "90.0" in notice.text
    assert "data.group_by" in notice.text


@pytest.mark.parametrize("kind", ["duplicates", "series"])
@pytest.mark.parametrize("texts", [EN, FR], ids=["en", "fr"])
def test_a_test_that_training_has_seen_as_a_whole_is_warned_of(kind, texts):
    seen = {"pictures": 120, "accuracy": 1.0, "accuracy_interval": (0.97, 1.0), "other_pictures": 0}
    seen |= {"other_accuracy": None, "other_accuracy_interval": None}
    found = notices(make_metrics([[60, 0], [0, 60]], interval=(0.97, 1.0), validation=0.99, **{kind: seen}), texts)
    assert [notice.level for notice in found] == ["warning"]
    assert "120" in found[0].text


def test_duplicates_in_training_are_named_with_the_figure_without_them():
    duplicates = {"pictures": 20, "accuracy": 1.0, "accuracy_interval": (0.8, 1.0), "other_pictures": 100}
    honest = {"other_accuracy": 0.8, "other_accuracy_interval": (0.7, 0.87)}
    found = notices(
        make_metrics([[60, 0], [0, 60]], interval=(0.97, 1.0), validation=0.99, duplicates=duplicates | honest), EN
    )
    assert [(notice.level, plain(notice.text)) for notice in found] == [
        ("warning", "20 test pictures have a duplicate among the training pictures. "
         "Without them the accuracy is 80.0 % instead of 100.0 %."),
    ]  # fmt: skip


@pytest.mark.parametrize("interval", [(0.8389, 1.0), (0.834, 0.996), (0.29, 0.57)])
def test_one_interval_is_one_pair_of_numbers_wherever_it_is_printed(interval):
    metrics, texts = make_metrics(np.eye(2, dtype=int) * 10, interval=interval), load_texts("en")
    low, high = math.floor(interval[0] * 100 + 1e-9), math.ceil(interval[1] * 100 - 1e-9)
    assert f"95 % interval: {low} to {high};" in plain(verdict(metrics.test, texts)[1])
    (few,) = [notice.text for notice in notices(metrics, texts) if "by chance alone" in notice.text]
    assert f"from {low} % to {high} %" in plain(few)
    assert plain(texts.interval(*interval)) == f"{low} % to {high} %"
