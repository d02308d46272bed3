"""The report of a prepared data set: what is in it, what is not and why, what is odd, what the pictures look like."""

import json
from bisect import bisect_left
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from vitrine.data.checks.fingerprints import show_thumbnail
from vitrine.data.checks.quality import find_missing
from vitrine.data.prepared.dataset import PreparedDataset, open_prepared
from vitrine.records.atomic import write_text
from vitrine.records.findings import Finding, read_findings
from vitrine.records.manifest import read_manifest
from vitrine.records.prepared import FINDINGS, REPORT, REPORT_NUMBERS, THUMBNAILS, PreparedFacts
from vitrine.reports.data.checks import ImageOf, say_amount, show_findings
from vitrine.reports.shared.folding import MOST_OPEN, fold_rows
from vitrine.reports.shared.plots import class_distribution
from vitrine.ui.figures import inline_figure, shorten
from vitrine.ui.frame import Thumbnail, render, thumbnail
from vitrine.ui.sentences.verdict import Notice
from vitrine.ui.stored import translate
from vitrine.ui.texts import Language, Texts, load_texts

PICTURES_PER_CLASS = 16
PICTURES_PER_PAGE = 640  # of about 4 kB each; with more than 40 classes, each shows fewer
LEAST_PER_CLASS = 2  # with so many classes that even this is too much, some show none
MOST_UNUSED, MOST_REASONS = 500, 50  # that are listed; the table beside the page has all
LONGEST_SIDE = 128  # pixels
LONGEST_NAME = 60  # letters of a name of the source in a sentence
RULES = ("pattern", "rename", "target")  # of `labels`, that give other names
COLUMNS = (  # of the manifest, without the long ones that the page says nothing of
    *("file", "label_name", "split", "status", "reason", "copy_of"),
    *("width", "height", "mode", "format", "size_bytes"),
)

MODE_WORDS = {  # Pillow's names, and those of the catalogue
    "RGB": "color",
    "L": "grey",
    "1": "black_and_white",
    "P": "table",
    "PA": "table_transparent",
    "RGBA": "color_transparent",
    "LA": "grey_transparent",
    "CMYK": "inks",
    "YCbCr": "video",
    "I;16": "grey_16",
    "I": "grey_32",
    "F": "floating",
}


@dataclass(frozen=True)
class ContactSheet:
    """Some pictures of one class."""

    label_name: str
    total: int
    pictures: list[Thumbnail]
    files: list[str]


def write_data_report(prepared_folder: Path, language: Language = "en") -> None:
    """Writes `report.html`, and its numbers as `report.json`, into the folder of a prepared data set.

    Args:
        prepared_folder: complete, but it may still bear a temporary name.
        language: of the page; the sentences in `report.json` are English, as those of the command line.

    Raises:
        UserError: the folder is not a prepared data set.
    """
    texts, english = load_texts(language), load_texts("en")
    prepared = open_prepared(prepared_folder)
    facts = prepared.facts
    manifest = read_manifest(prepared_folder, COLUMNS)
    kept = manifest[manifest["status"] == "kept"]
    unused = manifest[manifest["status"] != "kept"].sort_values(["status", "file"], ascending=[False, True])
    classes = _count_classes(facts)
    findings = read_findings(prepared_folder / FINDINGS)
    reasons = unused["reason"].value_counts()
    picture_of = _picture_finder(prepared, manifest)
    numbers = {
        "verdict": _say(facts, kept, english),
        "notes": [notice.text for notice in notices(facts, findings, english)],
        "corrections": facts.corrections,
        "found": facts.files_found,
        "kept": facts.files_kept,
        "quarantined": facts.files_quarantined,
        "left_out": facts.files_left_out,
        "counts": facts.counts,
        "label_sources": facts.label_sources,
        "reasons": reasons.to_dict(),
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
        "verdict": _say(facts, kept, texts),
        "findings": show_findings(findings, manifest, picture_of, texts),
        "notices": notices(facts, findings, texts),
        "split_names": tuple(facts.counts),
        "split_totals": {split: sum(counts.values()) for split, counts in facts.counts.items()},
        "classes": fold_rows(classes, classes[::-1]),
        "label_notes": [translate(note, texts) for note in facts.label_notes],
        "class_sizes": _describe_range(int(classes[-1]["total"]), int(classes[0]["total"]), texts),
        "distribution": inline_figure(lambda theme: class_distribution(facts.counts, theme, texts)),
        "sheets": _make_sheets(prepared, manifest, picture_of),
        "open_sheets": MOST_OPEN,
        "unused": _list_unused(unused.head(MOST_UNUSED)),
        "unused_count": len(unused),
        "reasons": reasons.head(MOST_REASONS).to_dict(),
        "reasons_count": len(reasons),
        "sizes": _summarize_sizes(kept, texts),
        "shapes": _describe_shapes(kept, texts),
        "smaller": int((kept[["width", "height"]].max(axis=1) < facts.image_size).sum()),
        "modes": {_explain(mode, texts): number for mode, number in kept["mode"].value_counts().items()},
        "formats": kept["format"].value_counts().to_dict(),
        "total_bytes": int(kept["size_bytes"].sum()),
    }
    write_text(prepared_folder / REPORT, render("data/page.html.jinja", content, texts))
    write_text(prepared_folder / REPORT_NUMBERS, json.dumps(numbers, indent=2, ensure_ascii=False))


