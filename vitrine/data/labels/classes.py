"""Which classes can be learned and tested from what was kept, and what to say about the others."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from vitrine.data.labels.mapping import hidden_characters, look_alikes
from vitrine.data.labels.several import describe_several
from vitrine.data.manifest.scan import KEPT, LEFT_OUT, set_status
from vitrine.data.manifest.split_names import EVERY_SPLIT, GATE, TEST, TRAIN, VALIDATION
from vitrine.data.sources.archives import SUFFIXES as ARCHIVE_EXTENSIONS
from vitrine.data.sources.files import SPLIT_NAMES
from vitrine.errors import UserError
from vitrine.listing import list_names

SHOWN_NAMES = 4
SPLIT_COLUMNS = ["label_name", "split", "group", "copy_of"]  # that `check_splits` needs


def choose_classes(manifest: pd.DataFrame, source: str) -> list[str]:
    """Leaves out classes that cannot be learned; returns notes about them.

    Raises:
        UserError: fewer than two classes are left.
    """
    kept = manifest["status"] == KEPT
    usable = set(manifest.loc[kept, "label_name"])
    trainable = set(manifest.loc[kept & manifest["split"].isin(["", TRAIN]), "label_name"])
    if len(trainable) < 2:
        raise UserError(
            f"data.source: {source} has {_what_is_missing(manifest[kept], trainable, source)}{_first_reasons(manifest)}"
        )
    names, place = set(manifest["label_name"]), Path(source).expanduser()
    notes = look_alikes(names) + hidden_characters(names) + describe_several(names)
    if place.is_dir() or _is_archive(place):
        places = manifest.loc[kept, ["file", "label_name", "split"]]
        notes += _folders_looked_through(places) + _same_folders_within(places)
    untrainable = {}
    for label_name in sorted(usable - trainable):
        rows = kept & (manifest["label_name"] == label_name)
        set_status(manifest, rows, LEFT_OUT, "its class has no training picture")
        pictures = "picture is" if rows.sum() == 1 else "pictures are"
        untrainable[label_name] = f"has nothing to train on: its {rows.sum():,} {pictures} left out"
    unusable = sorted(set(manifest["label_name"]) - usable - {""})
    notes += _note_classes(untrainable, "have nothing to train on and are left out")
    return notes + _note_classes(
        dict.fromkeys(unusable, "has no picture that can be used: it is left out"),
        "have no picture that can be used and are left out",
    )


def _note_classes(said: Mapping[str, str], together: str) -> list[str]:
    """A note for each class, or of more than four classes one for all of them.

    Args:
        said: the end of the sentence, by class.
        together: the end of the sentence for several classes.
    """
    if len(said) > SHOWN_NAMES:
        return [f"{len(said):,} classes {together}: {list_names(list(said), SHOWN_NAMES)}."]
    return [f"Class '{label_name}' {words}." for label_name, words in said.items()]


def _folders_looked_through(kept: pd.DataFrame) -> list[str]:
    """A note where one folder holds all class folders: a person may have thought that it is a class."""
    tops = {
        _folders_to(file, label).rpartition("/")[0]
        for file, label in zip(kept["file"], kept["label_name"], strict=True)
    }
    if len(tops) != 1 or (kept["split"] != "").any() or not (top := tops.pop()):
        return []
    return [f"The classes are the folders within '{top}', since nothing else is there."]


def _same_folders_within(kept: pd.DataFrame) -> list[str]:
    """A note where every class folder holds folders of the same names, which may be the classes."""
    inside: dict[str, set[str]] = defaultdict(set)
    for file, label, split in zip(kept["file"], kept["label_name"], kept["split"], strict=True):
        _, found, within = f"/{file}".partition(f"/{label}/")
        if split and within.partition("/")[0].lower() in SPLIT_NAMES:
            within = within.partition("/")[2]
        inside[label].add(within.partition("/")[0] if found and "/" in within else "")
    common = set.intersection(*inside.values()) if len(inside) > 1 else set()
    if len(common) < 2 or "" in common:
        return []
    names = list_names(sorted(common), SHOWN_NAMES)
    return [
        f"All class folders hold folders of the same names ({names}): if these are the classes, put those of one "
        "name together."
    ]


def _is_archive(source: Path) -> bool:
    return source.name.lower().endswith(ARCHIVE_EXTENSIONS)


def _what_is_missing(kept: pd.DataFrame, trainable: set[str], source: str) -> str:
    """Why there are not two classes to train on, and what to do."""
    if len(kept) and not trainable:
        return "pictures for validation and test only; put those to train on into train/<class>"
    if not trainable:
        return "no picture that can be used; a classifier needs one folder with pictures for each class"
    (only,) = trainable
    message = f"one class only ('{only}'); a classifier needs at least two, each a folder with pictures"
    above = [_folders_to(file, only) for file in kept["file"]]
    deeper = {file[len(folder) :].rpartition("/")[0] for file, folder in zip(kept["file"], above, strict=True)}
    place = Path(source).expanduser()
    if (kept["split"] != "").any() or len(set(above)) > 1 or not above[0] or len(deeper) < 2:
        return message
    if place.is_dir():
        return f"{message}. If the folders within '{only}' are the classes, give data.source={place / above[0]}"
    if _is_archive(place):
        return f"{message}. If the folders within '{only}' are the classes, unpack it and give its folder {above[0]}"
    return message


def _folders_to(file: str, label_name: str) -> str:
    """The folders of a file up to the one of its class; "" where none has its name."""
    before, found, _ = f"/{file}".partition(f"/{label_name}/")
    return f"{before}/{label_name}".strip("/") if found else ""


def _first_reasons(manifest: pd.DataFrame) -> str:
    """The most frequent reasons why files are not used, to end a message with."""
    reasons = manifest.loc[manifest["status"] != KEPT, "reason"].value_counts()
    listed = "".join(f"\n  {count:,} x {reason}" for reason, count in reasons.head(5).items())
    return f". Files not used:{listed}" if listed else ""


def check_splits(kept: pd.DataFrame, source: str) -> list[str]:
    """Notes about classes that are missing somewhere.

    Args:
        kept: rows of a divided manifest, with `SPLIT_COLUMNS`.
        source: as the recipe names it.

    Raises:
        UserError: validation or test have no picture at all.
    """
    counts = pd.crosstab(kept["label_name"], kept["split"]).reindex(columns=list(EVERY_SPLIT), fill_value=0)
    for split in (VALIDATION, TEST):
        if counts[split].sum() == 0:
            raise UserError(f"data.source: {source} {_why_empty(kept, split)}")
    said: dict[tuple[str, ...], dict[str, str]] = defaultdict(dict)
    for label_name, row in counts.iterrows():
        missing = tuple(split for split in (VALIDATION, TEST) if row[split] == 0)
        if missing:
            pictures = "1 picture" if row.sum() == 1 else f"{row.sum():,} pictures"
            cannot = "it is trained on but cannot be tested" if TEST in missing else "it cannot steer the training"
            said[missing][str(label_name)] = f"has {pictures}, none for {' and '.join(missing)}: {cannot}"
    notes = []
    for missing, classes in said.items():
        cannot = "are trained on but cannot be tested" if TEST in missing else "cannot steer the training"
        notes += _note_classes(classes, f"have no picture for {' and '.join(missing)} and {cannot}")
    return notes + (_note_unjudged(counts) if counts[GATE].sum() else [])


def _why_empty(kept: pd.DataFrame, split: str) -> str:
    """Why no picture is left for a split, and what to do."""
    training = kept[kept["split"] == TRAIN]
    together = training[(training["group"] != "") | (training["copy_of"] != "")]
    pictures = training["label_name"].value_counts()
    if (pictures[together["label_name"].unique()] > 1).any():  # one of them would be there if it stood alone
        return (
            f"has too few groups: none is left for the {split} split. Pictures of one group (data.columns.group, "
            "data.group_by) and copies of each other stay on one side; give at least one class three groups (better: "
            "every class ten or more), or leave the grouping out"
        )
    return (
        f"has too few pictures: none is left for the {split} split. "
        "Give at least one class three pictures (better: every class twenty or more)"
    )


def _note_unjudged(counts: pd.DataFrame) -> list[str]:
    """Notes about classes that the gate, where there is one, cannot judge."""
    rows = counts[counts[GATE] == 0].sum(axis=1)
    said = {
        str(label_name): f"has {'1 picture' if total == 1 else f'{total:,} pictures'}, none for the gate: a retraining "
        "may forget it unnoticed"
        for label_name, total in rows.items()
    }
    return _note_classes(said, "have no picture for the gate: a retraining may forget them unnoticed")
