"""The report of a prepared data set: what is in it, what is not and why, what is odd, what the pictures look like."""

import json
from bisect import bisect_left
from collections.abc import Callable, Hashable, Sequence
from itertools import chain, islice
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
from vitrine.records.manifest import read_rows
from vitrine.records.prepared import FINDINGS, REPORT, REPORT_NUMBERS, THUMBNAILS, PreparedFacts
from vitrine.reports.data.checks import ImageOf, list_rows, say_amount, show_findings
from vitrine.reports.data.sheets import choose_rows, make_sheets
from vitrine.reports.data.tally import Tally, count_manifest
from vitrine.reports.shared.folding import MOST_OPEN, fold_rows
from vitrine.reports.shared.plots import class_distribution
from vitrine.ui.figures import inline_figure, shorten
from vitrine.ui.frame import render
from vitrine.ui.sentences.verdict import Notice
from vitrine.ui.stored import translate
from vitrine.ui.texts import Language, Texts, load_texts

MOST_UNUSED, MOST_REASONS = 500, 50  # that are listed; the table beside the page has all
LONGEST_SIDE = 128  # pixels
LONGEST_NAME = 60  # letters of a name of the source in a sentence
RULES = ("pattern", "rename", "target")  # of `labels`, that give other names
SHOWN_COLUMNS = ("file", "label_name", "split", "status", "width", "height")  # of the few rows that are shown

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
    tally = count_manifest(prepared_folder, facts.label_names, MOST_UNUSED)
    total_bytes = int(tally.sizes["size_bytes"].sum())
    classes = _count_classes(facts)
    findings = read_findings(prepared_folder / FINDINGS)
    rows_of = choose_rows(facts.label_names, tally.label_ids)
    shown = read_rows(prepared_folder, SHOWN_COLUMNS, [*chain(*rows_of.values()), *list_rows(findings)])
    picture_of = _picture_finder(prepared, shown)
    numbers = {
        "verdict": _say(facts, tally, english),
        "notes": [notice.text for notice in notices(facts, findings, english)],
        "corrections": facts.corrections,
        "found": facts.files_found,
        "kept": facts.files_kept,
        "quarantined": facts.files_quarantined,
        "left_out": facts.files_left_out,
        "counts": facts.counts,
        "label_sources": facts.label_sources,
        "reasons": tally.reasons,
        "findings": [{"name": one.name, "count": one.count, "of": one.noun, "done": one.done} for one in findings],
        "modes": tally.modes,
        "formats": tally.formats,
        "total_bytes": total_bytes,
    }
    content = {
        "data": facts,
        "settings": {
            name: value for name, value in facts.settings.content().items() if name != "data.source" and value
        },
        "verdict": _say(facts, tally, texts),
        "findings": show_findings(findings, shown, picture_of, texts),
        "notices": notices(facts, findings, texts),
        "split_names": tuple(facts.counts),
        "split_totals": {split: sum(counts.values()) for split, counts in facts.counts.items()},
        "classes": fold_rows(classes, classes[::-1]),
        "label_notes": [translate(note, texts) for note in facts.label_notes],
        "class_sizes": _describe_range(int(classes[-1]["total"]), int(classes[0]["total"]), texts),
        "distribution": inline_figure(lambda theme: class_distribution(facts.counts, theme, texts)),
        "sheets": make_sheets(rows_of, facts, shown, picture_of),
        "open_sheets": MOST_OPEN,
        "unused": _list_unused(tally.unused),
        "unused_count": sum(tally.reasons.values()),
        "reasons": dict(islice(tally.reasons.items(), MOST_REASONS)),
        "reasons_count": len(tally.reasons),
        "sizes": _summarize_sizes(tally.sizes, texts),
        "shapes": _describe_shapes(tally.sizes, texts),
        "smaller": int((np.maximum(tally.sizes["width"], tally.sizes["height"]) < facts.image_size).sum()),
        "modes": {_explain(mode, texts): number for mode, number in tally.modes.items()},
        "formats": tally.formats,
        "total_bytes": total_bytes,
    }
    write_text(prepared_folder / REPORT, render("data/page.html.jinja", content, texts))
    write_text(prepared_folder / REPORT_NUMBERS, json.dumps(numbers, indent=2, ensure_ascii=False))


def _say(facts: PreparedFacts, tally: Tally, texts: Texts) -> str:
    return " ".join([verdict(facts, texts), *say_copies(tally.copies, texts)])


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


def say_copies(copies: pd.DataFrame, texts: Texts) -> list[str]:
    """How many pictures are there more than once, and whether copies lie on different sides of the split.

    Args:
        copies: the columns copy_of and split of all that have a copy.
        texts: of the language.
    """
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


def _picture_finder(prepared: PreparedDataset, rows: pd.DataFrame) -> ImageOf:
    """Gives the picture of a row by its number: the preprocessed image, or the thumbnail of one that is left out."""
    names = {split: rows.select_columns(["file"]) for split, rows in prepared.splits.items()}
    thumbnails = np.load(prepared.folder / THUMBNAILS, mmap_mode="r")

    def find(row: int) -> Image.Image | None:
        values = rows.loc[row]
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


def _explain(mode: object, texts: Texts) -> str:
    """Pillow's name of a colour mode, with words before it where there are some."""
    words = MODE_WORDS.get(str(mode))
    return texts(f"data.modes.{words}", mode=mode) if words else str(mode)


def _summarize_sizes(sizes: pd.DataFrame, texts: Texts) -> list[dict[str, object]]:
    megapixels = sizes["width"] * sizes["height"] / 1e6
    quantities: tuple[tuple[str, pd.Series[float], Callable[[float], str]], ...] = (
        ("width", sizes["width"], texts.number),
        ("height", sizes["height"], texts.number),
        ("area", megapixels, lambda value: texts.short_number(value, 3)),
        ("file", sizes["size_bytes"] / 1000, lambda value: texts.number(value, 1)),
    )
    return [
        {"name": name, "values": [write(value) for value in (column.min(), column.median(), column.max())]}
        for name, column, write in quantities
    ]


def _describe_shapes(sizes: pd.DataFrame, texts: Texts) -> str:
    wide, tall = sizes["width"] > sizes["height"], sizes["width"] < sizes["height"]
    shapes = {"wide": int(wide.sum()), "tall": int(tall.sum()), "square": int((~wide & ~tall).sum())}
    present = {shape: number for shape, number in shapes.items() if number}
    if len(present) == 1:
        return texts(f"data.sizes.all_{next(iter(present))}")
    return texts.join([texts(f"data.sizes.{shape}", count=number) for shape, number in present.items()])
