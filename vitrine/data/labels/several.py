"""Class names that seem to hold several labels each: 'scab rust', 'cat|dog', "['cat', 'dog']"."""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from vitrine.listing import list_names

SHOWN_NAMES = 4
# Signs that join labels, and words that do; blanks and hyphens join words of one name too (hot dog), and need more.
_JOINTS = (r"\|", ";", ",", "/", r"\+", "&", r"\sand\s", "\t")
_DOUBTFUL_JOINTS = (r"\s", "_", "-")


def describe_several(label_names: Iterable[str]) -> list[str]:
    """A note where names seem to hold several labels, which would make every combination a class of its own."""
    names = sorted(set(label_names) - {""})
    ways = [
        _split_lists(names),
        *(_split(names, joint) for joint in _JOINTS),
        *(_split(names, joint, is_doubtful=True) for joint in _DOUBTFUL_JOINTS),
    ]
    parts = next(filter(None, ways), {})
    if not parts:
        return []
    single = sorted({part for ones in parts.values() for part in ones})
    return [
        f"Classes {list_names(list(parts), SHOWN_NAMES)} seem to hold several labels each, made of "
        f"{list_names(single, SHOWN_NAMES)}: every combination "
        "is a class of its own now. If a picture may have several labels, keep one for each: in the table, or with "
        "labels.rename."
    ]


def _split_lists(names: Iterable[str]) -> Mapping[str, list[str]]:
    """The elements of names that are lists of several, as programs write them."""
    found = {}
    for name in names:
        if re.fullmatch(r"[\[({].*[\])}]", name, re.DOTALL):
            elements = _read_list(name)
            if len(elements) > 1:
                found[name] = elements
    return found


def _read_list(text: str) -> list[str]:
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return [part.strip(" '\"") for part in text[1:-1].split(",")]  # [cat, dog]
    return list(map(str, value)) if isinstance(value, list | tuple | set) else []


def _split(names: list[str], joint: str, is_doubtful: bool = False) -> Mapping[str, list[str]]:
    """The parts of names that a joint divides, where the parts are labels beyond doubt.

    Args:
        names: all classes.
        joint: regular expression.
        is_doubtful: whether it stands in plain names too: then each part must be a class itself.
    """
    divided = {name: [part.strip() for part in re.split(joint, name)] for name in names if re.search(joint, name)}
    divided = {name: parts for name, parts in divided.items() if all(parts) and len(set(parts)) > 1}
    counts = Counter(part for parts in divided.values() for part in parts)
    is_label: Callable[[str], bool] = set(names).__contains__
    if is_doubtful:
        return {
            name: parts
            for name, parts in divided.items()
            if all(map(is_label, parts)) and any(part.isalpha() for part in parts)
        }
    return {name: parts for name, parts in divided.items() if any(is_label(part) or counts[part] > 1 for part in parts)}
