"""The squares of a prepared data set, made of the pictures of a source or taken from an earlier preparation."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from vitrine.data.images.prefetch import map_ahead
from vitrine.data.manifest.scan import KEPT
from vitrine.data.manifest.split_names import TRAIN
from vitrine.data.prepare.damage import count_rows
from vitrine.data.prepare.preprocessed_shards import PreprocessedShard, preprocess_file
from vitrine.data.prepare.reuse import WHOLE_SHARDS, EarlierWork
from vitrine.data.prepare.shard_plan import write_plan
from vitrine.data.prepared.shards import (
    ShardWriter,
    bytes_per_image,
    link_or_move,
    next_shard,
    read_side,
    rows_per_shard,
)
from vitrine.data.progress import Progress
from vitrine.data.sources.file_columns import FileColumns
from vitrine.data.sources.files import FoundFile
from vitrine.records.disk_room import check_room
from vitrine.records.prepared import PICTURES, PreparedFacts
from vitrine.work.part import digest_of
from vitrine.work.ranks import LeadingRank
from vitrine.work.unit import Engine

MAKE_ROOM = "make room, choose another place with data.prepared, or a smaller data.image_size"
FORMAT = "1"  # of the shards; changes with what a square holds
Rows = npt.NDArray[np.int64]


def write_preprocessed_images(
    folder: Path,
    manifest: pd.DataFrame,
    found: Sequence[FoundFile],
    facts: PreparedFacts,
    work: EarlierWork,
    progress: Progress,
    engine: Engine | None = None,
) -> None:
    """Writes the squares of all kept pictures; those that an earlier preparation has are taken from it.

    Args:
        folder: of the data set.
        manifest: one row per file found.
        found: the files, in its order.
        facts: of the data set.
        work: of earlier preparations.
        progress: is told of "resizing".
        engine: makes them, a file at a time; None: threads of this process. The files are the same to the byte.

    Raises:
        UserError: the disk has no room for them, or processes kept dying over one.
        PictureLostError: a picture that was scanned cannot be read any more.
    """
    is_kept = (manifest["status"] == KEPT).to_numpy(bool)
    known = is_kept & np.fromiter(map(work.is_stored, manifest["file"], manifest["sha256"]), bool, len(manifest))
    count = int(is_kept.sum())
    needed = (count - int(known.sum())) * bytes_per_image(facts.settings.data.training_size or facts.image_size)
    check_room("data.prepared: what is prepared", folder.absolute().parent, needed, MAKE_ROOM)
    (folder / PICTURES).mkdir()
    squares = _Squares(folder, manifest, found, facts, work, known)
    lacking = {
        split: squares.link_unchanged(split, np.flatnonzero(is_kept & (manifest["split"] == split).to_numpy(bool)))
        for split in facts.counts
    }
    done = count - sum(map(len, lacking.values()))

    def tell(made: int) -> None:
        nonlocal done
        done += made
        progress("resizing", done, count)

    if engine is None:
        squares.write(lacking, tell)
    else:
        squares.write_in_shards(lacking, engine, tell)


@dataclass(frozen=True)
class _Squares:
    """What the squares of a data set are made of.

    Attributes:
        known: of which pictures an earlier preparation has the square, `[manifest]`.
    """

    folder: Path
    manifest: pd.DataFrame
    found: Sequence[FoundFile]
    facts: PreparedFacts
    work: EarlierWork
    known: npt.NDArray[np.bool_]

    def link_unchanged(self, split: str, rows: Rows) -> Rows:
        """Takes over whole files of a split; which of its rows of the manifest are left, in the order to write them."""
        columns = (self.manifest[name].iloc[rows] for name in ("file", "label_name"))
        wanted = (
            (file, self._label_ids[label] if is_known else -1)
            for file, label, is_known in zip(*columns, self.known[rows], strict=True)
        )
        linked = self.work.pictures.link_unchanged(
            self.folder / PICTURES, split, wanted, self.facts.label_names, self._side_of(split)
        )
        left = rows[~linked]
        if split == TRAIN and len(left) > rows_per_shard(self._side_of(split)):
            # A training reads few files at a time: each holds all classes, which a source often has one after another.
            left = np.random.default_rng(0).permutation(left)
        return left

    def write(self, lacking: dict[str, Rows], tell: Callable[[int], None]) -> None:
        """Writes squares by threads, one behind the other, and tells how many there are more."""
        for split, rows in lacking.items():
            side = self._side_of(split)
            with ShardWriter(self.folder / PICTURES, split, self.facts.label_names, side) as writer:
                images = map_ahead(partial(self._read_or_make, side=side), map(int, rows))
                columns = (self.manifest[name].iloc[rows] for name in ("label_name", "file", "width", "height"))
                for image, label_name, file, width, height in zip(images, *columns, strict=True):
                    writer.write(image, self._label_ids[label_name], file, width, height)
                    tell(1)

    def write_in_shards(self, lacking: dict[str, Rows], engine: Engine, tell: Callable[[int], None]) -> None:
        """Has an engine write them, tells how many there are more, and puts the files into their places."""
        whole = self.folder / WHOLE_SHARDS
        whole.mkdir(exist_ok=True)
        shards = {split: list(self._cut(split, rows, whole.absolute())) for split, rows in lacking.items()}
        works = [shard for of_split in shards.values() for shard in of_split]
        _tidy(whole, works)
        if isinstance(engine, LeadingRank):
            write_plan(whole, works)
        for shard in engine.run(works):
            tell(len(shard.files))
        for split, of_split in shards.items():
            for shard in of_split:
                link_or_move(shard.path, next_shard(self.folder / PICTURES, split))

    def _read_or_make(self, row: int, side: int) -> bytes:
        stored = self.work.pictures.read(self.found[row].file) if self.known[row] else None
        if stored is not None and read_side(stored) == side:
            return stored
        return preprocess_file(self.found[row], side, self.facts.settings)

    def _cut(self, split: str, rows: Rows, whole: Path) -> Iterator[PreprocessedShard]:
        """Divides rows of a split as `ShardWriter` does."""
        side = self._side_of(split)
        size = rows_per_shard(side)
        for start in range(0, len(rows), size):
            yield self._make_shard(rows[start : start + size], side, whole)

    def _make_shard(self, rows: Rows, side: int, whole: Path) -> PreprocessedShard:
        of_rows = self.manifest.iloc[rows]
        label_ids = np.array([self._label_ids[name] for name in of_rows["label_name"]], np.int32)
        sizes = of_rows[["width", "height"]].to_numpy(np.int32)
        files = self._there.take(rows)
        known = np.flatnonzero(self.known[rows]).tolist()
        stored = ((place, self.work.pictures.locate(files[place].file)) for place in known)
        contents = zip(of_rows["sha256"], label_ids.tolist(), sizes.tolist(), of_rows["file"], strict=True)
        return PreprocessedShard(
            folder=whole,
            digest=digest_of(FORMAT, str(side), self._pixels, *self.facts.label_names, *map(str, contents)),
            files=files,
            label_ids=label_ids,
            sizes=sizes,
            stored={place: (at[0].absolute(), at[1]) for place, at in stored if at is not None},
            side=side,
            label_names=tuple(self.facts.label_names),
            settings=self.facts.settings,
        )

    def _side_of(self, split: str) -> int:
        side = self.facts.image_size
        return self.facts.settings.data.training_size or side if split == TRAIN else side

    @cached_property
    def _there(self) -> FileColumns:
        return FileColumns.of(self.found).anywhere()

    @cached_property
    def _pixels(self) -> str:
        """What decides the pixels of a square, beside its side."""
        settings = self.facts.settings
        return json.dumps([settings.data.max_megapixels, settings.pixel_values()])

    @cached_property
    def _label_ids(self) -> dict[str, int]:
        return {name: label_id for label_id, name in enumerate(self.facts.label_names)}


def _tidy(whole: Path, works: Sequence[PreprocessedShard]) -> None:
    """Removes what processes that died had under way, and files that a disk has damaged."""
    for path in whole.glob(".*"):
        path.unlink(missing_ok=True)
    for work in works:
        try:
            is_whole = not work.is_done() or count_rows(work.path) == len(work.files)
        except (OSError, ValueError):  # pyarrow's error on a damaged file is a ValueError
            is_whole = False
        if not is_whole:
            work.path.unlink(missing_ok=True)
