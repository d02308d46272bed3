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
        By picture (`Judgment.picture`), then by reviewer.
    """
    said = list(judgments)
    withdrawn = {one.withdraws for one in said if one.kind == WITHDRAWN}
    found: dict[str, dict[str, Judgment]] = defaultdict(dict)
    for one in said:
        if one.kind != WITHDRAWN and one.id not in withdrawn:
            found[one.picture][one.reviewer] = one
    return dict(found)


def is_conflict(opinions: Mapping[str, Judgment]) -> bool:
    """Whether reviewers of one picture differ.

    Args:
        opinions: of a picture, by reviewer.
    """
    return len({one.opinion for one in opinions.values()}) > 1


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
        max(opinions.values(), key=lambda one: (bool(one.kept), one.time))
        for opinions in current(judgments).values()
        if not is_conflict(opinions)
    ]
