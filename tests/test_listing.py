"""Names within a message."""

import pytest

from vitrine.listing import LONGEST_VALUE, list_changes, list_names, suggest

MANY = [f"class {number:04d}" for number in range(1000)]


@pytest.mark.parametrize(
    ("names", "expected"),
    [([], "none"), (["a"], "'a'"), (["a", "b"], "'a', 'b'"), (MANY, "'class 0000', 'class 0001' and 998 more"),
     ([*MANY, *MANY], "'class 0000', 'class 0001' and 1,998 more")],
)  # fmt: skip
def test_a_few_names_are_told_and_the_others_counted(names, expected):
    assert list_names(names, 2) == expected


def test_a_near_name_is_suggested_and_else_a_few_of_those_there():
    assert suggest("Clas 0007", MANY) == "; did you mean 'class 0007'?"
    assert suggest("zebra", MANY, 1) == "; there are 'class 0000' and 999 more"


def test_what_differs_is_told_in_few_words_however_many_classes_there_are():
    before = {"seed": "0", "classes": ", ".join(MANY), "epochs": "3"}
    now = {"seed": "1", "classes": ", ".join([*MANY[1:], "zebra"]), "augment": "x" * 200}
    assert list_changes(before, before) == ""
    assert list_changes(now, before) == (
        "seed is 1, not 0; classes: with 'zebra', without 'class 0000'; epochs is not set, and was 3; "
        f"augment is {'x' * LONGEST_VALUE} ..., and was not set"
    )
    assert list_changes(dict.fromkeys(MANY, "1"), {}).endswith("; and 995 more")


@pytest.mark.parametrize(
    ("classes", "told"),
    [(MANY[::-1], "classes: in another order"), (["cat"], "classes: with 'cat', without 'class 0000', 'class 0001', "
     "'class 0002', 'class 0003', 'class 0004' and 995 more")],
)  # fmt: skip
def test_of_many_classes_those_that_differ_are_told(classes, told):
    assert list_changes({"classes": ", ".join(classes)}, {"classes": ", ".join(MANY)}) == told
