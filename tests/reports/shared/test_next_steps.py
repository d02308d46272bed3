"""What to do next: grounded in numbers, the most useful first, four at most."""

import numpy as np
import pandas as pd

from tests.ui.sentences.test_verdict import make_metrics, plain
from vitrine.records.learning_curve import ClassGain, LearningCurve, Outlook
from vitrine.records.mistakes import Examined, LabelErrors, Mistakes, Slice, Suspect
from vitrine.reports.shared.next_steps import may_gain_by_epochs, suggest_for_run
from vitrine.ui.texts import load_texts

GOOD = [[300, 0], [2, 298]]


def make_history(train=0.99):
    return pd.DataFrame({"epoch": [1], "train_accuracy": [train]})


def steps(metrics, train=0.99, mistakes=None, curve=None, language="en"):
    found = suggest_for_run(metrics, make_history(train), mistakes, curve, load_texts(language))
    return [plain(step) for step in found]


def make_mistakes(suspects=0, agreement=0.95, weaker=False):
    suspect = {"file": "a.png", "split": "test", "label_name": "a", "suggested": "b", "suspicion": 0.9}
    examined = {"split": "test", "pictures": 100, "of": 100, "judge": "model", "estimated": suspects}
    slices = [
        Slice(
            name="dark", limit=80.0, pictures=40, right=20, accuracy=0.5, interval=(0.35, 0.65), rest_pictures=160,
            rest_accuracy=0.9, difference=-0.4, p_value=0.001 if weaker else 0.4, is_weaker=weaker,
        )
    ]  # fmt: skip
    errors = LabelErrors(
        examined=(Examined(**examined, agreement=agreement),),
        not_examined=(),
        suspects=tuple(Suspect(**suspect, probability=0.9) for _ in range(suspects)),
        more=0,
    )
    return Mistakes(pairs=(), top_losses=(), label_errors=errors, slices=tuple(slices))


def make_curve(gain=0.02, shown=True):
    outlooks = [
        Outlook(factor=factor, pictures_per_class=50 * factor, accuracy=0.9 + gain * (factor - 1),
                interval=(0.85, 0.95), gain=gain * (factor - 1),
                gain_interval=(gain / 2 * (factor - 1), 2 * gain * (factor - 1)))
        for factor in (1, 2)
    ]  # fmt: skip
    best = ClassGain(
        label_name="b", pictures=50, recall=0.8, recall_interval=(0.7, 0.9), removed=20, gain=0.012,
        gain_interval=(0.001, 0.02), recall_gain=0.03, recall_gain_interval=(0.0, 0.06), shown=shown,
    )  # fmt: skip
    return LearningCurve(
        pictures=100, measured=100, classes=2, folds=5, repeats=4, seed=0, points=[], floor=None, scale=None,
        exponent=None, foretold=None, outlooks=outlooks, added=20, gains=[best], not_looked_at=[],
    )  # fmt: skip


def test_only_a_last_epoch_that_was_found_the_best_is_a_sign_that_more_would_help():
    metrics = make_metrics(GOOD, interval=(0.98, 1.0), validation=0.9)
    training = metrics.training.model_copy(update={"epochs": 5, "epochs_planned": 5})
    for monitor, may_gain in (("calibrated_loss", True), ("last_epoch", False)):
        validation = metrics.validation.model_copy(update={"best_epoch": 5, "monitor": monitor})
        assert (
            may_gain_by_epochs(metrics.model_copy(update={"training": training, "validation": validation})) is may_gain
        )


def test_where_nothing_stands_out_nothing_is_suggested():
    assert steps(make_metrics(GOOD, interval=(0.98, 1.0), validation=0.99)) == []


def test_wrong_labels_come_first_and_then_the_class_that_helps_most():
    found = steps(
        make_metrics(GOOD, interval=(0.98, 1.0), validation=0.99), mistakes=make_mistakes(5, weaker=True),
        curve=make_curve(),
    )  # fmt: skip
    assert found[0].startswith("Look at 5 pictures that contradict their labels")
    assert found[1] == "Photograph 'b': 20 more pictures of it would help most (about 1.2 points)."
    assert found[2] == (
        "Photograph more pictures of this kind: dark. Of them 50 % are named rightly, of the others 90 %."
    )
    assert found[3].startswith("More training pictures of every class would help: with twice as many, about 92.0 %")
    assert len(found) == 4


def test_a_judge_that_errs_often_gives_no_advice_about_labels():
    metrics = make_metrics(GOOD, interval=(0.98, 1.0), validation=0.99)
    assert steps(metrics, mistakes=make_mistakes(5, agreement=0.6)) == []


