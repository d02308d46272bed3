"""Pictures on which reviewers differ, as entries of a review queue."""

from collections.abc import Iterable, Mapping

from vitrine.corrections.judgment import Judgment, Picture
from vitrine.corrections.opinions import conflicts
from vitrine.corrections.review_queue import QueuedPicture


def contested_pictures(judgments: Iterable[Judgment], hashes: Mapping[str, str]) -> list[QueuedPicture]:
    """One entry for each that can be shown: that the data set has, or that was kept with consent.

    Names come from whoever wrote a table that was imported, and what they name is opened: none counts that the data set
    does not have with this content.

    Args:
        judgments: in the order in which they were kept.
        hashes: SHA-256 of the pictures of the data set, by their names.
    """
    found: dict[Picture, QueuedPicture] = {}
    for said in conflicts(judgments):
        named = [one for one in said if one.file in hashes and one.sha256 in ("", hashes[one.file])]
        kept = [one for one in said if one.kept]
        for one in (named or kept)[-1:]:
            file, sha256 = (one.file, hashes[one.file]) if named else ("", one.sha256)
            place = "" if named else one.kept
            found[sha256, file] = QueuedPicture(file, sha256, one.label_name, one.split, reasons=(), kept=place)
    return list(found.values())
