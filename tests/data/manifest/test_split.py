"""Splits: seeded, stratified, independent of everything but the names; small classes by one rule."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import few_examples
from vitrine.data.manifest.split import CONFLICT, SplitSizes, assign_folds, assign_splits, join_groups
from vitrine.data.manifest.split_names import SPLITS


def split(counts, fixed="", validation=0.15, test=0.15, seed=0, shuffle=None):
    """Splits of classes by file; `fixed` may be a mapping from file to split."""
    files = [f"{name}/{number}" for name, count in counts.items() for number in range(count)]
    if shuffle is not None:
        files = np.random.default_rng(shuffle).permutation(files).tolist()
    given = [fixed if isinstance(fixed, str) else fixed.get(file, "") for file in files]
    answers = assign_splits(files, [file.split("/")[0] for file in files], given, SplitSizes(validation, test), seed)
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


def test_counts_are_taken_from_every_class():
    answers = split({"a": 100, "b": 40}, validation=5, test=10)
    assert [counts_of(answers, name) for name in "ab"] == [(85, 5, 10), (25, 5, 10)]


def groups_of(files, size):
    return [int(file.split("/")[1]) // size for file in files]


@pytest.mark.parametrize("size", [2, 3, 7, 25])
@pytest.mark.parametrize("seed", range(3))
def test_what_belongs_together_is_on_one_side_and_the_shares_hold_as_far_as_that_allows(size, seed):
    files = [f"{name}/{number}" for name in "ab" for number in range(100)]
    groups = [
        number + (50 if file[0] == "b" else 0) for file, number in zip(files, groups_of(files, size), strict=True)
    ]
    answers = assign_splits(files, [file[0] for file in files], [""] * 200, SplitSizes(0.2, 0.2), seed, groups)
    sides = {(group, split) for group, split in zip(groups, answers, strict=True)}
    assert len(sides) == len(set(groups))
    for name in "ab":
        for held_out in counts_of(dict(zip(files, answers, strict=True)), name)[1:]:
            assert abs(held_out - 20) <= size / 2


def test_a_group_of_several_classes_is_not_torn():
    files = [f"{name}/{number}" for name in "abc" for number in range(60)]
    groups = groups_of(files, 4)  # each holds four pictures of every class, as of one photographer
    answers = assign_splits(files, [file[0] for file in files], [""] * 180, SplitSizes(0.2, 0.2), 0, groups)
    assert len(set(zip(groups, answers, strict=True))) == 15
    assert Counter(answers) == {"train": 108, "validation": 36, "test": 36}


def test_a_class_that_is_one_group_is_trained_on():
    files = ["a/0", "a/1", "a/2", *[f"b/{number}" for number in range(20)]]
    answers = assign_splits(files, [f[0] for f in files], [""] * 23, SplitSizes(0.2, 0.2), 0, [0, 0, 0, *range(1, 21)])
    assert answers[:3] == ["train"] * 3


def split_in_groups(sizes, seed=0, test=0.15):
    """Splits of classes whose groups have these sizes, each by class and size."""
    groups = [(name, size) for name, those in sizes.items() for size in those]
    files = [f"{name}/{size}/{number}" for name, size in groups for number in range(size)]
    numbers = [groups.index((name, int(size))) for name, size, _ in (file.split("/") for file in files)]
    answers = assign_splits(files, [f[0] for f in files], [""] * len(files), SplitSizes(0.15, test), seed, numbers)
    return {(file[0], int(file.split("/")[1])): answer for file, answer in zip(files, answers, strict=True)}


@pytest.mark.parametrize("seed", range(3))
def test_groups_that_are_larger_than_the_shares_reach_every_split_the_smallest_first(seed):
    assert split_in_groups({"a": [33, 30, 31], "b": [60, 50, 55]}, seed) == {
        **{("a", 33): "train", ("a", 30): "test", ("a", 31): "validation"},
        **{("b", 60): "train", ("b", 50): "test", ("b", 55): "validation"},
    }


def test_two_large_groups_are_for_training_and_test():
    assert split_in_groups({"a": [40, 50], "b": range(1, 14)})["a", 50] == "train"
    assert split_in_groups({"a": [40, 50], "b": range(1, 14)})["a", 40] == "test"


def test_a_large_group_for_an_empty_split_moves_none_that_a_share_has_placed():
    """Of a third only the test's share is large enough; validation, which is cut later, has its smallest group."""
    answers = split_in_groups({"a": [30, 31, 32]}, test=0.3)
    tested = [size for (_, size), split in answers.items() if split == "test"]
    assert len(tested) == 1
    assert answers["a", min({30, 31, 32} - set(tested))] == "validation"


