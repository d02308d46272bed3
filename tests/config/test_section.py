"""What all sections share: the words of a switch, and that a wrong name, type or figure is refused."""

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from vitrine.config.loading import load_recipe
from vitrine.config.section import OptionalSwitch, Section, Share, Switch, name_switch, read_nothing


class Lamp(Section):
    """A section as the real ones are written."""

    lit: Switch = False
    dimmed: OptionalSwitch = None
    brightness: Share = 0.5


@pytest.mark.parametrize("text", ["off", "no", "false", "'off'", "none", "False"])
def test_off_no_and_false_choose_none_where_a_name_is_expected(write, text):
    recipe = load_recipe(write(f"augmentation: {{policy: {text}}}\nengine: {{tracker: {text}}}\n"))
    assert (recipe.augmentation.policy, recipe.engine.tracker) == ("none", "none")


@pytest.mark.parametrize(
    ("text", "meant"), [("on", True), ("yes", True), ("true", True), ("off", False), ("No", False), ("false", False)]
)
def test_switches_take_words(write, text, meant):
    path = write(f"augmentation:\n  horizontal_flip: {text}\n")
    assert load_recipe(path).augmentation.horizontal_flip is meant


def test_a_switch_that_may_be_left_open_takes_the_same_words_and_null():
    assert [Lamp(dimmed=value).dimmed for value in ("on", "No", True, None)] == [True, False, True, None]


@pytest.mark.parametrize(
    ("read", "value", "meant"),
    [
        (name_switch, True, "on"),
        (name_switch, "Yes", "on"),
        (name_switch, False, "off"),
        (name_switch, "no", "off"),
        (name_switch, "auto", "auto"),
        (read_nothing, "strong", "strong"),
        (read_nothing, 0, 0),
    ],
)
def test_words_become_names_and_everything_else_stays(read: Callable[[object], object], value, meant):
    assert read(value) == meant


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"colour": 1}, "extra_forbidden"),
        ({"brightness": "0.5"}, "float_type"),
        ({"brightness": float("nan")}, "finite_number"),
        ({"brightness": 1}, "less_than"),
        ({"brightness": -0.1}, "greater_than_equal"),
        ({"lit": 1}, "bool_type"),
        ({"dimmed": "half"}, "bool_type"),
    ],
)
def test_an_unknown_name_a_wrong_type_and_a_figure_out_of_range_are_refused(values, kind):
    with pytest.raises(ValidationError) as error:
        Lamp.model_validate(values)
    assert [fault["type"] for fault in error.value.errors()] == [kind]


def test_values_cannot_change_later():
    lamp = Lamp()
    with pytest.raises(ValidationError, match="frozen"):
        lamp.lit = True
