"""Series: pictures that are no copies and yet show one thing, such as a burst, frames of a film, one animal ten times.

On both sides of the split they make a test too easy. Whether pictures of a series show one thing only a person can
tell, so they are proposed, and kept together only where the recipe says so (`data.group_by`).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import PurePosixPath

import numpy as np
import pandas as pd

from vitrine.config.data import SERIES_KINDS, SeriesKind
from vitrine.data.manifest.scan import KEPT
from vitrine.data.manifest.split import join_groups
from vitrine.data.manifest.split_names import TEST, TRAIN
from vitrine.records.findings import Finding

BURST_SECONDS = 10  # between one picture and the next of the same class
# A beginning that most files of a class share is how its files are named, not a series.
LARGEST_SHARE = 0.5
# Of the steps from one number to the next; a few pictures may have been deleted. Numbers drawn by lot out of a long
# list, as many published data sets have them, have steps of every size.
LEAST_EVEN_STEPS = 0.6
FEW = 4  # pictures; of fewer the steps must be 1
Draw = Callable[[SeriesKind], Sequence[str] | None]
NUMBERED = re.compile(r"(.*?[^\W\d_].*?|.*\d)[ _.(#-]+(\d{1,6})\)?|(.*[^\W\d_])(\d{1,6})")
TITLES: dict[SeriesKind, str] = {
    "folder": "Pictures of one sub-folder on several sides of the split",
    "number": "Pictures numbered in a row on several sides of the split",
    "time": "Pictures taken within seconds on several sides of the split",
}


def find_series(manifest: pd.DataFrame, kind: SeriesKind) -> list[str]:
    """The series of each row of a manifest; "" for pictures that stand alone and for those that are not kept.

    Args:
        manifest: with the columns file, label_name, source_label, status and taken.
        kind: `folder`: sub-folders below a class; `number`: file names that differ in their last number only; `time`:
            taken within 10 seconds of the next one of the class.
    """
    finders = {"folder": _by_folder, "number": _by_number, "time": _by_time}
    kept = manifest.loc[manifest["status"] == KEPT, ["file", "label_name", "source_label", "taken"]]
    names = finders[kind](kept)
    sizes = Counter(names)
    found = {row: name for row, name in zip(kept.index, names, strict=True) if name and sizes[name] > 1}
    return [found.get(row, "") for row in manifest.index]


def group_series(manifest: pd.DataFrame, kinds: Sequence[SeriesKind]) -> None:
    """Gives pictures of one series one group, in place; those that the source groups itself keep their group."""
    if not kinds:
        return
    numbers = np.arange(len(manifest))
    for kind in kinds:
        numbers = join_groups(numbers, find_series(manifest, kind))
    _, first, number, sizes = np.unique(numbers, return_index=True, return_inverse=True, return_counts=True)
    is_series = (sizes[number] > 1) & (manifest["group"] == "").to_numpy(bool)
    names = "series of " + manifest["file"].iloc[first[number[is_series]]]
    manifest.loc[is_series, "group"] = names.array


def propose_series(manifest: pd.DataFrame, draw: Draw) -> list[Finding]:
    """What of each kind stands on several sides of the split, and what would change if it were kept together.

    Args:
        manifest: divided.
        draw: the split of each row if series of a kind were groups; None where that cannot be divided.
    """
    return [finding for kind in SERIES_KINDS if (finding := _propose(manifest, kind, draw)) is not None]


def find_seen(manifest: pd.DataFrame) -> "pd.Series[bool]":
    """Whether a test picture has a picture of its series, of any kind, in training; of each row of a manifest."""
    seen = pd.Series(data=False, index=manifest.index)
    for kind in SERIES_KINDS:
        names = pd.Series(find_series(manifest, kind), manifest.index)
        trained = set(names[manifest["split"] == TRAIN]) - {""}
        seen |= names.isin(trained)
    return seen & (manifest["split"] == TEST)


def _propose(manifest: pd.DataFrame, kind: SeriesKind, draw: Draw) -> Finding | None:
    rows_of: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(find_series(manifest, kind)):
        if name:
            rows_of[name].append(place)
    splits = manifest["split"].tolist()
    torn = {name: rows for name, rows in rows_of.items() if len({splits[row] for row in rows}) > 1}
    if not torn:
        return None
    sides = {name: {splits[row] for row in rows} for name, rows in torn.items()}
    seen = sum(splits[row] == TEST for name, rows in torn.items() for row in rows if TRAIN in sides[name])
    have = "has a picture of its" if seen == 1 else "have pictures of their"
    return Finding(
        name=f"series_by_{kind}",
        title=TITLES[kind],
        count=len(torn),
        noun="group",
        rows=tuple(row for rows in torn.values() for row in rows),
        done=f"Nothing: {seen:,} of the {splits.count(TEST):,} test pictures {have} series in training.",
        advice=_advise(kind, splits, draw(kind)),
        level="warning" if seen else "note",
        groups=tuple(tuple(rows) for rows in torn.values()),
        remarks=tuple(torn),
    )


def _advise(kind: SeriesKind, splits: Sequence[str], drawn: Sequence[str] | None) -> str:
    """What to do about series; `drawn` is the split with which they would stay together, None where there is none."""
    if drawn is None:
        return (
            f"If they show one thing, take pictures of more: with data.group_by=[{kind}] they would be too few groups "
            "for training, validation and test."
        )
    moved = sum(old != new for old, new in zip(splits, drawn, strict=True))
    return (
        f"If they show one thing, set data.group_by=[{kind}]: {moved:,} {'picture' if moved == 1 else 'pictures'} "
        "would change sides, and the test would be as hard as new pictures are."
    )


def _folders_in_class(file: str, source_label: str) -> str:
    """The folders of a path below that of its class; "" where there are none, or the path does not name the class."""
    parts = PurePosixPath(file).parent.parts
    return "/".join(parts[parts.index(source_label) + 1 :]) if source_label in parts else ""


def _by_folder(kept: pd.DataFrame) -> list[str]:
    names = []
    for file, source_label, label in zip(kept["file"], kept["source_label"], kept["label_name"], strict=True):
        deeper = _folders_in_class(file, source_label)
        names.append(f"{label}/{deeper}" if deeper else "")
    return names


def _by_number(kept: pd.DataFrame) -> list[str]:
    names = []
    numbers: dict[str, set[int]] = defaultdict(set)
    for file, source_label, label in zip(kept["file"], kept["source_label"], kept["label_name"], strict=True):
        found = NUMBERED.fullmatch(PurePosixPath(file).stem)
        beginning = (found[1] or found[3]) if found else ""
        if not found or _letters(beginning) in (_letters(label), _letters(source_label)):
            names.append("")
            continue
        names.append("/".join(filter(None, (label, _folders_in_class(file, source_label), beginning))))
        numbers[names[-1]].add(int(found[2] or found[4]))
    of_class = Counter(kept["label_name"])
    sizes = Counter(zip(names, kept["label_name"], strict=True))
    in_a_row = {name for name, those in numbers.items() if _are_in_a_row(those)}
    return [
        name if name in in_a_row and sizes[name, label] <= LARGEST_SHARE * of_class[label] else ""
        for name, label in zip(names, kept["label_name"], strict=True)
    ]


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name)).casefold()


def _are_in_a_row(numbers: set[int]) -> bool:
    """Whether numbers follow each other evenly: 1, 2, 3, or 0, 5, 10, as frames of a film may."""
    ordered = sorted(numbers)
    steps = Counter(after - before for before, after in pairwise(ordered))
    if not steps:
        return True  # one number in several formats
    step, times = steps.most_common(1)[0]
    return times >= LEAST_EVEN_STEPS * steps.total() and (step == 1 or len(ordered) >= FEW)


def _by_time(kept: pd.DataFrame) -> list[str]:
    names = dict.fromkeys(kept.index, "")
    for label, rows in kept[kept["taken"] != ""].groupby("label_name"):
        last, name = datetime.min, ""
        for row, taken in rows["taken"].sort_values(kind="stable").items():
            moment = datetime.fromisoformat(taken)
            if (moment - last).total_seconds() > BURST_SECONDS:
                name = f"{label}, {moment:%Y-%m-%d %H:%M:%S}"
            last, names[row] = moment, name
    return list(names.values())