def test_large_groups_of_several_classes_reach_every_split():
    files = [f"{name}/{number}" for name in "ab" for number in range(90)]
    groups = groups_of(files, 30)  # three persons, each with pictures of both classes
    answers = assign_splits(files, [file[0] for file in files], [""] * 180, SplitSizes(0.15, 0.15), 0, groups)
    assert Counter(answers) == {"train": 60, "validation": 60, "test": 60}
    assert len(set(zip(groups, answers, strict=True))) == 3


def test_earlier_files_keep_their_split_and_new_ones_fill_up():
    first = split({"a": 40, "b": 40})
    files = [f"{name}/{number}" for name in "ab" for number in range(80)]
    earlier = [first.get(file) for file in files]
    answers = assign_splits(files, [f[0] for f in files], [""] * 160, SplitSizes(0.15, 0.15), 0, None, earlier)
    both = dict(zip(files, answers, strict=True))
    assert first.items() <= both.items()
    assert [counts_of(both, name) for name in "ab"] == [(56, 12, 12)] * 2


def test_the_manifest_alone_repeats_a_split():
    first = split({"a": 40, "b": 9}, seed=3)
    files, earlier = list(first), list(first.values())
    again = assign_splits(files, [f[0] for f in files], [""] * 49, SplitSizes(0.3, 0.3), 7, None, earlier)
    assert dict(zip(files, again, strict=True)) == first


def test_a_new_copy_follows_the_earlier_one_and_one_between_two_sides_is_a_conflict():
    earlier = ["train", "test", "train", "validation", None, None]
    files = ["a/0", "a/1", "a/2", "a/3", "a/new of 1", "a/new of 2 and 3"]
    answers = assign_splits(files, ["a"] * 6, [""] * 6, SplitSizes(0.2, 0.2), 0, [0, 1, 2, 2, 1, 2], earlier)
    assert answers == ["train", "test", "train", "validation", "test", CONFLICT]


def test_a_fixed_training_picture_stays_though_its_copy_is_in_the_fixed_test_folder():
    files, fixed = ["train/1", "train/2", "test/1"], ["train", "train", "test"]
    answers = assign_splits(files, ["a"] * 3, fixed, SplitSizes(0.2, 0.2), 0, [0, 1, 0])
    assert answers[0] == "train"
    assert answers[2] == "test"


@pytest.mark.parametrize("seed", range(3))
def test_folds_have_equal_shares_of_every_class_and_tear_no_group(seed):
    files = [f"{name}/{number}" for name, count in (("a", 50), ("b", 23)) for number in range(count)]
    groups = [(0 if file[0] == "a" else 100) + number for file, number in zip(files, groups_of(files, 2), strict=True)]
    folds = assign_folds(files, [file[0] for file in files], 5, seed, groups)
    assert len(set(zip(groups, folds, strict=True))) == len(set(groups))
    for name in "ab":
        sizes = Counter(fold for file, fold in zip(files, folds, strict=True) if file[0] == name)
        assert set(sizes) == set(range(5))
        assert max(sizes.values()) - min(sizes.values()) <= 2


@pytest.mark.parametrize(("classes", "each"), [(40, 3), (4, 4), (7, 1), (1, 5)])
def test_small_classes_fill_all_folds(classes, each):
    files = [f"{name}/{number}" for name in range(classes) for number in range(each)]
    folds = assign_folds(files, [file.split("/")[0] for file in files], 5, 0)
    assert set(folds) == set(range(5))
    assert max(Counter(folds).values()) <= classes * each / 5 + 2
    assert len(set(zip((file.split("/")[0] for file in files), folds, strict=True))) == len(files)  # none twice of one


def test_folds_that_a_former_build_filled_are_the_same():
    files = [f"{name}/{number}" for name, count in (("a", 6), ("b", 7)) for number in range(count)]
    folds = assign_folds(files, [file[0] for file in files], 5, 0)
    assert "".join(map(str, folds)) == "4001320341012"


def test_earlier_folds_stay():
    files = [f"a/{number}" for number in range(30)]
    first = dict(zip(files[:20], assign_folds(files[:20], ["a"] * 20, 4, 0), strict=True))
    earlier = [first.get(file, -1) for file in files]
    both = dict(zip(files, assign_folds(files, ["a"] * 30, 4, 0, None, earlier), strict=True))
    assert first.items() <= both.items()
    assert max(Counter(both.values()).values()) <= 8


CLASSES = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 40), min_size=1)
SHARES = st.floats(0.05, 0.44)


