"""How many injected copies the search finds, and how many of its pairs are right.

For each seed some pictures are picked, and of each an exact copy and five near ones are made (saved as JPEG of quality
40, resized to half, cut by 5 % at each edge, mirrored, brightened by 1.3). The search runs over all of them.
A pair is right when both come from one source. All other pairs are mistakes, or duplicates that lay there before:
`--draw FILE` draws them for a look, the most doubtful first, and those that a person found to be duplicates
(`--duplicates FILE`, two file names a line) count neither way. Beside it imagehash's phash with usual thresholds, where
it is installed.

    python benchmarks/near_duplicates.py FOLDER [--seeds 0 1 2 3 4] [--picks 100]
"""

import argparse
import hashlib
import statistics
import sys
import time
from collections import defaultdict
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageEnhance, ImageOps

sys.path.insert(0, str(Path(__file__).parent.parent))

from vitrine.data.checks.fingerprints import fingerprint
from vitrine.data.checks.near_duplicates import find_duplicates
from vitrine.data.images.decoding import ImageError, open_image
from vitrine.data.images.prefetch import map_ahead

KINDS = ("exact", "jpeg 40", "resize 0.5", "crop 5 %", "mirror", "brightness 1.3")
HASH_THRESHOLDS = (4, 8, 10)  # bits of 64; imagededup's default is 10, scripts around imagehash take 4 to 8
LARGEST_SHOWN = 40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="pictures, in folders or not")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--picks", type=int, default=100, help="pictures that are copied")
    parser.add_argument("--draw", type=Path, help="picture file for the pairs that were not injected")
    parser.add_argument("--duplicates", type=Path, help="text file with pairs that lay in the folder before")
    options = parser.parse_args()
    pictures = Pictures(options.folder, options.duplicates)
    print(f"{len(pictures.files):,} pictures, {options.picks} copied in {len(KINDS)} ways, seeds {options.seeds}")
    tables: dict[str, list[dict[str, float]]] = defaultdict(list)
    natural: dict[tuple[int, int], float] = {}
    for seed in options.seeds:
        copies = pictures.inject(seed, options.picks)
        start = time.perf_counter()
        pairs, ours = search(pictures, copies, natural)
        seconds = time.perf_counter() - start
        tables["Vitrine"].append(judge(pairs, ours, pictures, copies) | {"seconds": seconds})
        for threshold, found in search_hashes(pictures, copies).items():
            tables[f"phash <= {threshold}"].append(judge(pairs, found, pictures, copies))
    print_tables(tables)
    print(f"pairs that were not injected, found by Vitrine: {len(natural)} (look at them)")
    for (one, other), difference in sorted(natural.items(), key=lambda item: item[1]):
        print(f"  {difference:.2f}  {pictures.files[one].name}  {pictures.files[other].name}")
    if options.draw:
        draw_pairs(pictures, natural, options.draw)


class Pictures:
    """The folder's pictures with their fingerprints, and the copies made of them.

    Attributes:
        files: the pictures that can be read.
        rows: hash of the bytes, fingerprint and phash of each.
        origin: for each, the first picture that it is a duplicate of, or itself.
    """

    def __init__(self, folder: Path, duplicates: Path | None) -> None:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        results = list(map_ahead(_read, files))
        self.files = [file for file, one in zip(files, results, strict=True) if one is not None]
        self.rows = [one for one in results if one is not None]
        first: dict[str, int] = {}
        self.origin = np.array([first.setdefault(row[0], place) for place, row in enumerate(self.rows)])
        places = {file.name: place for place, file in enumerate(self.files)}
        for line in duplicates.read_text(encoding="utf-8").splitlines() if duplicates else ():
            one, other = sorted(self.origin[places[name]] for name in line.split()[-2:])
            self.origin[self.origin == other] = one

    def inject(self, seed: int, picks: int) -> list[tuple[int, str, tuple]]:
        """Returns for each copy its source, kind and row (hash of the bytes, fingerprint)."""
        generator = np.random.default_rng(seed)
        picked = sorted(generator.choice(len(self.files), min(picks, len(self.files)), replace=False).tolist())
        made = [(source, kind) for source in picked for kind in KINDS]
        rows = map_ahead(lambda one: _copy(self.files[one[0]], one[1]), made)
        return [(source, kind, row) for (source, kind), row in zip(made, rows, strict=True)]


def _read(path: Path) -> tuple | None:
    try:
        image = open_image(path)
    except (ImageError, OSError):
        return None
    return hashlib.sha256(path.read_bytes()).hexdigest(), fingerprint(image), phash(image)


