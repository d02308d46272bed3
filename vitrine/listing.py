"""Names within a message: a few of them and how many more there are, and the one that may be meant."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

SHOWN = 20
SHOWN_CHANGES = 5
LONGEST_VALUE = 100  # characters; a longer value is a list, of which only what differs is told


def list_names(names: Sequence[str], at_most: int = SHOWN) -> str:
    """Names in quotes: "'a', 'b' and 1,204 more"; "none" where there is none.

    Args:
        names: in the order in which they are told.
        at_most: how many.
    """
    listed = ", ".join(map(repr, names[:at_most])) or "none"
    return f"{listed} and {len(names) - at_most:,} more" if len(names) > at_most else listed


def suggest(name: str, names: Sequence[str], at_most: int = SHOWN) -> str:
    """What follows "there is no 'bart'": "; did you mean 'Bart'?", or the names that there are.

    Args:
        name: that is not there.
        names: that are there.
        at_most: how many are told where none is near.
    """
    lower = {known.lower(): known for known in names}
    close = get_close_matches(name.lower(), lower, n=1)
    return f"; did you mean {lower[close[0]]!r}?" if close else f"; there are {list_names(names, at_most)}"


def list_changes(now: Mapping[str, str], before: Mapping[str, str]) -> str:
    """In what two descriptions of a training differ: "seed is 1, not 0; classes: without 'cat', 'dog'"; "" in nothing.

    Args:
        now: values by name.
        before: likewise.
    """
    names = [name for name in {**before, **now} if now.get(name) != before.get(name)]
    told = [_say_change(name, now.get(name), before.get(name)) for name in names[:SHOWN_CHANGES]]
    more = [f"and {len(names) - SHOWN_CHANGES} more"] if len(names) > SHOWN_CHANGES else []
    return "; ".join(told + more)


def _say_change(name: str, now: str | None, before: str | None) -> str:
    if before is None:
        return f"{name} is {_cut(now or '')}, and was not set"
    if now is None:
        return f"{name} is not set, and was {_cut(before)}"
    if max(len(now), len(before)) <= LONGEST_VALUE:
        return f"{name} is {now}, not {before}"
    these, those = now.split(", "), before.split(", ")
    ways = {"with": set(these) - set(those), "without": set(those) - set(these)}
    told = [f"{word} {list_names(sorted(parts), SHOWN_CHANGES)}" for word, parts in ways.items() if parts]
    return f"{name}: {', '.join(told) or 'in another order'}"


def _cut(value: str) -> str:
    return value if len(value) <= LONGEST_VALUE else f"{value[:LONGEST_VALUE]} ..."
