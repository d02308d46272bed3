"""Labels of a model and classes of a data set that do not know of each other."""

import pytest

from vitrine.data.labels.matching import match_labels
from vitrine.errors import UserError


def test_equal_names_keep_the_order_of_the_model():
    match = match_labels(["b", "a", "c"], ["a", "b"])
    assert match.label_names == ("b", "a", "c")
    assert match.columns == (0, 1, 2)
    assert match.renamed == ()
    assert match.unknown == ()


def test_names_match_without_capitals_blanks_and_hyphens_and_by_each_synonym():
    match = match_labels(["French Bulldog", "pug, pug-dog", "tabby, tabby cat"], ["french_bulldog", "Pug"])
    assert match.label_names == ("french_bulldog", "Pug", "tabby, tabby cat")
    assert match.renamed == (("French Bulldog", "french_bulldog"), ("pug, pug-dog", "Pug"))


def test_several_labels_may_mean_one_class():
    match = match_labels(["tabby", "Persian", "pug"], ["cat", "dog"], ["tabby=cat", "Persian=cat", "pug=dog"])
    assert match.label_names == ("cat", "dog")
    assert match.columns == (0, 0, 1)


def test_a_label_with_an_equals_sign_is_read_whole():
    assert match_labels(["a=b", "c"], ["x=y", "c"], ["a=b=x=y"]).renamed == (("a=b", "x=y"),)


def test_classes_that_the_model_does_not_know_are_named():
    assert match_labels(["a", "b"], ["a", "z"]).unknown == ("z",)


def test_a_label_that_is_a_class_is_no_other_class():
    match = match_labels(["Cat", "dog"], ["Cat", "cat", "dog"])
    assert (match.label_names, match.renamed, match.unknown) == (("Cat", "dog"), (), ("cat",))
    with pytest.raises(UserError, match="the label 'CAT' of the model could be the class 'Cat', 'cat'; say which"):
        match_labels(["CAT", "dog"], ["Cat", "cat", "dog"])


def test_an_exact_name_wins_over_one_that_is_alike():
    assert match_labels(["cat", "Cat"], ["Cat", "dog"]).renamed == ()


@pytest.mark.parametrize(
    ("labels", "classes", "given", "message"),
    [
        (
            ["LABEL_0", "LABEL_1"],
            ["cat", "dog"],
            [],
            "the model knows none of the classes 'cat', 'dog'; its labels are",
        ),
        (["Pug", "PUG"], ["pug"], [], "could be the label 'Pug', 'PUG' of the model; say which: --labels 'Pug=pug'"),
        (["a"], ["a"], ["nonsense"], "'nonsense' is not of the form MODEL_LABEL=class"),
        (["tabby"], ["cat"], ["taby=cat"], "the model has no label 'taby'; did you mean 'tabby'?"),
        (["tabby"], ["cat"], ["tabby=cats"], "the data set has no class 'cats'; did you mean 'cat'?"),
    ],
)
def test_what_does_not_match_is_one_message(labels, classes, given, message):
    with pytest.raises(UserError) as error:
        match_labels(labels, classes, given)
    assert message in str(error.value)