def _say(facts: PreparedFacts, kept: pd.DataFrame, texts: Texts) -> str:
    return " ".join([verdict(facts, texts), *say_copies(kept, texts)])


def verdict(facts: PreparedFacts, texts: Texts) -> str:
    """How many of the files found are used, and what became of the others."""
    if facts.files_kept == facts.files_found:
        return texts("data.verdict.all", count=facts.files_found)
    numbers = {
        "missing": facts.files_missing,
        "unreadable": facts.files_quarantined - facts.files_missing,
        "left_out": facts.files_left_out,
    }
    fates = [texts(f"data.verdict.{fate}", count=number) for fate, number in numbers.items() if number]
    used = texts.number(facts.files_kept)
    return texts("data.verdict.some", count=facts.files_found, used=used, fates=texts.join(fates))


def say_copies(kept: pd.DataFrame, texts: Texts) -> list[str]:
    """How many pictures are there more than once, and whether copies lie on different sides of the split."""
    copies = kept[kept["copy_of"] != ""]
    if copies.empty:
        return []
    groups = copies.groupby("copy_of")
    doubled = len(copies) - groups.ngroups
    torn = int((groups["split"].nunique() > 1).sum())
    across = texts("data.verdict.across", count=torn) if torn else texts("data.verdict.across_none")
    return [texts("data.verdict.copies", count=doubled, across=across)]


def notices(facts: PreparedFacts, findings: Sequence[Finding], texts: Texts) -> list[Notice]:
    """What a person should know first: grave findings, notes of the preparation, that labels became others."""
    grave = [
        texts(
            "data.checks.notice",
            title=translate(one.title, texts),
            amount=say_amount(one, texts),
            done=translate(one.done, texts),
        )
        for one in findings
        if one.level == "warning"
    ]
    warnings = [*grave, *(translate(note, texts) for note in facts.notes)]
    notes = [*(translate(note, texts) for note in facts.corrections), *say_renaming(facts, texts)]
    return [Notice("warning", text) for text in warnings] + [Notice("note", text) for text in notes]


def say_renaming(facts: PreparedFacts, texts: Texts) -> list[str]:
    """One sentence where labels are not as the source calls them; the section of classes has all of them."""
    ways = [(source, label) for label, sources in facts.label_sources.items() for source in sources]
    changed = [(source, label) for source, label in ways if source != label]
    if not changed:
        return []
    source, label = min(changed, key=lambda way: len(way[0]))
    rules = [f"labels.{name}" for name in RULES if getattr(facts.settings.labels, name)]
    return [
        texts(
            "data.classes.renamed",
            names=texts.number(len(ways)),
            classes=texts.number(len({label for _, label in ways})),
            rules=texts.join(rules),
            source=texts("common.quoted", name=shorten(source, LONGEST_NAME)),
            label=texts("common.quoted", name=label),
        )
    ]


