"""What follows from the numbers that a model gives."""

import numpy as np
import pytest
from scipy.special import softmax as reference_softmax

from vitrine.models.calibration.selective import Answer, NoneOfThese, Trust, Unsure
from vitrine.models.calibration.softmax import softmax
from vitrine.predict.predictions import Predictions, join_predictions

NAMES = ("a", "b", "c")
TRUST = Trust(precision=0.9, confidence_threshold=0.6, similarity_threshold=0.5, neighbors=3)


def make(similarities=(0.9, 0.8, 0.2), label_ids=(0, 0, 2), trust=TRUST):
    probabilities = np.array([[0.7, 0.2, 0.1], [0.25, 0.4, 0.35], [0.01, 0.01, 0.98]])
    return Predictions(
        ids=["1.png", "2.png", "3.png"],
        logits=np.log(probabilities).astype(np.float32),
        label_names=NAMES,
        label_ids=None if label_ids is None else np.array(label_ids),
        similarities=None if similarities is None else np.array(similarities, np.float32),
        trust=trust,
    )


def test_probabilities_are_computed_in_double_precision_whatever_the_logits_are():
    logits = np.array([[1000.0, 999.0, -1000.0], [0.0, 0.0, 0.0]], np.float32)
    found = Predictions(["1", "2"], logits, NAMES).probabilities
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, reference_softmax(logits.astype(np.float64), axis=1), rtol=1e-14)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-15)


def test_a_scale_is_the_inverse_of_the_temperature():
    logits = np.array([[1.0, 3.0, 2.0]])
    np.testing.assert_allclose(softmax(logits, 0.5), softmax(logits / 2))


def test_decisions_and_their_kinds_follow_from_similarity_first_and_confidence_then():
    predictions = make()
    assert predictions.decision_kinds.tolist() == ["answered", "unsure", "none"]
    assert list(predictions.decisions) == [Answer("a"), Unsure("b", "c"), NoneOfThese()]
    assert make(similarities=None).decision_kinds.tolist() == ["answered", "unsure", "answered"]
    assert make(trust=None).decision_kinds.tolist() == ["answered"] * 3


def test_confidence_and_right_answers_are_of_the_likeliest_label():
    predictions = make()
    np.testing.assert_allclose(predictions.confidence, [0.7, 0.4, 0.98], atol=1e-6)
    assert predictions.is_right.tolist() == [True, False, True]
    with pytest.raises(ValueError, match="are not known"):
        _ = make(label_ids=None).is_right


def test_one_picture_has_its_labels_likeliest_first():
    second = make()[1]
    assert [name for name, _ in second.ranking] == ["b", "c", "a"]
    assert second.ranking[0][1] == pytest.approx(0.4)
    assert (second.decision, second.similarity) == (Unsure("b", "c"), pytest.approx(0.8))
    assert make(similarities=None)[0].similarity is None
    assert [one.decision for one in make()] == list(make().decisions)


def test_equally_likely_labels_keep_their_order():
    even = Predictions(["1"], np.zeros((1, 3)), NAMES, trust=TRUST)
    assert [name for name, _ in even[0].ranking] == ["a", "b", "c"]
    assert even[0].decision == Unsure("a", "b")


def test_a_selection_keeps_everything_of_its_rows():
    predictions = make()
    for rows in ([2, 0], np.array([2, 0])):
        chosen = predictions.select(rows)
        assert (list(chosen.ids), chosen.label_ids.tolist()) == (["3.png", "1.png"], [2, 0])
        assert list(chosen.decisions) == [NoneOfThese(), Answer("a")]
    masked = predictions.select(np.array([False, True, True]))
    assert (list(masked.ids), len(masked)) == (["2.png", "3.png"], 2)
    np.testing.assert_array_equal(masked.probabilities, predictions.probabilities[1:])
    assert len(predictions.select([])) == 0


def test_batches_join_in_their_order_also_where_one_is_empty():
    predictions = make(label_ids=None)
    empty = Predictions([], np.zeros((0, 3), np.float32), NAMES, trust=TRUST)
    joined = join_predictions([empty, predictions.select([0, 1]), empty, predictions.select([2])])
    assert list(joined.ids) == list(predictions.ids)
    np.testing.assert_array_equal(joined.logits, predictions.logits)
    assert list(joined.decisions) == list(predictions.decisions)
    assert join_predictions([empty, empty]).similarities is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ids": ["1.png"]}, r"logits: must be \[1 pictures, 3 labels\] \(got \[2, 3\]\)"),
        ({"label_ids": np.zeros(3, int)}, r"label_ids: must be \[2 pictures\] \(got \[3\]\)"),
        ({"similarities": np.zeros((2, 1))}, r"similarities: must be \[2 pictures\]"),
    ],
)
def test_numbers_that_do_not_belong_together_are_refused(changes, message):
    fields = {"ids": ["1.png", "2.png"], "logits": np.zeros((2, 3)), "label_names": NAMES}
    with pytest.raises(ValueError, match=message):
        Predictions(**(fields | changes))
