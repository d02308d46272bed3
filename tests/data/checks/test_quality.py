import numpy as np
import pandas as pd
import pytest

from vitrine.data.checks.duplicate_policies import apply_policies
from vitrine.data.checks.near_duplicates import PAIR_COLUMNS, Duplicates, join_pairs
from vitrine.data.checks.quality import find_problems

SOUND = {
    "label_name": "a", "split": "", "status": "kept", "reason": "", "width": 300, "height": 200, "format": "JPEG",
    "contrast": 40.0, "note": "",
}  # fmt: skip


def make(rows, contents=None, pairs=()):
    """Sound pictures but for what `rows` say of them."""
    files = [{"file": f"{place}.jpg", **SOUND, **row} for place, row in enumerate(rows)]
    manifest = pd.DataFrame(files)
    kept = (manifest["status"] == "kept").to_numpy()
    contents = np.array(contents or range(len(rows)), np.int64)
    table = pd.DataFrame([(*pair, "cropped", 0.5) for pair in pairs], columns=list(PAIR_COLUMNS)).astype(PAIR_COLUMNS)
    group = join_pairs(table, len(rows))[contents]
    return manifest, Duplicates(np.where(kept, contents, -1), np.where(kept, group, -1), table)


def find(rows, **given):
    return {finding.name: finding for finding in find_problems(*make(rows, **given))}


def test_sound_pictures_give_no_findings():
    assert find([{}, {"label_name": "b"}, {"file": "x.JPEG"}, {"file": "y"}, {"file": "z.jpg", "format": "MPO"}]) == {}


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("unreadable", {"status": "quarantined", "reason": "the file is cut short"}),
        ("missing", {"status": "quarantined", "reason": "the file is not there"}),
        ("tiny", {"width": 31, "height": 31}),
        ("odd_aspect", {"width": 700, "height": 200}),
        ("odd_aspect", {"width": 200, "height": 700}),
        ("huge", {"width": 6000, "height": 4000}),
        ("uniform", {"contrast": 1.0}),
        ("wrong_extension", {"format": "PNG"}),
        ("read_with_note", {"note": "the end of the file is missing, but all rows are there"}),
    ],
)
def test_one_bad_picture_is_found_alone(name, row):
    findings = find([{}, row, {}, {}])
    assert list(findings) == [name]
    assert findings[name].rows == (1,)
    assert findings[name].count == 1


@pytest.mark.parametrize(
    "row", [{"width": 32, "height": 32}, {"width": 600}, {"contrast": 3.0}, {"file": "a.jfif"}, {"file": "b.unknown"}]
)
def test_what_lies_on_the_limit_is_sound(row):
    assert find([{}, row, {}]) == {}


def test_large_pictures_among_large_ones_are_not_huge():
    assert find([{"width": 6000, "height": 4000}] * 3) == {}


def test_pictures_that_are_not_used_are_not_judged_by_their_looks():
    assert find([{}, {"status": "left_out", "reason": "class left out", "width": 5, "contrast": 0.0}]) == {}


def test_tiny_follows_the_recipe():
    manifest, duplicates = make([{}, {"width": 63, "height": 63}])
    assert [finding.name for finding in find_problems(manifest, duplicates, min_side=64)] == ["tiny"]


def test_exact_copies_and_placeholders_are_groups():
    found = find([{}] * 8, contents=[0, 0, 2, 3, 2, 2, 2, 2])
    assert found["exact_copies"].groups == ((0, 1), (2, 4, 5, 6, 7))
    assert found["placeholders"].groups == ((2, 4, 5, 6, 7),)
    assert found["exact_copies"].count == 2


def test_near_copies_are_groups_of_different_contents_with_their_kind():
    found = find([{}] * 5, contents=[0, 0, 2, 3, 4], pairs=[(0, 2), (2, 4)])
    assert found["near_copies"].groups == ((0, 2, 4),)
    assert found["near_copies"].remarks == ("cropped",)
    assert found["exact_copies"].groups == ((0, 1),)


def test_copies_under_two_labels_are_contradictions_exact_and_near():
    found = find([{}, {"label_name": "b"}, {"label_name": "b"}], contents=[0, 0, 2], pairs=[(0, 2)])
    assert found["contradictions"].groups == ((0, 1),)
    assert found["near_contradictions"].groups == ((0, 2),)
    assert found["contradictions"].level == "warning"
    assert "exact_copies" not in found  # whose advice would not help


def test_near_duplicates_in_two_fixed_splits_are_leaks():
    rows = [{"split": "train"}, {"split": "test"}, {"split": "train"}, {"split": "train"}]
    found = find(rows, contents=[0, 1, 2, 2], pairs=[(0, 1)])
    assert found["leaks"].groups == ((0, 1),)
    assert "leave_out" in found["leaks"].advice


def test_what_was_done_is_what_the_manifest_says():
    manifest, duplicates = make([{}, {"label_name": "b"}, {}], contents=[0, 0, 2])
    before = {finding.name: finding.done for finding in find_problems(manifest, duplicates)}
    apply_policies(manifest, duplicates)
    after = {finding.name: finding.done for finding in find_problems(manifest, duplicates)}
    assert "kept" in before["contradictions"]
    assert after["contradictions"] == "2 of the 2 files are left out."


def test_unbalanced_classes_are_named_with_their_numbers():
    rows = [{}] * 20 + [{"label_name": "b"}] * 4 + [{"label_name": "c"}] * 5
    found = find(rows)["imbalance"]
    assert found.count == 1
    assert "'a' has 20 pictures, 'b' 4" in found.advice


def test_the_gravest_comes_first_and_an_empty_manifest_has_nothing():
    rows = [{"status": "quarantined", "reason": "empty"}, {"format": "PNG"}, {}]
    assert [finding.name for finding in find_problems(*make(rows))] == ["unreadable", "wrong_extension"]
    manifest, duplicates = make(rows)
    assert (
        find_problems(manifest.head(0), Duplicates(duplicates.content[:0], duplicates.group[:0], duplicates.pairs))
        == []
    )


def test_a_dark_picture_that_a_note_explains_is_not_called_empty():
    assert list(find([{"contrast": 1.0, "note": "its levels use 1/16 of their range"}])) == ["read_with_note"]
