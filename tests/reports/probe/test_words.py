"""What a feasibility study means, in sentences."""

import numpy as np
import pytest

from tests.reports.probe.studies import make_study
from vitrine.evaluation.probe.linear_probe import study_features
from vitrine.reports.probe.words import (
    advise,
    count_doubtful,
    expect,
    find_notices,
    give_evidence,
    judge_rand,
    judge_silhouette,
)
from vitrine.ui.texts import load_texts

ENGLISH = load_texts("en")


def test_the_expectation_names_classes_only_where_they_are_mixed_up():
    names = ("cat", "dog", "fox")
    apart, _ = make_study([30, 30, 30], distance=20)
    assert (
        expect(apart, names, ENGLISH) == "Expect an accuracy of about 1.00 with a frozen backbone; it makes no mistake."
    )
    alike, _ = make_study([30, 30, 30], distance=15, same=(2,))
    assert expect(alike, names, ENGLISH).endswith("with a frozen backbone; 'cat' and 'fox' are hard to tell apart.")


def test_a_study_no_better_than_the_largest_class_says_so():
    study, label_ids = make_study([60, 30], distance=0)
    names = ("cat", "dog")
    (notice,) = find_notices(study, names, label_ids, len(label_ids), ENGLISH)
    assert notice.text.startswith("This is not shown to be better than always naming 'cat', which is right for 0.67")
    assert advise(study, names, label_ids, ENGLISH)[0].startswith("Look at pictures and labels before you train")


def test_classes_that_could_not_be_measured_are_named():
    study, label_ids = make_study([30, 1, 30], distance=20)
    texts = [notice.text for notice in find_notices(study, ("cat", "dog", "fox", "emu"), label_ids, 100, ENGLISH)]
    assert texts[0].startswith("'dog' has too few unrelated pictures")
    assert texts[1] == "'emu' has no training or validation picture."
    assert texts[2] == "61 of the 100 pictures were studied, of each class its share."
    assert "'dog' has fewer than 20" in advise(study, ("cat", "dog", "fox", "emu"), label_ids, ENGLISH)[-1]


def test_a_wrong_label_among_clear_classes_is_a_label_to_check():
    generator = np.random.default_rng(0)
    label_ids = np.repeat([0, 1], 40)
    features = (30 * np.eye(12)[label_ids] + generator.normal(size=(80, 12))).astype(np.float32)
    label_ids[3] = 1
    study = study_features(features, label_ids, 2)
    assert count_doubtful(study, label_ids.tolist()) == 1
    assert any(step.startswith("Check 1 label") for step in advise(study, ("cat", "dog"), label_ids.tolist(), ENGLISH))


@pytest.mark.parametrize(
    ("judge", "ends"), [(judge_rand, (-0.1, 0.1, 0.4, 0.7, 0.9)), (judge_silhouette, (-0.1, 0.0, 0.1, 0.25))]
)
def test_each_range_of_a_figure_has_words_of_its_own(judge, ends):
    assert len({judge(value, ENGLISH) for value in ends}) == len(ends)
    assert judge(1.0, ENGLISH) == judge(ends[-1], ENGLISH)


def test_the_evidence_has_interval_and_pictures():
    study, _ = make_study([30, 30], distance=20)
    low, high = study.head.interval
    sentence = give_evidence(study, ENGLISH)
    assert f"{low:.2f}" in sentence
    assert f"{high:.2f}" in sentence
    assert "60" in sentence