def _list_unused(rows: pd.DataFrame) -> list[dict[Hashable, Any]]:
    fates = np.where(find_missing(rows), "missing", rows["status"])
    return rows.assign(fate=fates).to_dict("records")


def _picture_finder(prepared: PreparedDataset, manifest: pd.DataFrame) -> ImageOf:
    """Gives the picture of a manifest's row: its preprocessed image, or its thumbnail if it is left out."""
    names = {split: rows.select_columns(["file"]) for split, rows in prepared.splits.items()}
    thumbnails = np.load(prepared.folder / THUMBNAILS, mmap_mode="r")

    def find(row: int) -> Image.Image | None:
        values = manifest.iloc[row]
        if values["split"]:  # in the order of the names: among millions, twenty are looked at
            files = names[values["split"]]
            place = bisect_left(range(len(files)), values["file"], key=lambda place: str(files[place]["file"]))
            return prepared.show(prepared.splits[values["split"]][place], LONGEST_SIDE)
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


def _describe_range(smallest: int, largest: int, texts: Texts) -> str:
    pictures = texts("common.pictures", count=largest)
    if smallest < largest:
        return texts("data.tiles.each_range", low=texts.number(smallest), pictures=pictures)
    return texts("data.tiles.each", pictures=pictures)


def _make_sheets(prepared: PreparedDataset, manifest: pd.DataFrame, picture_of: ImageOf) -> list[ContactSheet]:
    """Up to 16 pictures of each class, spread evenly over its files in the order of the manifest, which is by name.

    Of more than 320 classes, 320 are shown, spread evenly too.
    """
    rows_of = manifest[manifest["status"] == "kept"].groupby("label_name").indices
    kept = np.flatnonzero(manifest["status"] == "kept")
    total = len(prepared.label_names)
    at_most = int(np.clip(PICTURES_PER_PAGE // total, LEAST_PER_CLASS, PICTURES_PER_CLASS))
    shown = np.linspace(0, total - 1, min(total, PICTURES_PER_PAGE // LEAST_PER_CLASS)).round().astype(int).tolist()
    sheets = []
    for name in (prepared.label_names[label_id] for label_id in shown):
        rows = kept[rows_of[name]]
        chosen = rows[np.linspace(0, len(rows) - 1, min(at_most, len(rows))).round().astype(int)].tolist()
        pictures = [thumbnail(picture) for row in chosen if (picture := picture_of(row)) is not None]
        sheets.append(ContactSheet(name, len(rows), pictures, manifest["file"].iloc[chosen].tolist()))
    return sheets


def _explain(mode: object, texts: Texts) -> str:
    """Pillow's name of a colour mode, with words before it where there are some."""
    words = MODE_WORDS.get(str(mode))
    return texts(f"data.modes.{words}", mode=mode) if words else str(mode)


def _summarize_sizes(kept: pd.DataFrame, texts: Texts) -> list[dict[str, object]]:
    megapixels = kept["width"] * kept["height"] / 1e6
    quantities: tuple[tuple[str, pd.Series[float], Callable[[float], str]], ...] = (
        ("width", kept["width"], texts.number),
        ("height", kept["height"], texts.number),
        ("area", megapixels, lambda value: texts.short_number(value, 3)),
        ("file", kept["size_bytes"] / 1000, lambda value: texts.number(value, 1)),
    )
    return [
        {"name": name, "values": [write(value) for value in (column.min(), column.median(), column.max())]}
        for name, column, write in quantities
    ]


def _describe_shapes(kept: pd.DataFrame, texts: Texts) -> str:
    wide, tall = kept["width"] > kept["height"], kept["width"] < kept["height"]
    shapes = {"wide": int(wide.sum()), "tall": int(tall.sum()), "square": int((~wide & ~tall).sum())}
    present = {shape: number for shape, number in shapes.items() if number}
    if len(present) == 1:
        return texts(f"data.sizes.all_{next(iter(present))}")
    return texts.join([texts(f"data.sizes.{shape}", count=number) for shape, number in present.items()])
