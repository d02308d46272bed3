"""Splits: seeded, stratified, independent of everything but the names; small classes by one rule."""

from collections import Counter

import numpy as np
import pytest

from vitrine.data.split import SPLITS, assign_splits


def split(counts, fixed="", validation=0.15, test=0.15, seed=0, shuffle=None):
    """Splits of classes by file; `fixed` may be a mapping from file to split."""
    files = [f"{name}/{number}" for name, count in counts.items() for number in range(count)]
    if shuffle is not None:
        files = np.random.default_rng(shuffle).permutation(files).tolist()
    given = [fixed if isinstance(fixed, str) else fixed.get(file, "") for file in files]
    answers = assign_splits(files, [file.split("/")[0] for file in files], given, validation, test, seed)
    return dict(zip(files, answers, strict=True))


def counts_of(answers, label_name):
    return tuple(
        Counter(s for file, s in answers.items() if file.startswith(f"{label_name}/"))[name] for name in SPLITS
    )


@pytest.mark.parametrize(
    ("pictures", "expected"),
    [(1, (1, 0, 0)), (2, (1, 0, 1)), (3, (1, 1, 1)), (4, (2, 1, 1)), (10, (6, 2, 2)), (20, (14, 3, 3))],
)
def test_small_classes_train_first_then_test_then_validate(pictures, expected):
    assert counts_of(split({"a": pictures, "b": 50}), "a") == expected


@pytest.mark.parametrize("seed", range(3))
def test_every_class_has_its_shares(seed):
    answers = split({"a": 100, "b": 40, "c": 1000}, validation=0.2, test=0.1, seed=seed)
    assert [counts_of(answers, name) for name in "abc"] == [(70, 20, 10), (28, 8, 4), (700, 200, 100)]


def test_large_shares_never_take_the_last_training_picture():
    for pictures in range(1, 12):
        assert counts_of(split({"a": pictures}, validation=0.44, test=0.45), "a")[0] >= 1


def test_the_split_depends_on_the_seed_alone():
    assert split({"a": 50, "b": 50}) == split({"a": 50, "b": 50})
    assert split({"a": 50, "b": 50}, seed=1) != split({"a": 50, "b": 50}, seed=2)


@pytest.mark.parametrize("shuffle", range(5))
def test_the_order_of_the_listing_changes_nothing(shuffle):
    assert split({"a": 30, "b": 20}, shuffle=shuffle) == split({"a": 30, "b": 20})


def test_a_new_class_changes_nothing_for_the_others():
    before, after = split({"a": 30, "b": 20}), split({"a": 30, "b": 20, "c": 40})
    assert before.items() <= after.items()


def test_fixed_splits_are_kept_whatever_the_shares():
    fixed = {f"a/{number}": SPLITS[number % 3] for number in range(30)}
    assert split({"a": 30}, fixed, validation=0.4, test=0.4) == fixed


def test_only_the_missing_splits_are_cut_from_the_training_pictures():
    fixed = {f"{name}/{number}": "test" if number < 5 else "train" for name in "ab" for number in range(25)}
    answers = split({"a": 25, "b": 25}, fixed)
    assert {file for file, name in answers.items() if name == "test"} == {
        f for f, name in fixed.items() if name == "test"
    }
    assert counts_of(answers, "a") == (17, 3, 5)


def test_a_class_missing_from_the_fixed_test_folder_gets_no_test_pictures():
    fixed = {f"a/{number}": "test" if number < 5 else "train" for number in range(25)}
    fixed |= {f"b/{number}": "train" for number in range(20)}
    assert counts_of(split({"a": 25, "b": 20}, fixed), "b") == (17, 3, 0)
