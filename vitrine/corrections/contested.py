"""Pictures on which reviewers differ, as entries of a review queue."""

from collections.abc import Iterable

from vitrine.corrections.judgment import Judgment
from vitrine.corrections.opinions import conflicts
from vitrine.corrections.review_queue import QueuedPicture


def contested_pictures(judgments: Iterable[Judgment]) -> list[QueuedPicture]:
    """One entry for each that can be shown: that has a name in a data set, or was kept with consent.

    Args:
        judgments: in the order in which they were kept.
    """
    found = []
    for said in conflicts(judgments):
        one = max(said, key=lambda judgment: (bool(judgment.file), bool(judgment.kept)))
        if one.file or one.kept:
            kept = "" if one.file else one.kept
            found.append(QueuedPicture(one.file, one.sha256, one.label_name, one.split, reasons=(), kept=kept))
    return found