@st.composite
def grouped_files(draw):
    """Files of some classes with a group for each, and a seed."""
    counts = draw(CLASSES)
    files = [f"{name}/{number}" for name, count in counts.items() for number in range(count)]
    groups = draw(st.lists(st.integers(0, 15), min_size=len(files), max_size=len(files)))
    return files, groups, draw(st.integers(0, 1000))


def assign(files, groups, seed, earlier=None):
    labels = [file.split("/")[0] for file in files]
    before = None if earlier is None else [earlier.get(file) for file in files]
    answers = assign_splits(files, labels, [""] * len(files), SplitSizes(0.2, 0.2), seed, groups, before)
    return dict(zip(files, answers, strict=True))


@few_examples
@given(CLASSES, SHARES, SHARES, st.integers(0, 1000))
def test_each_class_is_cut_by_its_shares_with_training_first_then_test(counts, validation, test, seed):
    answers = split(counts, validation=validation, test=test, seed=seed)
    for name, count in counts.items():
        tested = min(max(1, round(count * test)), count - 1)
        validated = min(max(1, round(count * validation)), count - tested - 1)
        assert counts_of(answers, name) == (count - tested - validated, validated, tested)


@few_examples
@given(grouped_files())
def test_every_group_is_on_one_side_and_every_class_is_trained_on(drawn):
    files, groups, seed = drawn
    answers = assign(files, groups, seed)
    sides = set(zip(groups, answers.values(), strict=True))
    assert len(sides) == len(set(groups))
    assert {file[0] for file, side in answers.items() if side == "train"} == {file[0] for file in files}


@few_examples
@given(grouped_files(), st.randoms(use_true_random=False))
def test_no_order_of_the_listing_changes_a_split(drawn, random):
    files, groups, seed = drawn
    shuffled = list(zip(files, groups, strict=True))
    random.shuffle(shuffled)
    assert assign(*zip(*shuffled, strict=True), seed) == assign(files, groups, seed)


@few_examples
@given(grouped_files(), st.data())
def test_added_files_move_no_earlier_one_and_follow_their_group(drawn, data):
    files, groups, seed = drawn
    known = data.draw(st.sets(st.sampled_from(files)))
    group_of = dict(zip(files, groups, strict=True))
    first = [file for file in files if file in known]
    earlier = assign(first, [group_of[file] for file in first], seed)
    answers = assign(files, groups, seed + 1, earlier)
    assert earlier.items() <= answers.items()
    side_of = {group_of[file]: split for file, split in earlier.items()}
    for file in set(files) - known:
        assert answers[file] == side_of.get(group_of[file], answers[file])


@few_examples
@given(grouped_files(), st.integers(2, 6))
def test_every_group_is_in_one_fold(drawn, count):
    files, groups, seed = drawn
    folds = assign_folds(files, [file[0] for file in files], count, seed, groups)
    assert len(set(zip(groups, folds, strict=True))) == len(set(groups))
    assert set(folds) <= set(range(count))


def test_pictures_for_the_gate_are_set_aside_last_and_move_no_test_picture():
    counts = {"a": 100, "b": 40}
    files = [f"{name}/{number:05d}" for name, count in counts.items() for number in range(count)]
    labels = [file.split("/")[0] for file in files]
    without = assign_splits(files, labels, [""] * len(files), SplitSizes(0.1, 0.1), 0)
    with_gate = assign_splits(files, labels, [""] * len(files), SplitSizes(0.1, 0.1, 0.2), 0)
    assert Counter(with_gate) == {"train": 84, "validation": 14, "test": 14, "gate": 28}
    moved = {(old, new) for old, new in zip(without, with_gate, strict=True) if old != new}
    assert moved == {("train", "gate")}


def test_known_pictures_of_the_gate_stay_and_their_copies_follow():
    files, labels = ["a/0", "a/1", "a/2", "b/0"], ["a", "a", "a", "b"]
    sides = ["gate", None, None, "train"]
    answers = assign_splits(files, labels, [""] * 4, SplitSizes(0.1, 0.1, 0.1), 0, [0, 0, 1, 2], sides)
    assert answers[:2] == ["gate", "gate"]


def test_copies_and_members_of_a_group_share_a_number_and_the_first_row_of_each_decides_its_order():
    copies = np.array([7, 3, 3, 5, 9, 2, 2])
    assert join_groups(copies, ["", "", "film", "film", "other", "", "other"]).tolist() == [0, 1, 1, 1, 2, 2, 2]
    assert join_groups(copies, [""] * 7).tolist() == [0, 1, 1, 2, 3, 4, 4]
    assert join_groups(copies[:0], []).tolist() == []
