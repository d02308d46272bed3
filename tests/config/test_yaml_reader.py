"""YAML as its version 1.2 reads it, and what is wrong where it cannot be read."""

import math

import pytest
import yaml

from vitrine.config.yaml_reader import parse_yaml, yaml_problem


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001), ("1E5", 100000.0), (".5", 0.5), ("-2.", -2.0), ("17", 17), ("010", 10), ("true", True),
        ("False", False), ("off", "off"), ("no", "no"), ("yes", "yes"), ("1_000", "1_000"),
        ("2026-01-31", "2026-01-31"),
        ("null", None), ("[1, a]", [1, "a"]), (".inf", math.inf), ("-.inf", -math.inf),
        ("{a: {b: 1}}", {"a": {"b": 1}}),
    ],
)  # fmt: skip
def test_values_are_read_as_people_mean_them(text, value):
    found = parse_yaml(text)
    assert found == value
    assert type(found) is type(value)


def test_not_a_number_is_read():
    assert math.isnan(parse_yaml(".nan"))


def test_a_key_that_is_there_twice_is_refused_with_its_line():
    with pytest.raises(yaml.YAMLError) as caught:
        parse_yaml("a: 1\nb: 2\na: 3\n")
    assert "'a' is there twice; keep one of them" in str(caught.value)
    assert "3" in yaml_problem(caught.value)


@pytest.mark.parametrize("text", ["a: [1", "a: b: c", "\t- a", "!!python/tuple [1]", "? [a]\n: 1"])
def test_what_is_not_yaml_is_one_kind_of_error(text):
    with pytest.raises(yaml.YAMLError):
        parse_yaml(text)
