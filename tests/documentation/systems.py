"""The page about the five systems: its rows, and pictures for its commands."""

import csv
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.documentation.blocks import ROOT
from tools.drawn_pictures import KINDS, draw

PAGE = ROOT / "docs/five_systems.md"
SIDE = 48  # pixels
PER_CLASS = 24
BREEDS = ("Maltese", "Scottish deerhound", "French bulldog", "Afghan hound", "Pomeranian")
SCANS = ("photo", "painting", "schematics", "sketch", "text")
PRODUCTS = ("Watches >> Wrist Watches >> Analog", "Baby Care >> Infant Wear", "Home Furnishing >> Curtains")
COMMAND = re.compile(r"`(python [^`]+)`")


@dataclass(frozen=True)
class Row:
    """A line of a table.

    Attributes:
        system: heading of the table, `S1` to `S5`.
        what: its first column.
        commands: of its second one, each as its words.
    """

    system: str
    what: str
    commands: tuple[tuple[str, ...], ...]


def read_rows() -> list[Row]:
    """All rows of the page, in their order."""
    rows, system = [], ""
    for line in PAGE.read_text("utf-8").splitlines():
        if line.startswith("## "):
            system = line.removeprefix("## ").partition(":")[0]
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| ") and len(cells) == 2 and cells != ["what", "command"]:
            rows.append(Row(system, cells[0], tuple(tuple(shlex.split(one)) for one in COMMAND.findall(cells[1]))))
    return rows


def write_pictures(folder: Path) -> None:
    """Pictures, tables and corrections that the commands name.

    Args:
        folder: of `write_workplace`.
    """
    for place, classes in (("dogs3", BREEDS[:3]), ("dogs5", BREEDS), ("kinds", SCANS)):
        for kind, name in zip(KINDS, classes, strict=False):
            _write(folder / "pictures" / place / name, kind, PER_CLASS, 1)
    cartoons = []
    for number, (part, count) in enumerate((("Training", PER_CLASS), ("Test", 8))):
        for kind, name in zip(KINDS[:3], ("bart", "homer", "lisa"), strict=True):
            files = _write(folder / "pictures/cartoons" / part / name, kind, count, 10 + number)
            cartoons += [(file.relative_to(folder).as_posix(), name) for file in files]
    kinds = [(file, name, ("face", "body", "hard")[number % 3]) for number, (file, name) in enumerate(cartoons)]
    _write_table(folder / "cartoons.csv", ("image", "label", "kind"), kinds)
    shutil.rmtree(folder / "Images")  # there would be two folders of this name
    products = []
    for kind, category in zip(KINDS, PRODUCTS, strict=False):
        files = _write(folder / "shop/Images", kind, 3 * PER_CLASS, 20)
        products += [(file.name, f'["{category}"]') for file in files]
    _write_table(folder / "shop/products.csv", ("image", "product_category_tree"), products)
    corrections = [("add", "photo.jpg", "", PRODUCTS[0].partition(" >>")[0])]
    _write_table(folder / "wrong_labels.csv", ("action", "file", "label_name", "new_label"), corrections)


def _write(folder: Path, kind: str, count: int, seed: int) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{kind}_{number:03d}.png" for number in range(count)]
    for number, file in enumerate(files):
        draw(kind, np.random.default_rng([seed, number, KINDS.index(kind)]), SIDE).save(file)
    return files


def _write_table(path: Path, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
