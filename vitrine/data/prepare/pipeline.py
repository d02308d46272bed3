"""From pictures to a prepared data set: find, scan, check, choose classes, split, make squares, write."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from vitrine.config.data import SeriesKind
from vitrine.data.checks.duplicate_policies import apply_policies
from vitrine.data.checks.near_duplicates import Duplicates, find_duplicates
from vitrine.data.checks.quality import find_missing, find_problems
from vitrine.data.checks.series import group_series, propose_series
from vitrine.data.labels.added import JUDGING, leave_out_copies
from vitrine.data.labels.classes import SPLIT_COLUMNS, check_splits, choose_classes
from vitrine.data.labels.corrected import Corrected
from vitrine.data.labels.corrections import apply_corrections
from vitrine.data.labels.mapping import describe_mapping
from vitrine.data.manifest.assignment import divide
from vitrine.data.manifest.scan import KEPT, LEFT_OUT, QUARANTINED, Scan, count_status
from vitrine.data.manifest.split_names import GATE, SPLITS
from vitrine.data.prepare.preprocessed_images import write_preprocessed_images
from vitrine.data.prepare.preprocessed_shards import PictureLostError
from vitrine.data.prepare.reuse import EarlierWork, forget, load_earlier
from vitrine.data.prepare.scanning import Spread, list_pictures, scan_pictures
from vitrine.data.prepare.unchanged import source_state
from vitrine.data.prepare.working_folder import unpacking_folder
from vitrine.data.prepared.training_index import write_index
from vitrine.data.prepared.version import compute_version
from vitrine.data.progress import Progress, no_progress
from vitrine.errors import UserError
from vitrine.records.atomic import write_bytes
from vitrine.records.checksums import sum_files
from vitrine.records.environment import now
from vitrine.records.findings import Finding, write_findings
from vitrine.records.prepared import (
    FACTS,
    FINDINGS,
    MANIFEST,
    MANIFEST_FOR_PEOPLE,
    NEAR_PAIRS,
    PICTURES,
    THUMBNAILS,
    TRAINING_INDEX,
    PreparedFacts,
    Settings,
)
from vitrine.records.spreadsheet import write_guarded_csv


def write_prepared(
    folder: Path,
    name: str,
    settings: Settings,
    progress: Progress = no_progress,
    earlier: Path | None = None,
    again: bool = False,
    spread: Spread | None = None,
) -> PreparedFacts:
    """Fills a folder with a prepared data set.

    Args:
        folder: empty, or as an interrupted preparation left it: what it had done is not done again.
        name: name of the data set.
        settings: source, and how to prepare it.
        progress: is told of "listing", "looking at times", "sorting", "checking", "comparing", and "resizing".
        earlier: an older version of the data set. Its files keep their split, and what has not changed since is taken
            from it.
        again: whether every picture is read again even so.
        spread: who reads the pictures and makes the squares; None: threads of this process.

    Raises:
        UserError: the source cannot be read, or nothing sensible could be trained on it.
        PictureLostError: a picture that was scanned cannot be read any more.
    """
    state = source_state(settings.data, progress)
    work = load_earlier(folder, earlier, settings, again)
    with unpacking_folder(folder) as workspace:
        listed = list_pictures(settings, workspace, progress)
        found, brought = listed.found, listed.brought
        scan = scan_pictures(listed, settings, work.memory, folder, progress, spread)
        scan.write(folder)  # the comparison may be interrupted
        manifest = scan.manifest
        labels_before = manifest["label_name"].copy()
        corrected = apply_corrections(manifest, _corrections_of(settings), settings.data.encoding, brought)
        manifest["source_label"] = pd.Series(found.label_names(), dtype="string")
        findings, duplicates = _check(scan, settings, work, brought, progress)
        findings += corrected.findings
        notes = listed.notes + choose_classes(manifest, settings.data.source)
        undivided = manifest.copy()
        group_series(manifest, settings.data.group_by)
        divide(manifest, duplicates.group, settings, work, labels_before, corrected.removed, brought)
        draw = partial(_draw_with_series, undivided, duplicates, settings, work, labels_before)
        findings += propose_series(manifest, draw)
        notes += work.split.describe_moves(manifest)
        notes += check_splits(manifest.loc[manifest["status"] == KEPT, SPLIT_COLUMNS], settings.data.source)
        told = describe_mapping(listed.mapped.mapping)
        facts = _gather_facts(manifest, notes, told, corrected, brought, name, state, settings)
        _write_pairs(folder, duplicates, manifest)
        scan.write(folder)  # after the pairs: it says which files they are of
        write_findings(folder / FINDINGS, findings)
        try:
            engine = spread.engine if spread is not None and spread.makes_images else None
            write_preprocessed_images(folder, manifest, found, facts, work, progress, engine)
        except PictureLostError as lost:
            scan.forget(lost.file, folder)
            raise
    write_index(folder, facts.label_names)
    write_guarded_csv(folder / MANIFEST_FOR_PEOPLE, manifest)
    facts = facts.model_copy(update={"files": sum_files(folder, _list_files(folder))})
    facts.write(folder / FACTS)
    forget(folder)
    return facts


def _list_files(folder: Path) -> Iterator[str]:
    """What makes up the data set; its pages may be written anew at any time."""
    yield from (MANIFEST, MANIFEST_FOR_PEOPLE, THUMBNAILS, NEAR_PAIRS, FINDINGS, TRAINING_INDEX)
    yield from (f"{PICTURES}/{path.name}" for path in (folder / PICTURES).iterdir())


def _check(
    scan: Scan, settings: Settings, work: EarlierWork, added: Collection[str], progress: Progress
) -> tuple[list[Finding], Duplicates]:
    """Looks for copies and other problems, and leaves out in place what the recipe says."""
    checks, manifest = settings.checks, scan.manifest
    known = None if work.near_pairs is None else _to_positions(work.near_pairs, manifest)
    duplicates = find_duplicates(
        manifest,
        scan.thumbnails,
        checks.near_duplicates,
        lambda done, total: progress("comparing", done, total),
        known,
    )
    manifest["compared"] = (duplicates.content == np.arange(len(manifest))) & checks.near_duplicates
    if added and work.split.is_kept:
        kept = np.flatnonzero(manifest["status"] == KEPT)
        sides = zip(manifest["file"].iloc[kept], work.split.find(manifest, kept), strict=True)
        judges = {file for file in added if (side := work.split.side_of(file)) and side.split in JUDGING}
        split_of = {file: side.split for file, side in sides if side is not None}
        leave_out_copies(manifest, duplicates, set(added) - judges, split_of)
    apply_policies(manifest, duplicates, checks.copies, checks.contradictions, checks.leaks)
    _name_first_copies(manifest, duplicates)
    return find_problems(manifest, duplicates, checks.min_side), duplicates


def _name_first_copies(manifest: pd.DataFrame, duplicates: Duplicates) -> None:
    """Fills the column copy_of in place, at once: a column of texts is made anew with every change."""
    groups = duplicates.groups()
    rows = np.array([row for group in groups for row in group], np.int64)
    first = np.array([group[0] for group in groups for _ in group], np.int64)
    manifest.loc[manifest.index[rows], "copy_of"] = manifest["file"].take(first).array


def _draw_with_series(
    undivided: pd.DataFrame,
    duplicates: Duplicates,
    settings: Settings,
    work: EarlierWork,
    labels_before: "pd.Series[str]",
    kind: SeriesKind,
) -> list[str] | None:
    """The split if series of one more kind were kept together, None where that is refused; nothing is changed."""
    kinds = (*settings.data.group_by, kind)
    trial = settings.data.model_copy(update={"group_by": kinds, "corrections": None})
    anew = replace(work, split=replace(work.split, is_kept=settings.data.keep_split is not None))
    manifest = undivided.copy()
    group_series(manifest, kinds)
    try:
        divide(manifest, duplicates.group, settings.model_copy(update={"data": trial}), anew, labels_before, ())
        check_splits(manifest.loc[manifest["status"] == KEPT, SPLIT_COLUMNS], settings.data.source)
    except UserError:
        return None
    drawn: list[str] = manifest["split"].tolist()
    return drawn


def _to_positions(pairs: pd.DataFrame, manifest: pd.DataFrame) -> pd.DataFrame:
    """Pairs of files as positions in the manifest; those of files that are gone or have changed are dropped."""
    named = manifest["file"].isin(pd.concat([pairs["first"], pairs["second"]])) & manifest["compared"]
    rows = np.flatnonzero(named)
    places = dict(zip(manifest["file"].iloc[rows], rows.tolist(), strict=True))
    both = pairs[pairs["first"].isin(places) & pairs["second"].isin(places)]
    ends = np.sort([both["first"].map(places), both["second"].map(places)], axis=0)
    return both.assign(first=ends[0], second=ends[1])


def _write_pairs(folder: Path, duplicates: Duplicates, manifest: pd.DataFrame) -> None:
    """Keeps near copies by the names of their files."""
    ends = {end: manifest["file"].iloc[duplicates.pairs[end]].to_numpy(object) for end in ("first", "second")}
    write_bytes(folder / NEAR_PAIRS, duplicates.pairs.assign(**ends).to_parquet(index=False))


def _corrections_of(settings: Settings) -> Path | None:
    return Path(settings.data.corrections).expanduser() if settings.data.corrections else None


def _gather_facts(
    manifest: pd.DataFrame,
    notes: list[str],
    label_notes: list[str],
    corrected: Corrected,
    brought: Collection[str],
    name: str,
    state: str,
    settings: Settings,
) -> PreparedFacts:
    kept = manifest.loc[manifest["status"] == KEPT, ["label_name", "source_label", "split"]]
    label_names = sorted(kept["label_name"].unique())
    splits = (*SPLITS, GATE) if (kept["split"] == GATE).any() else SPLITS
    counted = kept.groupby(["split", "label_name"]).size().unstack(fill_value=0)
    counts = counted.reindex(list(splits), fill_value=0)[label_names].to_numpy(int)
    status = count_status(manifest)
    # What corrections relabelled or brought along says nothing of what the source calls its classes.
    as_mapped = kept[~manifest.loc[kept.index, "file"].isin(list(brought))]
    as_mapped = as_mapped.drop(index=list(corrected.relabeled), errors="ignore")
    sources = {str(label): sorted(rows["source_label"].unique()) for label, rows in as_mapped.groupby("label_name")}
    return PreparedFacts(
        format=2,
        name=name,
        label_names=label_names,
        label_sources={name: sources.get(name, []) for name in label_names},
        label_notes=label_notes,
        corrections=list(corrected.sentences),
        image_size=settings.data.image_size,
        files_found=len(manifest),
        files_kept=status[KEPT],
        files_quarantined=status[QUARANTINED],
        files_missing=int(find_missing(manifest).sum()),
        files_left_out=status[LEFT_OUT],
        counts={
            split: dict(zip(label_names, row, strict=True)) for split, row in zip(splits, counts.tolist(), strict=True)
        },
        notes=notes,
        source=settings.data.source,
        source_state=state,
        version=compute_version(manifest, settings),
        created=now(),
        settings=settings,
    )
