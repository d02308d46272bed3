"""The squares of a prepared data set, made of the pictures of a source or taken from an earlier preparation."""

from collections.abc import Sequence
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
from torchvision.transforms.v2 import functional as F  # noqa: N812 (torchvision's own name for it)

from vitrine.data.images.decoding import ImageError
from vitrine.data.images.prefetch import map_ahead
from vitrine.data.images.preprocessing import Preparation, preprocess_image
from vitrine.data.manifest.scan import KEPT
from vitrine.data.manifest.split_names import TRAIN
from vitrine.data.prepare.reuse import EarlierWork
from vitrine.data.prepared.shards import ShardWriter, bytes_per_image, read_side, rows_per_shard
from vitrine.data.progress import Progress
from vitrine.data.sources.files import FoundFile
from vitrine.data.sources.opening import open_place
from vitrine.data.sources.places import SourceLostError
from vitrine.records.disk_room import check_room
from vitrine.records.prepared import PICTURES, PreparedFacts, Settings

MAKE_ROOM = "make room, choose another place with data.prepared, or a smaller data.image_size"


class PictureLostError(SourceLostError):
    """A picture could be read and cannot be any more: it was changed or removed, or its disk or store failed.

    Attributes:
        file: its name in the source.
    """

    def __init__(self, found: FoundFile, reason: str) -> None:
        """Of a picture, and why it cannot be read."""
        super().__init__(
            f"{found.path} changed while it was read ({reason}); give the same command again: what was done is kept, "
            "and this picture is looked at anew"
        )
        self.file = found.file


def write_preprocessed_images(
    folder: Path,
    manifest: pd.DataFrame,
    found: Sequence[FoundFile],
    facts: PreparedFacts,
    work: EarlierWork,
    progress: Progress,
) -> None:
    """Writes the squares of all kept pictures; those that an earlier preparation has are taken from it.

    Args:
        folder: of the data set.
        manifest: one row per file found.
        found: the files, in its order.
        facts: of the data set.
        work: of earlier preparations.
        progress: is told of "resizing".

    Raises:
        UserError: the disk has no room for them.
        PictureLostError: a picture that was scanned cannot be read any more.
    """
    is_kept = (manifest["status"] == KEPT).to_numpy(bool)
    label_ids = {name: label_id for label_id, name in enumerate(facts.label_names)}
    known = is_kept & np.fromiter(map(work.is_stored, manifest["file"], manifest["sha256"]), bool, len(manifest))
    count = int(is_kept.sum())
    needed = (count - int(known.sum())) * bytes_per_image(facts.settings.data.training_size or facts.image_size)
    check_room("data.prepared: what is prepared", folder.absolute().parent, needed, MAKE_ROOM)
    (folder / PICTURES).mkdir()
    done = 0

    def read_preprocessed(row: int, side: int) -> bytes:
        stored = work.pictures.read(found[row].file) if known[row] else None
        if stored is not None and read_side(stored) == side:
            return stored
        return _preprocess(found[row], side, facts.settings)

    for split in facts.counts:
        side = facts.settings.data.training_size or facts.image_size if split == TRAIN else facts.image_size
        of_split = is_kept & (manifest["split"] == split).to_numpy(bool)
        rows = manifest.loc[of_split, ["file", "label_name", "width", "height"]]
        wanted = (
            (file, label_ids[label] if is_known else -1)
            for file, label, is_known in zip(rows["file"], rows["label_name"], known[of_split], strict=True)
        )
        linked = work.pictures.link_unchanged(folder / PICTURES, split, wanted, facts.label_names)
        done += int(linked.sum())
        rows = rows[~linked]
        if split == TRAIN and len(rows) > rows_per_shard(side):  # a training reads few files at a time: each holds
            rows = rows.sample(frac=1, random_state=0)  # pictures of all classes, which a source often has in turn
        with ShardWriter(folder / PICTURES, split, facts.label_names, side) as writer:
            images = map_ahead(partial(read_preprocessed, side=side), rows.index)
            columns = (rows["label_name"], rows["file"], rows["width"], rows["height"])
            for image, label_name, file, width, height in zip(images, *columns, strict=True):
                writer.write(image, label_ids[label_name], file, width, height)
                done += 1
                progress("resizing", done, count)


def _preprocess(file: FoundFile, side: int, settings: Settings) -> bytes:
    """The picture as PPM, a header and the plain pixels: lossless, and read without decoding (PNG: 500 a second)."""
    preparation = Preparation.from_section(settings.preparation)
    try:
        picture = open_place(file.path, settings.data.max_megapixels, preparation.rendering)
        preprocessed = F.to_pil_image(preprocess_image(picture, side, preparation))
    except (ImageError, OSError) as error:
        raise PictureLostError(file, str(error)) from error
    stream = BytesIO()
    preprocessed.save(stream, "PPM")
    return stream.getvalue()
