"""Names that hold several labels are named with their parts; names of several words are not."""

import pytest

from vitrine.data.labels.several import describe_several


@pytest.mark.parametrize(
    ("names", "combined", "parts"),
    [
        (["scab", "rust", "scab rust"], ["scab rust"], ["rust", "scab"]),
        (["x", "y", "z", "x y", "y z"], ["x y", "y z"], ["x", "y", "z"]),
        (["a", "b", "a|b"], ["a|b"], ["a", "b"]),
        (["cat;dog", "dog;bird"], ["cat;dog", "dog;bird"], ["bird", "cat", "dog"]),
        (["cat, dog", "cat"], ["cat, dog"], ["cat", "dog"]),
        (["cat+dog", "dog"], ["cat+dog"], ["cat", "dog"]),
        (["cat and dog", "dog"], ["cat and dog"], ["cat", "dog"]),
        (["cat_dog", "dog_bird", "cat", "dog", "bird"], ["cat_dog", "dog_bird"], ["bird", "cat", "dog"]),
        (["['a', 'b']", "['a']"], ["['a', 'b']"], ["a", "b"]),
        (["[a, b]"], ["[a, b]"], ["a", "b"]),
        (["(1, 2)", "(1,)"], ["(1, 2)"], ["1", "2"]),
    ],
)  # fmt: skip
def test_several_labels_in_a_name_are_noted_with_their_parts(names, combined, parts):
    (note,) = describe_several(names)
    assert note.startswith(f"Classes {', '.join(map(repr, combined))} seem to hold several labels each, ")
    assert f"made of {', '.join(map(repr, parts))}: every combination is a class of its own now." in note


@pytest.mark.parametrize(
    "names",
    [
        ["hot dog", "dog", "cat"],
        ["golden retriever", "labrador retriever", "poodle"],
        ["black cat", "white cat", "black dog"],
        ["n/a", "cat"],
        ["AT&T", "IBM"],
        ["1-1", "1-2", "1", "2"],
        ["R&B", "rock"],
        ["salt and pepper", "sugar"],
        ["(unknown)", "cat"],
        ["cat", "dog", ""],
        ["a|", "|b"],
    ],
)
def test_names_of_several_words_are_names(names):
    assert describe_several(names) == []
