"""What was done is said in a sentence."""

from vitrine.data.labels.corrected import say_corrected


def test_one_and_several_are_told_apart():
    assert say_corrected("c.csv", 1, 1, 1, 1, 1) == (
        "c.csv: 1 label corrected and 1 picture removed, 1 of them as exact copy of others; 1 more row was no longer "
        "needed; 1 row was passed over, not of this data set."
    )
    assert say_corrected("c{}.csv", 2, 0, 0, 0, 0) == "c{}.csv: 2 labels corrected and 0 pictures removed."
