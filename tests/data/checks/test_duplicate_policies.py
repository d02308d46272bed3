import pandas as pd
import pytest

from vitrine.data.checks.duplicate_policies import apply_policies, leaking_groups
from vitrine.data.checks.near_duplicates import PAIR_COLUMNS, Duplicates, join_pairs


def make(*rows, pairs=()):
    """Rows of (file, label_name, split, content); pairs of positions that are near copies."""
    manifest = pd.DataFrame(rows, columns=["file", "label_name", "split", "sha256"]).assign(status="kept", reason="")
    first = manifest.groupby("sha256")["sha256"].transform(lambda one: one.index[0]).astype("int64").to_numpy()
    table = pd.DataFrame([(*pair, "mirrored", 0.5) for pair in pairs], columns=list(PAIR_COLUMNS)).astype(PAIR_COLUMNS)
    return manifest, Duplicates(first, join_pairs(table, len(manifest))[first], table)


def left_out(manifest):
    rows = manifest[manifest["status"] == "left_out"]
    return dict(zip(rows["file"], rows["reason"], strict=True))


def test_by_default_only_contradictions_are_left_out_and_all_of_them():
    manifest, duplicates = make(
        ("a/1", "a", "", "x"), ("a/2", "a", "", "x"), ("b/1", "b", "", "x"),
        ("a/3", "a", "", "y"), ("a/4", "a", "", "y"),
        pairs=[(0, 3)],
    )  # fmt: skip
    apply_policies(manifest, duplicates)
    assert left_out(manifest) == {
        "a/1": "the same picture is also in class 'b' (b/1)",
        "a/2": "the same picture is also in class 'b' (b/1)",
        "b/1": "the same picture is also in class 'a' (a/1)",
    }


def test_contradictions_can_be_kept():
    manifest, duplicates = make(("a/1", "a", "", "x"), ("b/1", "b", "", "x"))
    apply_policies(manifest, duplicates, contradictions="keep")
    assert left_out(manifest) == {}


def test_the_first_of_several_copies_is_kept():
    manifest, duplicates = make(
        ("a/1", "a", "", "x"), ("a/2", "a", "", "x"), ("a/3", "a", "", "y"), ("a/4", "a", "", "x")
    )
    apply_policies(manifest, duplicates, copies="first")
    assert left_out(manifest) == {"a/2": "an exact copy of a/1", "a/4": "an exact copy of a/1"}


def test_of_copies_in_fixed_splits_that_of_the_test_split_is_kept():
    manifest, duplicates = make(("1", "a", "train", "x"), ("2", "a", "validation", "x"), ("3", "a", "test", "x"))
    apply_policies(manifest, duplicates, copies="first")
    assert set(left_out(manifest)) == {"1", "2"}


@pytest.mark.parametrize("pairs", [[(0, 2)], []])
def test_training_copies_of_test_pictures_go_only_if_asked_for(pairs):
    content = "y" if pairs else "x"
    rows = (("1", "a", "train", "x"), ("2", "a", "train", "z"), ("3", "a", "test", content))
    manifest, duplicates = make(*rows, pairs=pairs)
    assert leaking_groups(manifest, duplicates) == [[0, 2]]
    apply_policies(manifest, duplicates)
    assert left_out(manifest) == {}
    apply_policies(manifest, duplicates, leaks="leave_out")
    assert left_out(manifest) == {"1": "a copy of the test picture 3"}


def test_a_leak_needs_a_verified_pair_and_not_only_a_chain():
    manifest, duplicates = make(
        ("1", "a", "train", "x"), ("2", "a", "train", "y"), ("3", "a", "test", "z"), pairs=[(0, 1), (1, 2)]
    )
    apply_policies(manifest, duplicates, leaks="leave_out")
    assert set(left_out(manifest)) == {"2"}


def test_what_was_left_out_as_a_contradiction_is_no_leak_any_more():
    manifest, duplicates = make(
        ("1", "a", "test", "x"), ("2", "b", "test", "x"), ("3", "a", "train", "y"), pairs=[(0, 2)]
    )  # fmt: skip
    apply_policies(manifest, duplicates, leaks="leave_out")
    assert set(left_out(manifest)) == {"1", "2"}


def test_nothing_is_left_out_twice_and_no_row_is_lost():
    manifest, duplicates = make(*((str(place), "ab"[place % 2], "", "xyz"[place % 3]) for place in range(12)))
    apply_policies(manifest, duplicates, copies="first", leaks="leave_out")
    assert len(manifest) == 12
    assert set(manifest["status"]) == {"left_out"}
    assert all(reason.startswith("the same picture is also in class") for reason in manifest["reason"])
