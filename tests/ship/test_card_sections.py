"""Sections of a card that stay short, whatever was measured."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.ship import evidence as kinds
from vitrine.records.mistakes import TopLoss
from vitrine.ship.card_sections import (
    MOST_CLASSES,
    MOST_MISTAKES,
    WEAKEST_CLASSES,
    show_classes,
    show_recipe,
    show_wrong_answers,
    tell_limits,
    tell_speed,
)
from vitrine.ship.run_evidence import read_evidence
from vitrine.ui.texts import load_texts

GOLDEN = Path(__file__).parents[1] / "golden"
TEXTS = load_texts("en")


@pytest.fixture(scope="module")
def golden(golden_run):
    return read_evidence(golden_run)


def test_of_many_classes_the_weakest_are_shown(golden):
    rows = show_classes(kinds.many_classes(golden), (), TEXTS)
    assert kinds.MANY > MOST_CLASSES
    assert len(rows) == WEAKEST_CLASSES
    assert [row["label_name"] for row in rows[:2]] == ["class 59", "class 58"]
    assert rows[0]["recall"] == "not measured"


def test_of_an_example_the_first_picture_of_its_class_is_shown(golden):
    examples = golden.metadata.examples
    rows = show_classes(golden, examples[2:6], TEXTS)
    assert [row["example"] for row in rows] == [examples[2].file, examples[4].file, ""]


def test_only_wrong_answers_are_mistakes_and_no_more_than_fit(golden):
    one = TopLoss(file="a.png", label_name="red", predicted="blue", probability=0.9, own_probability=0.1, loss=2.3)
    right = one.model_copy(update={"predicted": "red"})
    mistakes = golden.metrics.mistakes.model_copy(update={"top_losses": (right, *[one] * 30)})
    changed = replace(golden, metrics=golden.metrics.model_copy(update={"mistakes": mistakes}))
    shown = show_wrong_answers(changed, True, TEXTS)
    assert len(shown) == MOST_MISTAKES
    assert {row["predicted"] for row in shown} == {"blue"}


def test_limits_name_kinds_of_pictures_only_where_they_are_shown_to_be_harder(golden):
    assert not any("harder" in limit for limit in tell_limits(golden, TEXTS))
    assert any("Small pictures are harder" in limit for limit in tell_limits(kinds.pretrained(golden), TEXTS))


def test_speed_that_nobody_measured_is_left_out(golden):
    assert [line.split()[0] for line in tell_speed(golden, TEXTS)] == ["Trained"]
    assert [line.split()[0] for line in tell_speed(kinds.pretrained(golden), TEXTS)] == ["An", "Trained"]


@pytest.mark.parametrize(
    ("is_on", "views", "told"),
    [(True, 0, "light"), (True, 1, "none"), (True, 4, "light, brightness 0.2"), (False, 0, "none")],
)
def test_augmentation_is_told_where_training_saw_changed_pictures(golden, is_on, views, told):
    training = golden.metrics.training.model_copy(update={"augmentation": is_on, "feature_views": views})
    recipe = golden.metadata.recipe
    section = recipe["augmentation"] | {"brightness": 0.2, "horizontal_flip": False}
    changed = replace(
        golden,
        metrics=golden.metrics.model_copy(update={"training": training}),
        metadata=golden.metadata.model_copy(update={"recipe": {**recipe, "augmentation": section}}),
    )
    said = dict(show_recipe(changed, TEXTS))["augmentation"]
    assert said.startswith(told)
    assert said.endswith(", 4 views") == (views == 4)


def test_parameters_that_are_not_set_are_left_out(golden):
    recipe = golden.metadata.recipe | {"preparation": {"resize": "squash", "steps": []}}
    metadata = golden.metadata.model_copy(update={"recipe": recipe})
    rows = dict(show_recipe(replace(golden, metadata=metadata), TEXTS))
    assert rows["resizing"] == "squash"
    assert "steps before" not in rows
    assert "" not in rows.values()


def test_where_pictures_stay_at_home_so_do_the_names_of_their_files(golden):
    one = TopLoss(file="ann/1.png", label_name="red", predicted="blue", probability=0.9, own_probability=0.1, loss=2.3)
    mistakes = golden.metrics.mistakes.model_copy(update={"top_losses": (one, one)})
    changed = replace(golden, metrics=golden.metrics.model_copy(update={"mistakes": mistakes}))
    assert [row["file"] for row in show_wrong_answers(changed, True, TEXTS)] == ["ann/1.png", "ann/1.png"]
    assert [row["file"] for row in show_wrong_answers(changed, False, TEXTS)] == ["1", "2"]
