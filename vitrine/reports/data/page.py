"""The report of a prepared data set: what is in it, what is not and why, what is odd, what the pictures look like."""

import json
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from vitrine.data.checks.fingerprints import show_thumbnail
from vitrine.data.prepared.dataset import PreparedDataset, open_prepared
from vitrine.records.atomic import write_text
from vitrine.records.findings import Finding, read_findings
from vitrine.records.manifest import read_manifest
from vitrine.records.prepared import FINDINGS, REPORT, REPORT_NUMBERS, THUMBNAILS, PreparedFacts
from vitrine.reports.data.checks import PictureOf, show_findings
from vitrine.reports.shared.plots import class_distribution
from vitrine.reports.shared.verdict import Notice
from vitrine.ui.format import plural
from vitrine.ui.frame import Thumbnail, inline_figure, render, thumbnail
from vitrine.ui.palette import SPLITS

PICTURES_PER_CLASS = 16
PICTURES_PER_PAGE = 640  # of about 4 kB each; with more than 40 classes, each shows fewer
LONGEST_SIDE = 128  # pixels

MODE_WORDS = {
    "RGB": "colour",
    "L": "grey",
    "1": "black and white",
    "P": "colour table",
    "PA": "colour table, transparent",
    "RGBA": "colour, transparent",
    "LA": "grey, transparent",
    "CMYK": "printing inks",
    "YCbCr": "colour, video",
    "I;16": "grey, 16 bits",
    "I": "grey, 32 bits",
    "F": "floating point",
}


@dataclass(frozen=True)
class ContactSheet:
    """Some pictures of one class."""

    label_name: str
    total: int
    pictures: list[Thumbnail]
    files: list[str]


def write_data_report(prepared_folder: Path) -> None:
    """Writes `report.html`, and its numbers as `report.json`, into the folder of a prepared data set.

    Args:
        prepared_folder: complete, but it may still bear a temporary name.

    Raises:
        UserError: the folder is no prepared data set.
    """
    prepared = open_prepared(prepared_folder)
    facts = prepared.facts
    manifest = read_manifest(prepared_folder)
    kept = manifest[manifest["status"] == "kept"]
    unused = manifest[manifest["status"] != "kept"].sort_values(["status", "file"], ascending=[False, True])
    classes = _count_classes(facts)
    findings = read_findings(prepared_folder / FINDINGS)
    said = " ".join([verdict(facts), *say_copies(kept)])
    numbers = {
        "verdict": said,
        "notes": [notice.text for notice in notices(facts, findings)],
        "corrections": facts.corrections,
        "found": facts.files_found,
        "kept": facts.files_kept,
        "quarantined": facts.files_quarantined,
        "left_out": facts.files_left_out,
        "counts": facts.counts,
        "label_sources": facts.label_sources,
        "reasons": unused["reason"].value_counts().to_dict(),
        "findings": [{"name": one.name, "count": one.count, "of": one.noun, "done": one.done} for one in findings],
        "modes": kept["mode"].value_counts().to_dict(),
        "formats": kept["format"].value_counts().to_dict(),
        "total_bytes": int(kept["size_bytes"].sum()),
    }
    content = {
        "data": facts,
        "settings": {
            name: value for name, value in facts.settings.content().items() if name != "data.source" and value
        },
        "verdict": said,
        "findings": show_findings(findings, manifest, _picture_finder(prepared, manifest)),
        "notices": notices(facts, findings),
        "split_totals": {split: sum(facts.counts[split].values()) for split in SPLITS},
        "classes": classes,
        "class_sizes": _describe_range(int(classes[-1]["total"]), int(classes[0]["total"])),
        "distribution": inline_figure(lambda theme: class_distribution(facts.counts, theme)),
        "sheets": _make_sheets(prepared),
        "unused": unused.to_dict("records"),
        "reasons": unused["reason"].value_counts().to_dict(),
        "sizes": _summarize_sizes(kept),
        "shapes": _describe_shapes(kept),
        "smaller": int((kept[["width", "height"]].max(axis=1) < facts.image_size).sum()),
        "modes": {_explain(mode): number for mode, number in kept["mode"].value_counts().items()},
        "formats": kept["format"].value_counts().to_dict(),
        "total_bytes": int(kept["size_bytes"].sum()),
    }
    write_text(prepared_folder / REPORT, render("data/page.html.jinja", content))
    write_text(prepared_folder / REPORT_NUMBERS, json.dumps(numbers, indent=2, ensure_ascii=False))


def verdict(facts: PreparedFacts) -> str:
    """How many of the files found are used, and what became of the others."""
    if facts.files_kept == facts.files_found:
        return f"All {plural(facts.files_found, 'file')} found {'is' if facts.files_found == 1 else 'are'} used."
    fates = [
        f"{number:,} {words}"
        for number, words in ((facts.files_quarantined, "could not be read"), (facts.files_left_out, "left out"))
        if number
    ]
    if facts.files_left_out:
        fates[-1] = f"{facts.files_left_out:,} {'was' if facts.files_left_out == 1 else 'were'} left out"
    return f"{facts.files_kept:,} of {plural(facts.files_found, 'file')} are used; {' and '.join(fates)}."


