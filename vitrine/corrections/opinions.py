"""What holds of all that was said: the latest of each reviewer, without what was taken back; and where they differ."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from vitrine.corrections.judgment import WITHDRAWN, Judgment

Opinions = Mapping[str, Mapping[str, Judgment]]


def current(judgments: Iterable[Judgment]) -> Opinions:
    """What each reviewer thinks of each picture now.

    Args:
        judgments: in the order in which they were given.

    Returns:
        By picture (`Judgment.picture`), then by reviewer, whoever spoke last at the end.
    """
    said = list(judgments)
    withdrawn = {one.withdraws for one in said if one.kind == WITHDRAWN}
    found: dict[str, dict[str, Judgment]] = defaultdict(dict)
    for one in said:
        if one.kind != WITHDRAWN and one.id not in withdrawn:
            found[one.picture].pop(one.reviewer, None)
            found[one.picture][one.reviewer] = one
    return dict(found)


def is_conflict(opinions: Mapping[str, Judgment]) -> bool:
    """Whether reviewers of one picture differ.

    Args:
        opinions: of a picture, by reviewer.
    """
    return len({one.opinion for one in opinions.values()}) > 1


def needs_a_look(opinions: Mapping[str, Judgment], reviewer: str) -> bool:
    """Whether reviewers differ and this one has not spoken since: who stays by a label is not asked twice.

    Args:
        opinions: of a picture, as `current` gives them.
        reviewer: who may settle it.
    """
    names = list(opinions)
    later = names[names.index(reviewer) + 1 :] if reviewer in opinions else names
    own = opinions.get(reviewer)
    return is_conflict(opinions) and any(own is None or opinions[name].opinion != own.opinion for name in later)


def conflicts(judgments: Iterable[Judgment]) -> list[Sequence[Judgment]]:
    """The pictures on which reviewers differ, each with what they think; arguments as of `current`."""
    return [tuple(opinions.values()) for opinions in current(judgments).values() if is_conflict(opinions)]


def agreed(judgments: Iterable[Judgment]) -> list[Judgment]:
    """One judgment for each picture on which all its reviewers agree.

    The last of them; of those with whom the picture was kept, where it was.

    Args:
        judgments: in the order in which they were given.
    """
    return [
        max(reversed(list(opinions.values())), key=lambda one: (bool(one.kept), one.time))
        for opinions in current(judgments).values()
        if not is_conflict(opinions)
    ]
