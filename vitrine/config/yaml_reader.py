"""YAML as recipes write it."""

import re
from typing import Any

import yaml


class RecipeLoader(yaml.SafeLoader):
    """YAML as its version 1.2 reads it: `1e-3` is a number, `off` and `no` are words, equal keys are refused.

    PyYAML follows version 1.1, in which the first is text, the second is false, and the last of two keys wins.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Refuses a mapping that has one key twice."""
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = str(key_node.value)  # as written; a key that is not text is refused later
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"'{key}' is there twice; keep one of them", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


RecipeLoader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag.removeprefix("tag:yaml.org,2002:") not in ("bool", "float", "int", "timestamp")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
RecipeLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
RecipeLoader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?[0-9]+$"), list("-+0123456789"))
RecipeLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$|^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$"),
    list("-+0123456789."),
)
# YAML 1.1 reads 1_000 and octal 010 as numbers too; 1.2 reads plain decimal digits, and so must Python's int().
RecipeLoader.add_constructor("tag:yaml.org,2002:int", lambda _, node: int(node.value))
RecipeLoader.add_constructor(
    "tag:yaml.org,2002:float", lambda _, node: float(re.sub(r"^([-+]?)\.(?=[inIN])", r"\1", node.value))
)


def parse_yaml(text: str) -> Any:
    """A value as recipes write it.

    Raises:
        yaml.YAMLError: it is none.
    """
    try:
        return yaml.load(text, Loader=RecipeLoader)  # noqa: S506 (a SafeLoader)
    except (RecursionError, ValueError, TypeError) as error:  # brackets in thousands, numbers of 5,000 digits, odd keys
        raise yaml.YAMLError(str(error)) from error


def yaml_problem(error: yaml.YAMLError) -> str:
    """What is wrong, and where, in a few words."""
    if isinstance(error, yaml.reader.ReaderError):
        return f"it holds the character U+{int(error.character):04X}, which no text has"
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        return f"{error.problem} (line {error.problem_mark.line + 1})"
    return str(error)