def say_copies(kept: pd.DataFrame) -> list[str]:
    """How many pictures are there more than once, and whether copies lie on different sides of the split."""
    copies = kept[kept["copy_of"] != ""]
    if copies.empty:
        return []
    groups = copies.groupby("copy_of")
    doubled = len(copies) - groups.ngroups
    torn = int((groups["split"].nunique() > 1).sum())
    across = "none across splits" if not torn else f"{plural(torn, 'picture')} with copies in several splits"
    return [f"{plural(doubled, 'picture')} {'is a copy' if doubled == 1 else 'are copies'} of others; {across}."]


def notices(facts: PreparedFacts, findings: Sequence[Finding]) -> list[Notice]:
    """What a person should know first: grave findings, notes of the preparation, what became of the labels."""
    grave = [Notice("warning", f"{one.title}: {one.amount}. {one.done}") for one in findings if one.level == "warning"]
    warnings = [Notice("warning", note) for note in facts.notes]
    return grave + warnings + [Notice("note", note) for note in (*facts.corrections, *facts.label_notes)]


def _picture_finder(prepared: PreparedDataset, manifest: pd.DataFrame) -> PictureOf:
    """Gives the picture of a manifest's row: from its stored square, or from its thumbnail if it is left out."""
    places = {file: (split, row) for split, rows in prepared.splits.items() for row, file in enumerate(rows["file"])}
    thumbnails = np.load(prepared.folder / THUMBNAILS, mmap_mode="r")

    def find(row: int) -> Image.Image | None:
        values = manifest.iloc[row]
        if values["file"] in places:
            split, place = places[values["file"]]
            return prepared.show(prepared.splits[split][place], LONGEST_SIDE)
        if not values["width"]:
            return None
        scale = LONGEST_SIDE / max(values["width"], values["height"])
        size = (max(1, round(values["width"] * scale)), max(1, round(values["height"] * scale)))
        return show_thumbnail(thumbnails[row]).resize(size, Image.Resampling.BICUBIC)

    return find


def _count_classes(facts: PreparedFacts) -> list[dict[Hashable, Any]]:
    """One row per class, the largest first."""
    counts = pd.DataFrame(facts.counts)
    table = counts.assign(label_name=counts.index, total=counts.sum(axis=1))
    return table.sort_values("total", ascending=False, kind="stable").to_dict("records")


def _describe_range(smallest: int, largest: int) -> str:
    return (
        f"{smallest:,} to {plural(largest, 'picture')} each"
        if smallest < largest
        else f"{plural(largest, 'picture')} each"
    )


def _make_sheets(prepared: PreparedDataset) -> list[ContactSheet]:
    """Up to 16 pictures of each class, spread evenly over its files in the order of their names."""
    table = pd.concat(
        pd.DataFrame(
            {"split": split, "place": range(len(rows)), "file": list(rows["file"]), "label": list(rows["label"])}
        )
        for split, rows in prepared.splits.items()
    ).sort_values("file")
    at_most = int(np.clip(PICTURES_PER_PAGE // len(prepared.label_names), 2, PICTURES_PER_CLASS))
    sheets = []
    for label_id, name in enumerate(prepared.label_names):
        rows = table[table["label"] == label_id]
        chosen = rows.iloc[np.linspace(0, len(rows) - 1, min(at_most, len(rows))).round().astype(int)]
        pictures = []
        for split, place in zip(chosen["split"], chosen["place"], strict=True):
            row = prepared.splits[split][int(place)]
            pictures.append(thumbnail(prepared.show(row, LONGEST_SIDE)))
        sheets.append(ContactSheet(name, len(rows), pictures, chosen["file"].tolist()))
    return sheets


def _explain(mode: object) -> str:
    """Pillow's name of a colour mode, with words before it where there are some."""
    words = MODE_WORDS.get(str(mode))
    return f"{words} ({mode})" if words else str(mode)


def _summarize_sizes(kept: pd.DataFrame) -> list[dict[str, object]]:
    megapixels = kept["width"] * kept["height"] / 1e6
    quantities = (
        ("Width, pixels", kept["width"], ",.0f"),
        ("Height, pixels", kept["height"], ",.0f"),
        ("Area, megapixels", megapixels, ".3g"),
        ("File, kB", kept["size_bytes"] / 1000, ",.1f"),
    )
    return [
        {"name": name, "values": [f"{value:{form}}" for value in (column.min(), column.median(), column.max())]}
        for name, column, form in quantities
    ]


def _describe_shapes(kept: pd.DataFrame) -> str:
    wide, tall = kept["width"] > kept["height"], kept["width"] < kept["height"]
    shapes = {"wide": int(wide.sum()), "tall": int(tall.sum()), "square": int((~wide & ~tall).sum())}
    parts = [f"{number:,} {shape}" for shape, number in shapes.items() if number]
    if len(parts) == 1:
        return f"All are {parts[0].split()[1]}"
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