def _copy(path: Path, kind: str) -> tuple:
    """The copy as a file would hold it, in PNG or JPEG, read again."""
    if kind == "exact":
        return _read(path)
    image = open_image(path)
    width, height = image.size
    quality = 95
    if kind == "jpeg 40":
        quality = 40
    elif kind == "resize 0.5":
        image = image.resize((max(1, width // 2), max(1, height // 2)), Image.Resampling.LANCZOS)
    elif kind == "crop 5 %":
        image = image.crop((round(width * 0.05), round(height * 0.05), round(width * 0.95), round(height * 0.95)))
    elif kind == "mirror":
        image = ImageOps.mirror(image)
    else:
        image = ImageEnhance.Brightness(image).enhance(1.3)
    stream = BytesIO()
    image.save(stream, "JPEG", quality=quality)
    again = open_image(stream)
    return hashlib.sha256(stream.getvalue()).hexdigest(), fingerprint(again), phash(again)


def phash(image: Image.Image) -> np.ndarray | None:
    try:
        import imagehash
    except ImportError:
        return None
    return imagehash.phash(image).hash.ravel()


def search(pictures: Pictures, copies: list, natural: dict) -> tuple[np.ndarray, set[tuple[int, int]]]:
    """Runs Vitrine's search; returns the source of each row, and its pairs as positions."""
    rows = pictures.rows + [row for _, _, row in copies]
    source = np.array([*range(len(pictures.rows)), *(one for one, _, _ in copies)])
    manifest = pd.DataFrame({"status": "kept", "sha256": [row[0] for row in rows]})
    duplicates = find_duplicates(manifest, np.stack([row[1].thumbnail for row in rows]))
    for first, second, difference in duplicates.pairs[["first", "second", "difference"]].itertuples(index=False):
        if pictures.origin[source[first]] != pictures.origin[source[second]]:
            pair = (min(source[first], source[second]), max(source[first], source[second]))
            natural[pair] = min(float(difference), natural.get(pair, np.inf))
    found = set(zip(duplicates.pairs["first"].tolist(), duplicates.pairs["second"].tolist(), strict=True))
    same = {tuple(sorted((one, other))) for group in duplicates.exact_groups() for one in group for other in group}
    return source, found | {pair for pair in same if pair[0] != pair[1]}


def search_hashes(pictures: Pictures, copies: list) -> dict[int, set[tuple[int, int]]]:
    """What a user would write: every pair of phashes within a distance."""
    rows = pictures.rows + [row for _, _, row in copies]
    if rows[0][2] is None:
        return {}
    bits = np.stack([row[2] for row in rows]).astype(np.float32) * 2 - 1
    distance = (64 - bits @ bits.T) / 2
    first, second = np.triu_indices(len(rows), 1)
    distances = distance[first, second]
    return {
        threshold: set(zip(first[close].tolist(), second[close].tolist(), strict=True))
        for threshold in HASH_THRESHOLDS
        for close in [distances <= threshold]
    }


def judge(source: np.ndarray, found: set[tuple[int, int]], pictures: Pictures, copies: list) -> dict[str, float]:
    """Recall of each kind (is the copy paired with its source?) and precision of all pairs with a copy in them."""
    origin = pictures.origin[source]
    right = {pair for pair in found if origin[pair[0]] == origin[pair[1]]}
    start = len(pictures.rows)
    scores: dict[str, float] = {}
    for kind in KINDS:
        # An exact copy may be linked in place of its source: they are one content.
        places = [start + place for place, (_, name, _) in enumerate(copies) if name == kind]
        linked = [any((min(row, place), max(row, place)) in right for row in np.flatnonzero(origin == origin[place])
                      if row < start or copies[row - start][1] == "exact") for place in places]  # fmt: skip
        scores[kind] = float(np.mean(linked))
    near = [scores[kind] for kind in KINDS[1:]]
    # Links between twins of the folder are left out of both numbers.
    aside = {pair for pair in right if source[pair[0]] != source[pair[1]]}
    with_copy = [pair for pair in found - aside if pair[1] >= start]
    scores["near recall"] = float(np.mean(near))
    scores["precision"] = len([pair for pair in with_copy if pair in right]) / max(1, len(with_copy))
    wrong = [pair for pair in with_copy if pair not in right]
    scores["wrong sources"] = len({tuple(sorted(origin[list(pair)].tolist())) for pair in wrong})
    return scores


def print_tables(tables: dict[str, list[dict[str, float]]]) -> None:
    names = list(tables["Vitrine"][0])
    print(f"{'':<16}" + "".join(f"{method:>20}" for method in tables))
    for name in names:
        cells = []
        for scores in tables.values():
            values = [score[name] for score in scores if name in score]
            spread = statistics.stdev(values) if len(values) > 1 else 0.0
            cells.append(f"{statistics.mean(values):.3f} +- {spread:.3f}" if values else "")
        print(f"{name:<16}" + "".join(f"{cell:>20}" for cell in cells))


def draw_pairs(pictures: Pictures, pairs: dict[tuple[int, int], float], target: Path) -> None:
    """A sheet of the pairs, the most doubtful first, to judge by eye."""
    shown = sorted(pairs, key=lambda pair: -pairs[pair])[:LARGEST_SHOWN]
    sheet = Image.new("RGB", (4 * 330, 170 * max(1, -(-len(shown) // 4))), "white")
    for place, pair in enumerate(shown):
        for side, picture in enumerate(pair):
            image = ImageOps.contain(open_image(pictures.files[picture]), (155, 155))
            sheet.paste(image, (place % 4 * 330 + side * 160, place // 4 * 170))
    sheet.save(target)


if __name__ == "__main__":
    main()
