"""The sections about pictures: splits that can be made, folds, classes, preparation."""

import pytest

from tests.config.faults import fault_of
from vitrine.config.data import ChecksSection, DataSection, LabelsSection, PreparationSection
from vitrine.config.loading import load_recipe


def test_splits_that_leave_nothing_to_train_on_are_refused(write):
    path = write("data: {validation_fraction: 0.5, test_fraction: 0.5}\n")
    assert "data: validation_fraction + test_fraction must stay below 0.9" in fault_of(path)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["data.max_megapixels=200"], "data.max_megapixels: must be at most 178 (got 200)"),
        (["data.training_size=64"], "data: training_size must not be smaller than image_size (got 64 and 224)"),
        (["data.training_size=256", "data.folds=5"], "data: training_size and folds exclude each other"),
        (["data.folds=3", "data.fold=3"], "data: fold counts from 0 and must be below folds (got 3 of 3)"),
        (["data.folds=1"], "data.folds: must be at least 2 (got 1)"),
        (["data.validation_count=0"], "data.validation_count: must be at least 1 (got 0)"),
        (
            ["data.layout=split"],
            "data.layout: must be 'auto', 'classes' or 'splits' (got 'split'); did you mean splits?",
        ),
        (["labels.rest="], "labels.rest: must be text"),
        (["checks.copies=second"], "checks.copies: must be 'together' or 'first' (got 'second')"),
        (["preparation.steps=[whiten, contrast]"], "preparation: the step 'whiten' must be the last one"),
        (["preparation.center_share=0"], "preparation.center_share: must be greater than 0 (got 0)"),
    ],
)
def test_what_cannot_be_or_does_not_fit_together_is_named(overrides, message):
    assert message in fault_of(None, *overrides)


def test_training_pictures_of_the_size_of_all_others_may_be_divided_into_folds():
    data = DataSection(image_size=64, training_size=64, folds=5, fold=4)
    assert (data.training_size, data.folds, data.fold) == (64, 5, 4)


def test_lists_of_a_recipe_keep_their_order(write):
    path = write("labels: {leave_out: [dog, cat]}\npreparation: {steps: [equalize, contrast, whiten]}\n")
    recipe = load_recipe(path)
    assert recipe.labels == LabelsSection(leave_out=("dog", "cat"))
    assert recipe.preparation == PreparationSection(steps=("equalize", "contrast", "whiten"))


def test_unless_asked_copies_stay_in_one_split_and_contradictions_are_left_out():
    checks = ChecksSection()
    assert (checks.copies, checks.contradictions, checks.leaks) == ("together", "leave_out", "report")
    assert checks.near_duplicates
