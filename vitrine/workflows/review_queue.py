"""From a run, or a prepared data set, to the pictures that a person should look at.

Whatever the checks and the training found already is read; nothing is computed anew.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import get_args

import numpy as np
from PIL import Image

from vitrine.config.loading import load_stored_recipe
from vitrine.corrections.contested import contested_pictures
from vitrine.corrections.kept_pictures import PLACE
from vitrine.corrections.review_queue import QueuedImage, QueuedPicture, Reason, ReviewQueue
from vitrine.corrections.store import CorrectionStore
from vitrine.data.images.decoding import ImageError, open_image
from vitrine.data.images.preprocessing import Preparation
from vitrine.data.prepared.dataset import PreparedDataset, open_prepared
from vitrine.data.prepared.local_copy import make_local
from vitrine.errors import UserError
from vitrine.evaluation.provenance import has_same_preprocessing
from vitrine.invocation import command_line
from vitrine.records import folder as run_folder
from vitrine.records.findings import Finding, read_findings
from vitrine.records.manifest import read_manifest
from vitrine.records.mistakes import Mistakes, Suspect
from vitrine.records.prepared import FACTS, FINDINGS
from vitrine.records.run import Metrics
from vitrine.records.spreadsheet import read_guarded_csv

FINDING_REASONS: Mapping[str, Reason] = {
    "contradictions": "contradiction",
    "near_contradictions": "contradiction",
    "near_copies": "near_duplicate",
}
MOST_UNSURE = 200  # the least sure ones; nobody looks through more
SHOWN_SIDE = 512  # pixels
FACT_COLUMNS = ("file", "sha256", "label_name", "split")
TEXT_COLUMNS = ("file", "label_name", "predicted", "decision")

Facts = Mapping[str, Mapping[Hashable, object]]  # of every picture of the manifest, by its name


@dataclass(frozen=True)
class Found:
    """A reason to look at a picture.

    Attributes:
        file: its name in the manifest.
        reason: of it.
        beside: files to compare it with.
        suspect: what was found of its label.
    """

    file: str
    reason: Reason
    beside: tuple[str, ...] = ()
    suspect: Suspect | None = None


def build_queue(folder: Path, store: CorrectionStore | None = None) -> ReviewQueue:
    """Collects what a person should look at, the most urgent reasons first.

    Args:
        folder: of a finished run whose prepared data set is where the recipe says, or of a prepared data set, which
            knows only of contradictions and near-duplicates.
        store: of corrections; pictures on which its reviewers differ stand first.

    Raises:
        UserError: it is neither, or something is damaged.
    """
    folder = make_local(folder)
    if (folder / FACTS).is_file():
        prepared, found = open_prepared(folder), []
    elif (folder / run_folder.RECIPE).is_file():
        prepared = open_prepared(load_stored_recipe(folder / run_folder.RECIPE).prepared_folder)
        found = list(_find_in_run(folder))
    else:
        raise UserError(
            f"--review: {folder} is neither a run ({run_folder.RECIPE}) nor a prepared data set ({FACTS}); "
            f"`{command_line('runs')}` lists the runs"
        )
    manifest = read_manifest(prepared.folder, FACT_COLUMNS)
    found += _find_in_data(read_findings(prepared.folder / FINDINGS), manifest["file"].tolist())
    facts = {str(row["file"]): row for row in manifest.to_dict("records")}
    pictures = _merge(found, facts)
    pictures = [*(_find_contested(store, pictures, facts) if store else ()), *pictures]
    opener = _Opener(prepared, store.folder if store else None)
    return ReviewQueue(
        pictures,
        prepared.label_names,
        opener.open,
        partial(has_same_preprocessing, facts=prepared.facts),
    )


def _find_in_run(folder: Path) -> Iterator[Found]:
    mistakes = Metrics.read(folder / run_folder.METRICS).mistakes
    if mistakes is None:
        raise UserError(f"{folder} says nothing of wrong labels: an older version made it; train again")
    yield from _find_mistakes(mistakes)
    predictions = read_guarded_csv(folder / run_folder.PREDICTIONS, TEXT_COLUMNS)
    if "decision" in predictions:
        unsure = predictions[predictions["decision"] != predictions["predicted"]].sort_values("probability")
        yield from (Found(file, "unsure") for file in unsure["file"].tolist()[:MOST_UNSURE])


def _find_mistakes(mistakes: Mistakes) -> Iterator[Found]:
    for suspect in mistakes.label_errors.suspects:
        yield Found(suspect.file, "wrong_label", suspect=suspect)
    for loss in mistakes.top_losses:
        if loss.predicted != loss.label_name:
            yield Found(loss.file, "worst")


def _find_in_data(findings: Iterable[Finding], files: Sequence[str]) -> Iterator[Found]:
    """Of every group of copies all members, each beside the others."""
    for finding in findings:
        reason = FINDING_REASONS.get(finding.name)
        for group in finding.groups if reason else ():
            members = [files[row] for row in group]
            for member in members:
                yield Found(member, reason or "near_duplicate", tuple(one for one in members if one != member))


def _find_contested(store: CorrectionStore, pictures: Iterable[QueuedPicture], facts: Facts) -> list[QueuedPicture]:
    """Those of which reviewers differ that are not in the queue yet, also not as what a visitor brought."""
    keys = {key for picture in pictures for key in (picture.key, (picture.sha256, ""))}
    hashes = {file: str(row["sha256"]) for file, row in facts.items()}
    contested = [one for one in contested_pictures(store.of_several(), hashes) if one.key not in keys]
    return [_describe(one.file, (), facts[one.file]) if one.file else one for one in contested]


def _merge(found: Iterable[Found], facts: Facts) -> list[QueuedPicture]:
    """One entry per picture, in the order of its strongest reason, and within that as they were found."""
    by_file: dict[str, list[Found]] = defaultdict(list)
    for one in found:
        by_file[one.file].append(one)
    rank = {reason: place for place, reason in enumerate(get_args(Reason))}
    queue = [
        _describe(file, sorted(all_of, key=lambda one: rank[one.reason]), facts[file])
        for file, all_of in by_file.items()
        if file in facts  # the data set may have been prepared anew since the run
    ]
    return sorted(queue, key=lambda picture: rank[picture.reasons[0]])


def _describe(file: str, found: Sequence[Found], facts: Mapping[Hashable, object]) -> QueuedPicture:
    suspect = next((one.suspect for one in found if one.suspect), None)
    return QueuedPicture(
        file=file,
        sha256=str(facts["sha256"]),
        label_name=str(facts["label_name"]),
        split=str(facts["split"]),
        reasons=tuple(dict.fromkeys(one.reason for one in found)),
        suggested=suspect.suggested if suspect else "",
        suspicion=f"{suspect.suspicion:.3f}" if suspect else "",
        beside=tuple(dict.fromkeys(other for one in found for other in one.beside)),
    )


class _Opener:
    """Opens pictures of a prepared data set by name; what was left out of it, in its source; and visitors' pictures.

    Args:
        prepared: the data set.
        corrections: folder of a store, with pictures of visitors.
    """

    def __init__(self, prepared: PreparedDataset, corrections: Path | None = None) -> None:
        self._prepared = prepared
        self._corrections = corrections
        self._rendering = Preparation.from_section(prepared.facts.settings.preparation).rendering
        self._places = {
            str(file): (split, place)
            for split, rows in prepared.splits.items()
            for place, file in enumerate(np.asarray(rows["file"][:], dtype=object))
        }

    def open(self, file: str) -> QueuedImage:
        if file in self._places:
            split, place = self._places[file]
            row = self._prepared.splits[split][place]
            image, side = row["image"], self._prepared.facts.image_size
            if image.width != side:  # images for training may be stored larger
                image = image.resize((side, side), Image.Resampling.BICUBIC)
            return QueuedImage(image, self._prepared.show(row, SHOWN_SIDE), is_preprocessed=True)
        source = Path(self._prepared.facts.settings.data.source).expanduser() / file
        if self._corrections is not None and PLACE.fullmatch(file):
            source = self._corrections / file
        if not source.is_file():
            raise ImageError("it was left out of the data set, and its source is not a folder that is here")
        image = open_image(source, rendering=self._rendering)
        small = image.copy()
        small.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
        return QueuedImage(image, small, is_preprocessed=False)