def test_a_gain_that_is_not_shown_is_not_promised():
    metrics = make_metrics(GOOD, interval=(0.98, 1.0), validation=0.99)
    found = steps(metrics, curve=make_curve(gain=0.001, shown=False))
    assert found == [
        "More training pictures of the same kind would help little: with twice as many, 90.1 % is expected instead of "
        "90.0 %."
    ]


def test_a_weak_class_is_named_with_what_it_is_called():
    metrics = make_metrics([[60, 0], [40, 20]], interval=(0.58, 0.74), validation=0.7)
    assert "Look at 'b': only 20 of its 60 test pictures are found; most often it is called 'a' (40 times)." in steps(
        metrics
    )


def test_a_network_that_learns_by_heart_or_not_at_all_is_told_apart():
    metrics = make_metrics(GOOD, interval=(0.98, 1.0), validation=0.6)
    assert any(step.startswith("It learns by heart: 99 % of the training pictures") for step in steps(metrics))
    assert steps(metrics, train=0.5)[0].startswith("It does not even learn its own training pictures (50 %")


def test_a_small_test_is_told_how_many_pictures_it_needs():
    found = steps(make_metrics([[12, 0], [1, 11]], interval=(0.8, 0.99), validation=0.95))
    assert found[-1] == (
        "Test it on more pictures, new ones or a larger share of these (data.test_fraction): with 24 test pictures the "
        "interval is 19 points wide; about 60 would make it 10 points wide."
    )


def test_steps_speak_french():
    found = steps(make_metrics([[60, 0], [40, 20]], interval=(0.58, 0.74), validation=0.7), language="fr")
    assert found[0].startswith("Regardez « b » : 20 reconnues seulement sur ses 60 images de test")


def test_a_faultless_small_test_still_needs_more_pictures():
    metrics = make_metrics(np.eye(2, dtype=int) * 8, interval=(0.8, 1.0), validation=0.99)
    assert steps(metrics)[-1].startswith(
        "Test it on more pictures, new ones or a larger share of these (data.test_fraction): with 16 test pictures"
    )


def test_the_width_of_an_interval_is_that_of_the_verdict():
    metrics = make_metrics(np.eye(2, dtype=int) * 10, interval=(0.8389, 1.0), validation=0.99)
    assert "the interval is 17 points wide" in steps(metrics)[-1]  # 83 to 100


def at_last_epoch(validation, epochs=100, feature_views=None, planned=None):
    metrics = make_metrics(GOOD, interval=(0.98, 1.0), validation=validation)
    training = metrics.training.model_copy(
        update={"epochs": epochs, "epochs_planned": planned or epochs, "feature_views": feature_views}
    )
    figures = metrics.validation.model_copy(update={"best_epoch": epochs})
    return metrics.model_copy(update={"training": training, "validation": figures})


def suggest(metrics, train=0.99):
    history = pd.DataFrame({"epoch": [metrics.validation.best_epoch], "train_accuracy": [train]})
    return [plain(step) for step in suggest_for_run(metrics, history, None, None, load_texts("en"))]


def test_a_longer_training_is_advised_only_where_answers_are_left_to_mend():
    assert suggest(at_last_epoch(0.99)) == ["Train longer: the last of 100 epochs was the best (optim.epochs)."]
    assert suggest(at_last_epoch(1.0)) == []
    assert suggest(at_last_epoch(0.99, epochs=1)) == []


def test_a_figure_that_stays_is_not_called_another():
    metrics = make_metrics(GOOD, interval=(0.98, 1.0), validation=0.99)
    assert steps(metrics, curve=make_curve(gain=0.0001, shown=False)) == [
        "More training pictures of the same kind would help little: with twice as many, 90.0 % is expected, as now."
    ]


def test_a_head_that_learns_by_heart_is_not_advised_a_policy_that_it_would_not_see():
    texts = {views: suggest(at_last_epoch(0.7, feature_views=views, planned=200))[-1] for views in (1, 10, 0)}
    assert "model.feature_views=10" in texts[1]
    assert "augmentation.policy" not in texts[1]
    assert texts[10] == texts[0]
    assert "augmentation.policy" in texts[0]


def test_the_head_alone_is_advised_where_the_rest_added_nothing():
    metrics = make_metrics(GOOD, interval=(0.98, 1.0), validation=0.98)
    for head, advised in ((0.99, True), (0.98, True), (0.97, False), (None, False)):
        training = metrics.training.model_copy(update={"head_first_accuracy": head})
        found = steps(metrics.model_copy(update={"training": training}))
        assert any("model.trainable_part=head" in step for step in found) is advised
