"""What holds of all that was said: the latest of each reviewer, without what was taken back; and where they differ.

The latest by the clock, not by the number in a store: a table that is imported may be older than what is there.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from vitrine.corrections.judgment import NEW, WITHDRAWN, Judgment, Picture

Opinions = Mapping[Picture, Mapping[str, Judgment]]


@dataclass(frozen=True)
class Agreed:
    """What all reviewers of a picture say.

    Attributes:
        opinion: the last of them.
        row: a judgment of the picture, in whose row of a table the opinion stands, since it names it best.
        label_name: the label that it had when it was first looked at: later ones may be corrections already.
    """

    opinion: Judgment
    row: Judgment
    label_name: str


def current(judgments: Iterable[Judgment]) -> Opinions:
    """What each reviewer thinks of each picture now.

    Args:
        judgments: in the order in which they were kept.

    Returns:
        By picture, as `by_picture` tells them apart, then by reviewer, whoever spoke last at the end.
    """
    found: dict[Picture, dict[str, Judgment]] = {}
    for picture, said in by_picture(judgments).items():
        opinions = found.setdefault(picture, {})
        for one in said:
            opinions.pop(one.reviewer, None)
            opinions[one.reviewer] = one
    return found


def by_picture(judgments: Iterable[Judgment]) -> Mapping[Picture, Sequence[Judgment]]:
    """Judgments without what was taken back, by picture, the latest last.

    Who names a picture of a data set and its hash speaks of this one, and of none of its copies. Who brought a picture
    speaks of all that are its copies, and who names one without a hash of all that are called so.

    Args:
        judgments: in the order in which they were kept.
    """
    said = list(judgments)
    withdrawn = {one.withdraws for one in said if one.kind == WITHDRAWN}
    return _group([one for one in said if one.kind != WITHDRAWN and one.id not in withdrawn])


def _group(judgments: Sequence[Judgment]) -> Mapping[Picture, Sequence[Judgment]]:
    judgments = sorted(judgments, key=lambda one: one.moment)  # of one moment, in the order in which they were kept
    copies: dict[Picture, dict[Picture, None]] = defaultdict(dict)
    for one in judgments:
        if one.sha256 and one.file:
            copies[one.sha256, ""][one.picture] = copies["", one.file][one.picture] = None
    found: dict[Picture, list[Judgment]] = defaultdict(list)
    for one in judgments:
        for picture in copies.get(one.picture, (one.picture,)):
            found[picture].append(one)
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


def agreed(judgments: Iterable[Judgment]) -> list[Agreed]:
    """What holds of each picture on which all its reviewers agree.

    It stands in the row of the last of them who names the picture and its hash, as a data set has it; of a picture that
    none has, of the last with whom it was kept.

    Args:
        judgments: in the order in which they were kept.
    """
    said = list(judgments)
    rows, with_withdrawn = by_picture(said), _group([one for one in said if one.kind != WITHDRAWN])
    found = []
    for picture, opinions in current(said).items():
        if not is_conflict(opinions):
            row = _choose_row(rows[picture], {one.id for one in opinions.values()})
            # What somebody took back tells no less what the label was.
            labels = [one.label_name for one in with_withdrawn.get(picture, ()) if one.file]
            found.append(Agreed(list(opinions.values())[-1], row, labels[0] if labels else row.label_name))
    return found


def _choose_row(said: Sequence[Judgment], holding: Collection[str]) -> Judgment:
    def rank(one: Judgment) -> tuple[bool, ...]:
        return bool(one.sha256 and one.file), one.id in holding, bool(one.kept), one.kind == NEW

    return max(reversed(said), key=rank)
