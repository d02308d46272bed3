"""What is wrong or odd with the pictures: found, counted and named, with what was done and what a person can do."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image

from vitrine.data.checks.duplicate_policies import contradicting_groups, leaking_groups
from vitrine.data.checks.near_duplicates import Duplicates
from vitrine.data.manifest.scan import KEPT, LEFT_OUT, QUARANTINED
from vitrine.records.findings import Finding

# Below this standard deviation of the grey levels people see an empty page: JPEG noise alone makes 1 to 2.
UNIFORM_CONTRAST = 3.0
ODD_ASPECT = 3.0  # panoramas and banners; made square, three times as wide is hardly recognised
# A picture far larger than the others is often a scan or a poster; where all are large, none is odd.
HUGE_MEGAPIXELS, HUGE_TIMES_MEDIAN = 20.0, 4.0
PLACEHOLDER_COPIES = 5  # "no image available" comes in numbers; a picture that was stored twice by mistake does not
IMBALANCE = 5.0  # times as many pictures in the largest class as in the smallest
MISSING_REASON = "is not there"  # how the scan ends the reason of a file that does not exist
TOGETHER = "Copies stay in one split, unless splits are fixed."
# Formats that share their extensions in practice: cameras write MPO into .jpg, and PPM stands for its whole family.
SAME_FORMAT = {"MPO": "JPEG", "DIB": "BMP", "APNG": "PNG", "CUR": "ICO"}


def find_problems(manifest: pd.DataFrame, duplicates: Duplicates, min_side: int = 32) -> list[Finding]:
    """Runs every check on a manifest, after `duplicate_policies.apply_policies` and before the split is assigned.

    Args:
        manifest: with the columns file, label_name, split (fixed ones only), status, reason, width, height, format,
            contrast (of `fingerprint`), note.
        duplicates: of this manifest, from before the policies were applied.
        min_side: a picture with a shorter side than this is tiny, in pixels.

    Returns:
        What was found, the gravest first; kinds of which there are none are left out.
    """
    checks = (
        *_check_reading(manifest),
        *_check_labels_of_copies(manifest, duplicates),
        *_check_copies(manifest, duplicates),
        *_check_looks(manifest, min_side),
        *_check_files(manifest),
        *_check_balance(manifest),
    )
    return [finding for finding in checks if finding.count]


def find_missing(manifest: pd.DataFrame) -> "pd.Series[bool]":
    """Which rows of a manifest are of a file that does not exist; it needs the columns status and reason."""
    return (manifest["status"] == QUARANTINED) & manifest["reason"].str.contains(MISSING_REASON, regex=False)


def _check_reading(manifest: pd.DataFrame) -> list[Finding]:
    missing = find_missing(manifest)
    unreadable = _positions((manifest["status"] == QUARANTINED) & ~missing)
    gone = _positions(missing)
    reasons = manifest["reason"].to_numpy(object)
    return [
        Finding(
            name="unreadable",
            title="Files that could not be read",
            count=len(unreadable),
            noun="file",
            rows=unreadable,
            done="Put aside; they are in no split.",
            advice="Each reason says what to do: convert what is sound, and get damaged files again.",
            level="warning",
            remarks=tuple(str(reasons[row]) for row in unreadable),
        ),
        Finding(
            name="missing",
            title="Rows without a file",
            count=len(gone),
            noun="row",
            rows=gone,
            done="Put aside; there is nothing to learn from.",
            advice="Check the paths in the table, or whether files were lost.",
            level="warning",
            remarks=tuple(str(reasons[row]) for row in gone),
        ),
    ]


def _check_labels_of_copies(manifest: pd.DataFrame, duplicates: Duplicates) -> list[Finding]:
    exact = contradicting_groups(manifest, duplicates.exact_groups())
    near = contradicting_groups(manifest, _near_groups(duplicates))
    leaks = leaking_groups(manifest, duplicates)
    return [
        _of_groups(
            "contradictions", "The same file under different labels", exact,
            _say_left_out(manifest, exact, "They are kept, and at least one of the labels is wrong."),
            "Decide for one label and delete the other copies.", "warning",
        ),
        _of_groups(
            "near_contradictions", "Nearly the same picture under different labels", near,
            TOGETHER, "Look which label is right; delete or move the other.", "warning",
            _kinds(duplicates, near),
        ),
        _of_groups(
            "leaks", "The same picture in two fixed splits", leaks,
            _say_left_out(manifest, leaks, "Nothing: fixed splits are honoured. Test results may be too good."),
            "Set checks.leaks=leave_out, so that copies of test and validation pictures are not trained on.", "warning",
        ),
    ]  # fmt: skip


def _check_copies(manifest: pd.DataFrame, duplicates: Duplicates) -> list[Finding]:
    exact = duplicates.exact_groups()
    placeholders = [group for group in exact if len(group) >= PLACEHOLDER_COPIES]
    contradicting = {group[0] for group in contradicting_groups(manifest, exact)}  # told as such, with other advice
    alike = [group for group in exact if group[0] not in contradicting]
    near = _near_groups(duplicates)
    return [
        _of_groups(
            "placeholders", "One file many times", placeholders, _say_left_out(manifest, placeholders, TOGETHER),
            "If it says 'no picture available' or the like, delete it.", "warning",
            [f"{len(group):,} times" for group in placeholders],
        ),
        _of_groups(
            "exact_copies", "Exact copies", alike, _say_left_out(manifest, alike, TOGETHER),
            "Set checks.copies=first, so that only one of them is used.",
        ),
        _of_groups(
            "near_copies", "Nearly the same picture", near, TOGETHER,
            "Keep them if they are different photographs; delete what was only saved again.", "note",
            _kinds(duplicates, near),
        ),
    ]  # fmt: skip


def _check_looks(manifest: pd.DataFrame, min_side: int) -> list[Finding]:
    kept = manifest["status"] == KEPT
    width, height = manifest["width"], manifest["height"]
    shorter, longer = np.minimum(width, height), np.maximum(width, height)
    area = width.astype("int64") * height / 1e6
    usual = float(area[kept].median()) if kept.any() else 0.0
    used = "Used like all others."
    looks = (
        # What a note calls dark is not an empty page; the note says what to do.
        ("uniform", "Nearly one colour", (manifest["contrast"] < UNIFORM_CONTRAST) & (manifest["note"] == ""),
         "Empty pages and covered lenses teach nothing: delete them."),
        ("tiny", f"Smaller than {min_side} pixels", shorter < min_side,
         "Icons and previews are enlarged and blurred: replace them by the originals."),
        ("odd_aspect", f"More than {ODD_ASPECT:g} times as long as wide", longer > ODD_ASPECT * shorter,
         "Much is lost when they are made square: cut them, or set preparation.resize."),
        ("huge", "Far larger than the others", (area > HUGE_MEGAPIXELS) & (area > HUGE_TIMES_MEDIAN * usual),
         "Small things in them vanish when they are scaled down: cut out what matters."),
    )  # fmt: skip
    found = []
    for name, title, mark, advice in looks:
        rows = _positions(kept & mark)
        remarks = tuple(f"{width.iloc[row]:,} \N{MULTIPLICATION SIGN} {height.iloc[row]:,}" for row in rows)
        found.append(
            Finding(
                name=name,
                title=title,
                count=len(rows),
                noun="picture",
                rows=rows,
                done=used,
                advice=advice,
                remarks=remarks,
            )
        )
    return found


def _check_files(manifest: pd.DataFrame) -> list[Finding]:
    kept = manifest["status"] == KEPT
    extensions = Image.registered_extensions()
    files, formats = manifest["file"].to_numpy(object), manifest["format"].to_numpy(object)
    wrong = []
    for row in np.flatnonzero(kept):
        suffix = PurePosixPath(str(files[row])).suffix.lower()
        named, real = (SAME_FORMAT.get(name, name) for name in (extensions.get(suffix, ""), str(formats[row])))
        if named and real and named != real:
            wrong.append((int(row), f"is {real}"))
    noted = _positions(kept & (manifest["note"] != ""))
    notes = manifest["note"].to_numpy(object)
    return [
        Finding(
            name="read_with_note",
            title="Pictures read with a note",
            count=len(noted),
            noun="picture",
            rows=noted,
            done="Used like all others.",
            advice="Each note says what was ignored or assumed: look whether these pictures are right.",
            remarks=tuple(str(notes[row]) for row in noted),
        ),
        Finding(
            name="wrong_extension",
            title="Extension that does not fit the format",
            count=len(wrong),
            noun="file",
            rows=tuple(row for row, _ in wrong),
            done="Read by their content, so they are used like all others.",
            advice="Other programs may refuse them: rename them when it suits you.",
            remarks=tuple(word for _, word in wrong),
        ),
    ]


def _check_balance(manifest: pd.DataFrame) -> list[Finding]:
    kept = manifest[manifest["status"] == KEPT]
    counts = kept["label_name"].value_counts()
    if len(counts) < 2 or counts.iloc[0] < IMBALANCE * counts.iloc[-1]:
        return []
    small = counts.index[counts * IMBALANCE <= counts.iloc[0]]
    remark = f"'{counts.index[0]}' has {counts.iloc[0]:,} pictures, '{counts.index[-1]}' {counts.iloc[-1]:,}"
    return [
        Finding(
            name="imbalance",
            title="Classes far smaller than the largest",
            count=len(small),
            noun="class",
            rows=(),
            done="Every class keeps its share in each split.",
            advice=f"{remark}. A model tends to favour the large ones: add pictures to the small ones.",
        )
    ]


def _of_groups(
    name: str,
    title: str,
    groups: Sequence[Sequence[int]],
    done: str,
    advice: str,
    level: Literal["warning", "note"] = "note",
    remarks: Sequence[str] = (),
) -> Finding:
    rows = sorted({row for group in groups for row in group})
    return Finding(
        name=name,
        title=title,
        count=len(groups),
        noun="group",
        rows=tuple(rows),
        done=done,
        advice=advice,
        level=level,
        groups=tuple(tuple(group) for group in groups),
        remarks=tuple(remarks),
    )


def _say_left_out(manifest: pd.DataFrame, groups: Sequence[Sequence[int]], otherwise: str) -> str:
    status = manifest["status"].to_numpy(object)
    rows = {row for group in groups for row in group}
    left = sum(status[row] == LEFT_OUT for row in rows)
    if not left:
        return otherwise
    return f"{left:,} of the {len(rows):,} files {'is' if left == 1 else 'are'} left out."


def _near_groups(duplicates: Duplicates) -> list[list[int]]:
    """Groups with one row of each content, where near copies joined them."""
    groups = (sorted(set(duplicates.content[group].tolist())) for group in duplicates.groups())
    return [group for group in groups if len(group) > 1]


def _kinds(duplicates: Duplicates, groups: Sequence[Sequence[int]]) -> list[str]:
    """What was done to the pictures of each group, as far as it was verified pair by pair."""
    partners: dict[int, list[tuple[int, str]]] = {}
    for first, second, kind, _ in duplicates.pairs.itertuples(index=False):
        partners.setdefault(first, []).append((second, kind))
    named = []
    for group in groups:
        members = set(group)
        kinds = [kind for row in group for second, kind in partners.get(row, ()) if second in members]
        named.append("; ".join(dict.fromkeys(kinds)))
    return named


def _positions(mark: "pd.Series[bool]") -> tuple[int, ...]:
    rows: npt.NDArray[np.intp] = np.flatnonzero(mark.to_numpy(bool))
    return tuple(rows.tolist())
